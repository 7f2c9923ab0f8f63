"""How many times faster sextant encodes than sentence-transformers and transformers, two threads each, the same libtorch.

    python benchmarks/encode.py BUILD/benchmarks/encode_benchmark [--texts 4000] [--rounds 5] [--seed N]

Real MiniLM encodes WordNet glosses, all in one call, and short queries one by one; ViT-B/32 with random weights encodes
pictures of 256 x 256 pixels. What is timed goes from text or pixels to vectors on both sides. The two take turns, and
the fastest round of each counts. A precision's goal is for processors that multiply in it: what this one has is printed.
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "examples/export"), str(HERE.parent / "tests/parity")]

import export
import minilm
import numpy as np
import tokenize_texts
import torch
import transformers
from shared import processor, write_texts
from sentence_transformers import SentenceTransformer
from tiny import image_text
from tiny.real import MINILM

THREADS = 2
SIDE, PICTURES = 256, 16
PRECISIONS = ("float32", "bfloat16", "int8")


def vit_b_32(folder):
    """Transformers' default configuration of CLIP is ViT-B/32."""
    tokenizer = image_text.tokens.clip()
    model = transformers.CLIPModel(transformers.CLIPConfig(text_config={"vocab_size": len(tokenizer), "eos_token_id": 2, "num_hidden_layers": 1}))
    image_text.saved(folder, model, tokenizer, transformers.CLIPImageProcessor())


class Mine:
    """The program, open for rounds."""

    def __init__(self, program, bundle, precision, what, given, out, *more):
        self.out = out
        self.process = subprocess.Popen([program, bundle, precision, "0", what, given, out, *map(str, more)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": str(THREADS)})

    def round(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def vectors(self, rows):
        self.process.stdin.close()
        assert self.process.wait() == 0
        return np.fromfile(self.out, np.float32).reshape(rows, -1)


def timed(work):
    start = time.perf_counter()
    vectors = work()
    return time.perf_counter() - start, vectors


def measure(what, goals, rounds, mine, theirs, count, unit):
    """Figures of each precision beside the original's."""
    best = dict.fromkeys([*mine, "theirs"], float("inf"))
    theirs()
    for program in mine.values():
        program.round()
    for _ in range(rounds):
        for name, program in mine.items():
            best[name] = min(best[name], program.round())
        seconds, original = timed(theirs)
        best["theirs"] = min(best["theirs"], seconds)
    figures = []
    for name, program in mine.items():
        vectors = program.vectors(count)
        cosines = (vectors * original).sum(1) / np.linalg.norm(vectors, axis=1) / np.linalg.norm(original, axis=1)
        print(f"{what}, {name}: sextant {best[name] / count * 1e3:.2f} ms per {unit}, original {best['theirs'] / count * 1e3:.2f} ms, least cosine {cosines.min():.6f}")
        goal = f" goal {goals[name]}" if name in goals else ""
        ratio = best[name] / best["theirs"] if what == "query" else best["theirs"] / best[name]
        figures.append(f"figure {what}_{name} {ratio:.2f}{goal}")
    return figures


def measure_texts(args, folder):
    rng = random.Random(args.seed)
    glosses, queries = tokenize_texts.glosses(rng, args.texts), [" ".join(gloss.split()[:3]) for gloss in tokenize_texts.glosses(rng, 50)]
    bundle = folder / "minilm"
    minilm.export_to(bundle)
    original = SentenceTransformer(str(MINILM), device="cpu")
    write_texts(glosses, folder / "glosses")
    write_texts(queries, folder / "queries")

    def programs(what, given):
        return {p: Mine(args.program, bundle, p, what, folder / given, folder / f"{given}-{p}") for p in args.precisions}
    figures = measure("texts", {"float32": 1.2, "bfloat16": 3.5}, args.rounds, programs("texts", "glosses"),
                      lambda: original.encode_document(glosses), len(glosses), "gloss")
    return figures + measure("query", {"float32": 0.7}, args.rounds, programs("query", "queries"),
                             lambda: np.array([original.encode_query(query) for query in queries]), len(queries), "query")


def measure_pictures(args, folder):
    source, bundle = folder / "vit", folder / "vit-bundle"
    source.mkdir()
    vit_b_32(source)
    export.export(source, bundle)
    model = transformers.CLIPModel.from_pretrained(source).eval()
    preprocess = transformers.AutoImageProcessor.from_pretrained(source, use_fast=True)
    pixels = np.random.default_rng(args.seed).integers(0, 256, (PICTURES, SIDE, SIDE, 3), np.uint8)
    pixels.tofile(folder / "pixels")

    def theirs():
        with torch.inference_mode():
            return model.get_image_features(**preprocess(list(pixels), return_tensors="pt")).numpy()
    mine = {p: Mine(args.program, bundle, p, "images", folder / "pixels", folder / f"pixels-{p}", SIDE) for p in args.precisions}
    return measure("pictures", {"float32": 1.15, "bfloat16": 3.5}, args.rounds, mine, theirs, PICTURES, "picture")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the built encode_benchmark")
    parser.add_argument("--texts", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--precisions", nargs="*", choices=PRECISIONS, default=PRECISIONS)
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(THREADS)
    print(f"{processor()}; torch {torch.__version__}, transformers {transformers.__version__}, {THREADS} threads each, seed {args.seed}, fastest of {args.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        figures = measure_texts(args, pathlib.Path(folder)) + measure_pictures(args, pathlib.Path(folder))
    print("\n".join(figures))


main()
