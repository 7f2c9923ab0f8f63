"""examples/export/FAMILIES.md: the models that were verified, on which libtorch, and the worst that was seen."""
import re
from importlib.metadata import version
from typing import NamedTuple

from tiny.comparison import Worst


class Row(NamedTuple):
    family: str
    configuration: str
    libtorch: str
    worst: Worst

    @property
    def key(self):
        return self.family, self.configuration, self.libtorch

    def line(self):
        return (f"| {self.family} | {self.configuration} | {self.libtorch} | {self.worst.below_one:.1e} | "
                f"{self.worst.difference:.1e} | {self.worst.rankings} |")


HEAD = """# Verified model families

Written by `tests/parity/parity_families.py --all --write`; every run of the tests verifies each row again, over fewer texts
and pictures. Each model but the real one is built by its real class with seeded random weights, exported with
`export.py`, and asked by Sextant and by its original for the same texts and pictures, singly and in batches of 32. The
originals: {versions}.

FlagEmbedding and colbert-ai are not installed: for BGE-M3, BGE's rerankers and ColBERT the original is their pipeline written
again in plain transformers (`tests/parity/tiny`).

The worst of each: 1 - cosine of two vectors, difference of two numbers (of vectors or scores), and how many rankings
were equal, all of them, but for ties under 1e-6.

| family | model | libtorch | 1 - cosine | difference | rankings |
|---|---|---|---|---|---|
"""


def read(path):
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {tuple(cell.strip() for cell in line.strip("|").split("|")[:3]): line for line in lines if re.match(r"\| (?!family)[^-]", line)}


def write(path, rows, libtorch, partly):
    """Replaces the rows of this libtorch, or, after a run of some models alone, those of these models."""
    lines = {key: line for key, line in read(path).items() if partly or key[2] != libtorch}
    lines |= {row.key: row.line() for row in rows}
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "sentence-transformers", "open_clip_torch", "timm",
                                                                         "torchvision"))
    order = {family: i for i, family in enumerate(dict.fromkeys(key[0] for key in lines))}
    ordered = sorted(lines, key=lambda key: (order[key[0]], key[1], key[2]))
    path.write_text(HEAD.format(versions=versions) + "".join(lines[key] + "\n" for key in ordered), encoding="utf-8")


def unverified(path, rows, libtorch):
    """What the table claims of this libtorch and this run did not verify; printed, and returned."""
    claimed, verified = {key for key in read(path) if key[2] == libtorch}, {row.key for row in rows}
    print(f"the table claims {len(claimed)} models on libtorch {libtorch}")
    for key in sorted(claimed - verified):
        print(f"claimed, but not verified: {' | '.join(key)}")
    return sorted(claimed - verified)
