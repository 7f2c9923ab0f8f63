"""Retrieval with a real model: all-MiniLM-L6-v2 through Sextant and through sentence-transformers, over WordNet.

    python tests/parity/real_retrieval.py --probe build/ci-torch-2.13/tests/parity/families_probe [--glosses N] [--queries 2000] [--seed 1]

The documents are the 117,659 glosses of WordNet 3.0 (Debian package wordnet-base), the queries the first lemmas of random
ones, the answer to each its own gloss. Recall at 1 and 10 must be equal to three decimals, and each query must order all
glosses alike but for ties under 1e-6. With --glosses a random part is searched. The whole takes about ten minutes of two cores.
"""
import argparse
import pathlib
import random
import sys
import tempfile
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path[:0] = [str(TOP / "examples/export"), str(TOP / "examples/train_demo")]
import minilm  # noqa: E402
from parity_families import asked  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402
from tiny.comparison import cosines, swapped  # noqa: E402
from tiny.real import MINILM  # noqa: E402
from wordnet import synsets  # noqa: E402


def timed(what, encode):
    start = time.monotonic()
    vectors = encode()
    print(f"{what}: {time.monotonic() - start:.0f} s", flush=True)
    return vectors


def ours(probe, queries, documents):
    with tempfile.TemporaryDirectory() as folder:
        minilm.export_to(pathlib.Path(folder) / "bundle")
        request = {"documents": documents, "queries": queries}
        answer, = timed("Sextant", lambda: asked(probe, pathlib.Path(folder) / "bundle", request, [32]))
    return answer["queries"]["dense"], answer["documents"]["dense"]


def theirs(queries, documents):
    model = SentenceTransformer(str(MINILM), device="cpu")
    return timed("sentence-transformers", lambda: (model.encode_query(queries), model.encode_document(documents)))


def compared(answers, mine, original):
    """Recall at 1 and 10 of both, the largest difference of two scores, and how many queries order the glosses otherwise."""
    hits, apart, otherwise = np.zeros((2, 2)), 0.0, 0
    for row, answer in enumerate(answers):
        scores = [documents.astype(np.float64) @ queries[row].astype(np.float64) for queries, documents in (mine, original)]
        better = [(of_one > of_one[answer]).sum() for of_one in scores]
        hits += [[rank < k for k in (1, 10)] for rank in better]
        apart = max(apart, np.abs(scores[0] - scores[1]).max())
        otherwise += swapped(*scores)
    return hits / len(answers), apart, otherwise


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--glosses", type=int)
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    rng, entries = random.Random(options.seed), synsets()
    entries = rng.sample(entries, options.glosses or len(entries))
    answers = rng.sample(range(len(entries)), min(options.queries, len(entries)))
    documents, queries = [gloss for _, _, gloss, _, _ in entries], [entries[i][1][0] for i in answers]
    print(f"{len(documents)} glosses, {len(queries)} queries, seed {options.seed}")

    mine, original = ours(options.probe, queries, documents), theirs(queries, documents)
    recall, apart, otherwise = compared(answers, mine, original)
    for name, (at_1, at_10) in zip(("Sextant", "sentence-transformers"), recall):
        print(f"{name}: recall@1 {at_1:.4f}, recall@10 {at_10:.4f}")
    print(f"largest 1 - cosine {1 - cosines(mine[1], original[1]).min():.1e}, largest difference of two scores {apart:.1e}, "
          f"{len(answers) - otherwise} of {len(answers)} orders equal but for ties under 1e-6")
    if otherwise or np.abs(recall[0] - recall[1]).max() >= 0.0005:
        sys.exit("FAILED")


if __name__ == "__main__":
    main()
