"""How many times faster sextant tokenizes than Hugging Face `tokenizers`, one thread each, offsets included.

    python benchmarks/text.py BUILD/benchmarks/text_benchmark [--texts 20000] [--rounds 5] [--seed N] [--only NAME...]

WordNet glosses go through real MiniLM and through pipelines that tests/parity trains on them. The two take turns, and
the fastest round of each counts. The original keeps what it has cut in a cache, which finds words again and here would
find whole texts; each of its rounds therefore starts with an empty one. Then every pipeline that tests/parity knows gets texts of 64 KiB that
repeat one letter or a few, and the processor's time for the slowest is printed.
"""
import os

os.environ.update(RAYON_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")  # read when the package is first used

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "parity"))

import tokenize_pipelines
import tokenize_texts
import tokenizers
from shared import processor, write_texts

GOAL = 3
LONG_GOAL_MS = 50
LONG = 65536
UNITS = ("a", "A", "q", "1", " ", "\n", " \n", "a ", "ab", "1a", "'", "!", "! ", "-x", "\u0301", "\u0323\u0301", "\u0301\u0323", "a\u0301",
         "\u00e9", "\u0130", "\u00df", "\u4e2d", "\u3042", "\ud55c", "\u1112\u1161\u11ab", "\u0e33", "\ufb03", "\U0001f600",
         "\U0001f469\u200d", "\u2581", "\u00a0", "\u200b", "\ufffd", "<", "<mask>", "word", "&amp;")
LIGATURE = "\ufdfa"  # eighteen letters in normal form: 64 KiB become 704
PIPELINES = ("minilm", "clip", "qwen2", "bge-m3", "gemma")


def measure(program, spec, texts, rounds, folder):
    tokenizer_file, texts_file = folder / "tokenizer.json", folder / "texts"
    tokenizer_file.write_text(spec, encoding="utf-8")
    write_texts(texts, texts_file)
    best_mine = best_theirs = float("inf")
    with subprocess.Popen([program, tokenizer_file, texts_file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mine:
        for _ in range(rounds):
            mine.stdin.write("\n")
            mine.stdin.flush()
            seconds, tokens, allocations = mine.stdout.readline().split()
            best_mine = min(best_mine, float(seconds))
            theirs = tokenizers.Tokenizer.from_str(spec)
            start = time.perf_counter()
            encodings = theirs.encode_batch(texts)
            best_theirs = min(best_theirs, time.perf_counter() - start)
            assert sum(len(e.ids) for e in encodings) == int(tokens), "the two do not agree"
        mine.stdin.close()
    return best_mine, best_theirs, int(tokens), int(allocations)


def long_texts(program, spec, units, rounds, folder):
    """[milliseconds, unit] of 64 KiB of each unit, and the units that were refused."""
    tokenizer_file, texts_file = folder / "tokenizer.json", folder / "texts"
    tokenizer_file.write_text(spec, encoding="utf-8")
    write_texts([unit * (LONG // len(unit.encode())) for unit in units], texts_file)
    done = subprocess.run([program, tokenizer_file, texts_file, str(rounds)], stdout=subprocess.PIPE, text=True, check=True)
    times = [float(seconds) * 1e3 for seconds in done.stdout.split()]
    return [(abs(time), ascii(unit)) for time, unit in zip(times, units, strict=True)], [ascii(u) for t, u in zip(times, units) if t < 0]


def measure_long_texts(program, texts, folder):
    slowest = 0
    for name, make in {**tokenize_pipelines.FAMILIES, **tokenize_pipelines.OTHERS}.items():
        tokenizer = make(texts[:10000])
        if tokenizer is None:
            print(f"{name}: skipped, as its Python package is not installed")
            continue
        times, refused = long_texts(program, tokenizer.to_str(), (*UNITS, LIGATURE), 3, folder)
        ligature, (time, unit) = times[-1][0], max(pair for pair in times[:-1] if pair[1] not in refused)
        print(f"{name}: 64 KiB take at most {time:.1f} ms, of {unit}; of the ligature {ligature:.1f} ms"
              + (f"; refused as too much work: {' '.join(refused)}" if refused else ""), flush=True)
        slowest = max(slowest, time)
    return f"figure tokenize_64_KiB_ms {slowest:.1f} goal {LONG_GOAL_MS}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the built text_benchmark")
    parser.add_argument("--texts", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--only", nargs="*", choices=PIPELINES, default=PIPELINES)
    args = parser.parse_args()
    texts = tokenize_texts.glosses(random.Random(args.seed), args.texts)
    size = sum(len(text.encode()) for text in texts) / len(texts)
    print(f"{processor()}; tokenizers {tokenizers.__version__}; "
          f"{len(texts)} texts of {size:.0f} bytes on average, seed {args.seed}, fastest of {args.rounds} rounds, one thread each")
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for name in args.only:
            tokenizer = tokenize_pipelines.FAMILIES[name](texts[:10000])
            if tokenizer is None:
                print(f"{name}: skipped, as its Python package is not installed")
                continue
            mine, theirs, tokens, allocations = measure(args.program, tokenizer.to_str(), texts, args.rounds, pathlib.Path(folder))
            print(f"{name}: sextant {mine / len(texts) * 1e6:.2f} us per text, tokenizers {theirs / len(texts) * 1e6:.2f} us, "
                  f"{tokens / len(texts):.1f} tokens and {allocations / len(texts):.1f} allocations per text")
            figures.append(f"figure tokenize_{name.replace('-', '_')} {theirs / mine:.2f} goal {GOAL}")
        figures.append(measure_long_texts(args.program, texts, pathlib.Path(folder)))
    print("\n".join(figures))


main()
