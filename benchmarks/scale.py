"""What an index costs as it grows: seconds to write and to open it, bytes on disk and in memory, and what readers wait.

    python3 benchmarks/scale.py BUILD/benchmarks/scale_benchmark FOLDER [--rows N] [--dimensions N] [--threads N]
                                [--readers N] [--seconds N] [--rounds N]

Indexes of 10,000, of 100,000 and of --rows random vectors, in FOLDER. To open one is to read and check all of it, from the
system's cache of files: the fastest of --rounds counts, as others may use the machine. The goal of 4 seconds is for a
million rows of 512; other sizes have their part of it. Readers search the index of 100,000, each one query at a time.
"""
import argparse
import pathlib
import subprocess
import tempfile

from shared import processor

SECONDS_PER_FLOAT = 4 / 1_000_000 / 512


def ask(program, *words):
    out = subprocess.run([program, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(word) for word in out.split()]


def grow(args, file, rows):
    """Seconds to write a row, and to open one."""
    writing, = ask(args.program, "write", file, rows, args.dimensions)
    size = file.stat().st_size
    rounds = [ask(args.program, "open", file, args.threads) for _ in range(args.rounds)]
    alone = min(ask(args.program, "open", file, 1)[0] for _ in range(args.rounds))
    opening, memory = min(rounds)
    print(f"{rows} rows: {rows / writing:.0f} rows a second written, {size / rows:.0f} bytes a row on disk, {memory / rows:.0f} in memory; "
          f"opened and checked in {opening:.3f} s with {args.threads} threads, {alone:.3f} s with one", flush=True)
    return writing / rows, opening / rows


def wait(args, file):
    """How many times longer one of a hundred readers waits if there is a writer."""
    p99 = {}
    for writer in (0, 1):
        searches, median, p99[writer], commits = ask(args.program, "search", file, args.readers, args.seconds, writer)
        print(f"{args.readers} readers {'with' if writer else 'without'} a writer: {searches:.0f} searches, median {median * 1e3:.2f} ms, "
              f"99th percentile {p99[writer] * 1e3:.2f} ms, {commits:.0f} commits", flush=True)
    return p99[1] / p99[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the built scale_benchmark")
    parser.add_argument("folder", type=pathlib.Path, help="a folder with room for the files")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    print(f"{processor()}; {args.dimensions} dimensions, fastest of {args.rounds} rounds")
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        file = pathlib.Path(folder) / "an.sextant"
        costs = {}
        for rows in sorted({10_000, 100_000, args.rows}):
            file.unlink(missing_ok=True)
            costs[rows] = grow(args, file, rows)
            if rows == 100_000:
                slower = wait(args, file)
    most, some = costs[max(costs)], costs[100_000]
    print(f"figure scale_open_checked_vs_4_seconds {SECONDS_PER_FLOAT * args.dimensions / most[1]:.2f} goal 1")
    print(f"figure scale_open_linear {some[1] / most[1]:.2f} goal 0.9")
    print(f"figure scale_write_linear {some[0] / most[0]:.2f} goal 0.9")
    print(f"figure scale_reader_p99_vs_twice_without_writer {2 / slower:.2f} goal 1")


main()
