"""How far two answers lie apart, and whether they rank alike."""
from dataclasses import dataclass

import numpy as np

TIE = 1e-6  # of the scores, or of the largest score if that is above 1


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
    theirs = np.asarray(theirs, np.float64)
    in_our_order = theirs[np.argsort(-np.asarray(ours, np.float64), kind="stable")]
    worse = in_our_order - np.minimum.accumulate(in_our_order)
    return bool(worse.max(initial=0.0) > TIE * max(1.0, np.abs(theirs).max(initial=0.0)))


def by_metric(queries, documents, metric):
    queries, documents = np.asarray(queries, np.float64), np.asarray(documents, np.float64)
    if metric == "l2":
        return -((queries[:, None] - documents[None]) ** 2).sum(-1)
    if metric == "cosine":
        queries, documents = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12) for rows in (queries, documents))
    return queries @ documents.T


def by_vectors(query, document, score):
    if len(query) == 0 or len(document) == 0:
        return 0.0
    pairs = np.asarray(query, np.float64) @ np.asarray(document, np.float64).T
    return float({"max_sim_sum": lambda: pairs.max(1).sum(), "max_sim_mean": lambda: pairs.max(1).mean(), "max": pairs.max}[score]())


def all_scores(queries, documents, manifest):
    """The scores of every query against every document by each output, as the family's original defines them."""
    found = {}
    if "dense" in queries:
        found["dense"] = by_metric(queries["dense"], documents["dense"], manifest["score"]["metric"])
    if "sparse" in queries:
        size = 1 + max((token for row in queries["sparse"] + documents["sparse"] for token in row), default=0)
        found["sparse"] = by_metric(as_rows(queries["sparse"], size), as_rows(documents["sparse"], size), "dot")
    if "multi" in queries:
        found["multi"] = np.array([[by_vectors(q, d, manifest["multi"]["score"]) for d in documents["multi"]] for q in queries["multi"]])
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


def rankings(ours, theirs):
    """Of matrices of scores: each query's order of all documents, by Sextant's scores and by the original's."""
    if np.ptp(theirs, axis=1).max() < 0.05 * np.abs(theirs).max():
        return Worst(strays="the original hardly tells its inputs apart: nothing can be learnt from this model")
    if ours.shape != theirs.shape:
        return Worst(strays=f"scores of shape {ours.shape}; expected {theirs.shape}")
    return Worst(rankings=len(theirs), swapped=sum(swapped(a, b) for a, b in zip(ours, theirs)))


def compare(ours, theirs, manifest):
    """Two answers by kind of input. Sextant's scores of the queries with all documents and with all pictures must rank as the
    original's do; where nothing asks, each of the first twenty of a kind ranks all of them by its vectors."""
    worst = Worst()
    for kind in theirs:
        worst = worst.and_of(one_kind(ours[kind], theirs[kind]))
    for searched in ("documents", "images", "text_images"):
        if searched not in theirs or worst.strays:
            continue
        asks = "queries" if "queries" in theirs else searched
        first, mine = ({output: rows[:20] for output, rows in answer[asks].items()} for answer in (theirs, ours))
        got = ours[f"queries of {searched}"] if asks == "queries" else all_scores(mine, ours[searched], manifest)
        for output, scores in all_scores(first, theirs[searched], manifest).items():
            worst = worst.and_of(rankings(np.asarray(got[output][:20], np.float64), scores))
    return worst
