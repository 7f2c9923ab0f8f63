"""How far two answers lie apart, and whether they rank alike."""
from dataclasses import dataclass

import numpy as np

TIE = 1e-6


@dataclass
class Worst:
    """Over all that was compared."""
    below_one: float = 0.0  # 1 - the smallest cosine
    difference: float = 0.0  # of two numbers of a vector, or of two scores
    rankings: int = 0
    swapped: int = 0  # rankings in which two stand the wrong way round and are no tie
    strays: str = ""  # what does not even have the same shape

    def and_of(self, other):
        return Worst(max(self.below_one, other.below_one), max(self.difference, other.difference), self.rankings + other.rankings,
                     self.swapped + other.swapped, self.strays or other.strays)

    def passes(self):
        return not self.strays and self.below_one <= 1e-5 and self.difference <= 1e-3 and self.swapped == 0 and self.rankings > 0

    def __str__(self):
        return self.strays or (f"1 - cosine at most {self.below_one:.1e}, difference at most {self.difference:.1e}, "
                               f"{self.rankings - self.swapped} of {self.rankings} rankings equal")


def cosines(ours, theirs):
    """Of the rows of two matrices; rows that are both zero agree."""
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    same = np.all(ours == theirs, axis=1)
    return np.where(same, 1.0, (ours * theirs).sum(1) / np.maximum(lengths, 1e-300))


def rows_apart(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape:
        return Worst(strays=f"shape {ours.shape} where the original has {theirs.shape}")
    return Worst(float(max(0.0, 1 - cosines(ours, theirs).min(initial=1.0))), float(np.abs(ours - theirs).max(initial=0.0)))


def as_rows(sparse, size):
    rows = np.zeros((len(sparse), size), np.float32)
    for row, weights in zip(rows, sparse):
        for token, weight in weights.items():
            row[token] = weight
    return rows


def swapped(ours, theirs):
    """True if the order of our scores, best first, puts one before another that theirs holds better by more than a tie."""
    in_our_order = np.asarray(theirs, np.float64)[np.argsort(-np.asarray(ours, np.float64), kind="stable")]
    return bool((in_our_order - np.minimum.accumulate(in_our_order)).max(initial=0.0) > TIE)


def unit(rows):
    rows = np.asarray(rows, np.float64)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def max_sim(query, document):
    if len(query) == 0 or len(document) == 0:
        return 0.0
    return float((np.asarray(query, np.float64) @ np.asarray(document, np.float64).T).max(1).sum())


def all_scores(queries, documents):
    """The scores of every query against every document, by each output that both have."""
    found = {}
    if "dense" in queries:
        found["dense"] = unit(queries["dense"]) @ unit(documents["dense"]).T
    if "sparse" in queries:
        size = 1 + max((token for row in queries["sparse"] + documents["sparse"] for token in row), default=0)
        found["sparse"] = as_rows(queries["sparse"], size).astype(np.float64) @ as_rows(documents["sparse"], size).T.astype(np.float64)
    if "multi" in queries:
        found["multi"] = np.array([[max_sim(q, d) for d in documents["multi"]] for q in queries["multi"]])
    return found


def one_kind(ours, theirs):
    """The outputs of one kind of input."""
    worst = Worst()
    if ours.keys() != theirs.keys():
        return Worst(strays=f"{sorted(ours)} where the original has {sorted(theirs)}")
    if "dense" in theirs:
        worst = worst.and_of(rows_apart(ours["dense"], theirs["dense"]))
    if "multi" in theirs:
        for mine, other in zip(ours["multi"], theirs["multi"], strict=True):
            worst = worst.and_of(rows_apart(mine, other))
    if "sparse" in theirs:
        size = 1 + max((token for row in ours["sparse"] + theirs["sparse"] for token in row), default=0)
        worst = worst.and_of(rows_apart(as_rows(ours["sparse"], size), as_rows(theirs["sparse"], size)))
    if "scores" in theirs:
        difference = float(np.abs(np.asarray(ours["scores"]) - np.asarray(theirs["scores"])).max())
        flat = np.ptp(theirs["scores"]) < 0.05 * np.abs(theirs["scores"]).max()
        worst = worst.and_of(Worst(difference=difference, rankings=1, swapped=swapped(ours["scores"], theirs["scores"]),
                                   strays="the original gives all pairs nearly the same score" if flat else ""))
    return worst


def compare(ours, theirs):
    """Two answers by kind of input; then every query ranks all documents and all pictures, or, where none was asked, each of
    the first twenty of a kind all others."""
    worst = Worst()
    for kind in theirs:
        worst = worst.and_of(one_kind(ours[kind], theirs[kind]))
    for target in ("documents", "images", "text_images"):
        if target in theirs and not worst.strays:
            asker = "queries" if "queries" in theirs else target
            worst = worst.and_of(rankings(*(({name: rows[:20] for name, rows in x[asker].items()}, x[target]) for x in (ours, theirs))))
    return worst


def rankings(ours, theirs):
    """Of two pairs of (queries, documents)."""
    worst, expected, got = Worst(), all_scores(*theirs), all_scores(*ours)
    for output, scores in expected.items():
        if np.ptp(scores, axis=1).max() < 0.05 * np.abs(scores).max():
            return Worst(strays=f"by {output}, the original hardly tells its inputs apart: nothing can be learnt from this model")
        wrong = sum(swapped(a, b) for a, b in zip(got[output], scores))
        worst = worst.and_of(Worst(rankings=len(scores), swapped=wrong))
    return worst
