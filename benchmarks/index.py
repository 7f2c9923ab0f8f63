"""How many times faster sextant searches exactly than faiss (flat) and torch (matmul, then topk), on the same threads.

    python benchmarks/index.py BUILD/benchmarks/index_benchmark DATA [--rows N] [--rounds N] [--threads N] [--seed N]

Two sets: random normal vectors of 512 dimensions, and MiniLM's vectors of WordNet's glosses (DATA/glosses.npy, which
benchmarks/glosses.py makes). Random vectors are the hardest for codes: no row is much nearer than others. All take turns,
and the fastest round of each counts. Answers are compared with scores in 64 bits, rounded to 32, ties by row.
"""
import argparse
import pathlib
import tempfile

import faiss
import numpy
import torch
from index_program import K, Sextant, exact_ids, timed
from shared import processor


def best(rounds, works):
    """The fewest seconds of each, all taking turns."""
    return {name: min(times) for name, times in zip(works, zip(*[[work() for work in works.values()] for _ in range(rounds)]))}


def compare(title, sextant, vectors, batches, rounds, threads):
    """Seconds by batch and system."""
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    tensor = torch.from_numpy(vectors)
    seconds = {}
    for queries in batches:
        works = {"sextant": lambda: sextant.search(queries)[0], "faiss": lambda: timed(lambda: flat.search(queries, K)),
                 "torch": lambda: timed(lambda: torch.topk(torch.from_numpy(queries) @ tensor.T, K)),
                 "stream": lambda: sextant.ask(f"stream {threads}")}
        if len(queries) > 64:
            del works["torch"]  # its scores would fill the memory
        seconds[len(queries)] = times = best(rounds, works)
        print(f"{title}, {len(queries)} queries: " + ", ".join(f"{name} {s * 1e3:.1f} ms" for name, s in times.items()))
    return seconds


def random_set(args, folder, rng):
    vectors = rng.standard_normal((args.rows, 512), numpy.float32)
    vectors /= numpy.linalg.norm(vectors, axis=1)[:, None]
    queries = rng.standard_normal((64, 512), numpy.float32)
    queries /= numpy.linalg.norm(queries, axis=1)[:, None]
    sextant = Sextant(args.program, vectors, folder, args.threads)
    print(f"random, {args.rows} x 512: written in {sextant.seconds_to_write:.1f} s, {(folder / 'an.sextant').stat().st_size / args.rows:.0f} "
          f"bytes a vector on disk, {sextant.resident() / args.rows:.0f} in memory")
    times = compare("random", sextant, vectors, [queries[:1], queries], args.rounds, args.threads)
    macs, peak = 64 * vectors.size / times[64]["sextant"], max(sextant.ask(f"peak {args.threads}") for _ in range(args.rounds))
    if peak:
        print(f"64 queries: {macs / 1e9:.0f} billion multiply-adds a second, {macs / peak:.2f} of the {peak / 1e9:.0f} that 8-bit integers allow")
    sextant.close()
    one, many = times[1], times[64]
    return [("index_one_query_vs_faiss", one["faiss"] / one["sextant"], 10), ("index_one_query_vs_torch", one["torch"] / one["sextant"], 6),
            ("index_one_query_vs_streaming", one["stream"] / one["sextant"], 4),
            ("index_64_queries_vs_faiss", many["faiss"] / many["sextant"], 25), ("index_64_queries_vs_torch", many["torch"] / many["sextant"], 4)]


def real_set(args, folder, rng):
    vectors = numpy.load(args.data / "glosses.npy")
    sextant = Sextant(args.program, vectors, folder, args.threads)
    batch = vectors[rng.choice(len(vectors), 2000, replace=False)]
    print(f"glosses, {len(vectors)} x {vectors.shape[1]}: written in {sextant.seconds_to_write:.1f} s")
    times = compare("glosses", sextant, vectors, [batch], args.rounds, args.threads)[2000]
    print(f"sextant {2000 / times['sextant']:.0f} queries a second")
    queries = vectors[rng.choice(len(vectors), args.checked, replace=False)]
    queries += 0.3 / numpy.sqrt(vectors.shape[1]) * rng.standard_normal(queries.shape, numpy.float32)
    differences = int((sextant.search(queries)[1] != exact_ids(vectors, queries)).any(axis=1).sum())
    print(f"{args.checked} queries near glosses: {differences} answers differ from a scan in 64 bits")
    sextant.close()
    assert differences == 0
    return [("index_glosses_2000_queries_vs_faiss", times["faiss"] / times["sextant"], 4)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the built index_benchmark")
    parser.add_argument("data", type=pathlib.Path, help="a folder with glosses.npy, and room")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checked", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=20261125)
    args = parser.parse_args()
    faiss.omp_set_num_threads(args.threads)
    torch.set_num_threads(args.threads)
    print(f"{processor()}; faiss {faiss.__version__}, torch {torch.__version__}, "
          f"numpy {numpy.__version__}; k {K}, {args.threads} threads each, seed {args.seed}, fastest of {args.rounds} rounds")
    figures = []
    for measure in (real_set, random_set):
        with tempfile.TemporaryDirectory(dir=args.data) as folder:
            figures += measure(args, pathlib.Path(folder), numpy.random.default_rng(args.seed))
    for name, value, goal in figures:
        print(f"figure {name} {value:.2f} goal {goal}")


main()
