"""How many times faster sextant tokenizes than Hugging Face `tokenizers`, one thread each, offsets included.

    python benchmarks/text.py BUILD/benchmarks/text_benchmark [--texts 20000] [--rounds 5] [--seed N]

WordNet glosses go through real MiniLM and through pipelines that tests/parity trains on them. The two take turns, and
the fastest round of each counts. The original keeps what it has cut in a cache, which finds words again and here would
find whole texts; each of its rounds therefore starts with an empty one.
"""
import os

os.environ.update(RAYON_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")  # read when the package is first used

import argparse
import pathlib
import platform
import random
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "parity"))

import tokenize_pipelines
import tokenize_texts
import tokenizers

GOAL = 3
PIPELINES = ("minilm", "clip", "qwen2", "bge-m3", "gemma")


def processor():
    with open("/proc/cpuinfo") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())


def measure(program, spec, texts, rounds, folder):
    tokenizer_file, texts_file = folder / "tokenizer.json", folder / "texts"
    tokenizer_file.write_text(spec, encoding="utf-8")
    raw = [text.encode() for text in texts]
    texts_file.write_bytes(b"".join(struct.pack("<I", len(text)) + text for text in raw))
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
    print(f"{processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; tokenizers {tokenizers.__version__}; "
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
    print("\n".join(figures))


main()
