"""How many queries a second a graph answers at a recall, and how soon it is built, beside other systems on the same threads.

    python benchmarks/graph.py BUILD/benchmarks/index_benchmark DATA [--set NAME] [--rows N] [--systems A,B] [--threads N] ...

Two sets. `glosses`: MiniLM's vectors of WordNet's glosses (DATA/glosses.npy), of which 2,000 are held out, as queries. `folded`:
vectors of 512 dimensions which a random network of one hidden layer makes of 24 normal numbers, and a little noise. (Random
vectors that are alike in every direction have no near ones that differ from the others: every graph fails on them, and no
model gives such vectors.) Both are unit vectors, ranked by inner product. All graphs have M 16 and ef_construction 200.

Each system is measured in a process of its own, one after the other, at efforts that double in two steps; between two of
them, queries a second at a recall are interpolated (their logarithm, in the logarithm of what recall lacks). The plot of each
set goes to DATA/graph-SET.svg.
"""
import argparse
import importlib.metadata
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
from graph_peers import SYSTEMS
from index_program import exact_ids
from plot import plot
from shared import processor

RECALLS = (0.95, 0.99)
HELD_OUT = 2000


def glosses(args, rng):
    vectors = numpy.load(args.data / "glosses.npy")
    held = rng.choice(len(vectors), HELD_OUT, replace=False)
    return numpy.delete(vectors, held, axis=0), vectors[held]


def folded(args, rng):
    first, second = rng.standard_normal((24, 256), numpy.float32), rng.standard_normal((256, 512), numpy.float32)
    parts = []
    for begin in range(0, args.rows + HELD_OUT, 10_000):
        hidden = numpy.tanh(rng.standard_normal((min(10_000, args.rows + HELD_OUT - begin), 24), numpy.float32) @ first / 24 ** 0.5)
        some = hidden @ second
        some += 0.1 * some.std() * rng.standard_normal(some.shape, numpy.float32)
        parts.append(some / numpy.linalg.norm(some, axis=1)[:, None])
    all_rows = numpy.concatenate(parts)
    return all_rows[:args.rows], all_rows[args.rows:]


def measured(system, args, folder):
    """What graph_peers.py says, or nothing, having said why."""
    package = SYSTEMS[system].package
    try:
        version = importlib.metadata.version(package) if package else "this one"
    except importlib.metadata.PackageNotFoundError:
        print(f"  {system}: not installed here")
        return None
    settings = {"threads": args.threads, "m": args.m, "ef_construction": args.ef_construction, "rounds": args.rounds}
    with tempfile.TemporaryDirectory(dir=folder) as own:
        for name in ("vectors", "queries", "exact"):
            os.link(folder / f"{name}.npy", pathlib.Path(own) / f"{name}.npy")
        command = [sys.executable, pathlib.Path(__file__).with_name("graph_peers.py"), system, own, json.dumps(settings)]
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "SEXTANT_INDEX_BENCHMARK": args.program})
    if done.returncode != 0:
        print(f"  {system} {version}: does not run here: {(done.stderr.strip().splitlines() or [f'status {done.returncode}'])[-1]}")
        return None
    result = json.loads(done.stdout.splitlines()[-1])
    show(f"{system} {version}", result)
    return result


def show(name, result):
    speeds = ", ".join(f"{speed:.0f} at {recall}" if (speed := speed_at(result["curve"], recall)) else f"never {recall}" for recall in RECALLS)
    print(f"  {name}: {speeds} (queries a second); built in {result['seconds']:.1f} s; bytes a vector {result['resident']:.0f} in memory, "
          f"{result['disk']:.0f} on disk")
    print("    effort, recall, queries a second: " + "; ".join(f"{e} {r:.4f} {s:.0f}" for e, r, s in result["curve"]))
    for e, r, s in result["alone"]:
        print(f"    one at a time, 1 thread: effort {e}, recall {r:.4f}, {s:.0f}")
    for e, r, s in result.get("asked", []):
        print(f"    min_recall {e}: recall {r:.4f}, {s:.0f}", flush=True)


def speed_at(curve, recall):
    """None if the curve does not reach it."""
    before = None
    for _, now, speed in curve:
        lacks = math.log(max(1 - now, 1e-6))
        if now >= recall:
            if before is None:
                return speed
            part = (before[0] - math.log(1 - recall)) / (before[0] - lacks)
            return math.exp(before[1] + part * (math.log(speed) - before[1]))
        before = lacks, math.log(speed)
    return None


def figures_of(name, results):
    ours = results.pop("sextant")
    for recall in RECALLS:
        speeds = {system: speed for system, result in results.items() if (speed := speed_at(result["curve"], recall))}
        own = speed_at(ours["curve"], recall)
        if speeds and own:
            best = max(speeds, key=speeds.get)
            print(f"  best peer at {recall}: {best}")
            yield f"graph_{name}_recall_{recall}_vs_best_peer", own / speeds[best], 1.5
            yield f"graph_{name}_build_vs_best_peer_at_{recall}", results[best]["seconds"] / ours["seconds"], 1.33
        else:
            print(f"  nothing to compare at {recall}: {'no peer' if own else 'sextant'} does not reach it")


def one_set(name, make, args):
    vectors, queries = make(args, numpy.random.default_rng(args.seed))
    print(f"{name}: {vectors.shape[0]} x {vectors.shape[1]}, {len(queries)} queries that are not among them", flush=True)
    with tempfile.TemporaryDirectory(dir=args.data) as folder:
        folder = pathlib.Path(folder)
        for part, values in (("vectors", vectors), ("queries", queries), ("exact", exact_ids(vectors, queries))):
            numpy.save(folder / f"{part}.npy", values)
        del vectors
        results = {system: result for system in args.systems.split(",") if (result := measured(system, args, folder))}
    drawn = {system: [(recall, speed) for _, recall, speed in result["curve"]] for system, result in results.items()}
    out = args.data / f"graph-{name}.svg"
    out.write_text(plot(f"{name}, {args.threads} threads", drawn))
    print(f"  plot: {out}")
    return list(figures_of(name, results))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the built index_benchmark")
    parser.add_argument("data", type=pathlib.Path, help="a folder with glosses.npy, and room")
    parser.add_argument("--set", choices=("glosses", "folded"), help="only this one")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the folded set")
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--m", type=int, default=16)
    parser.add_argument("--ef-construction", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261127)
    args = parser.parse_args()
    # Every thread that a system starts, asked or not, shares the same processors.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:args.threads])
    print(f"{processor()}; numpy {numpy.__version__}; k 10, {args.threads} threads, M {args.m}, ef_construction {args.ef_construction}, "
          f"seed {args.seed}, fastest of {args.rounds} rounds")
    figures = []
    for name, make in (("glosses", glosses), ("folded", folded)):
        if args.set in (None, name):
            figures += one_set(name, make, args)
    for name, value, goal in figures:
        print(f"figure {name} {value:.2f} goal {goal}")


main()
