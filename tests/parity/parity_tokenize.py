"""Compares sextant's tokenizer with Hugging Face `tokenizers`: ids, type ids, offsets, special tokens, truncation with
all that overflows, and decoding, and CLIP's cleaning with Python's, on pipelines trained here and on real MiniLM.

    python tests/parity/parity_tokenize.py --probe BUILD/tests/parity/tokenize_probe [--lines 200000] [--seed N]

Prints one line per pipeline and exits with 1 if anything differs. Inputs, all made from the printed seed: WordNet glosses
and CLDR annotations where Debian's wordnet-base and unicode-cldr-core are installed (generated sentences elsewhere), code
points alone and between letters (every one with --lines 200000), emoji sequences, controls, long runs, added tokens in
odd places, random text.
"""
import argparse
import collections
import os
import random
import struct
import subprocess
import sys
import tempfile
import time

import tokenize_cleaning as cleaning
import tokenizers
import tokenize_pipelines as pipelines
import tokenize_texts as texts
from tokenizers import Tokenizer

Case = collections.namedtuple("Case", "first second limit strategy side stride decode")
STRATEGIES = ("longest_first", "only_first", "only_second")
SIDES = ("right", "left")


def make_cases(rng, count, added, points):
    """About `count` inputs; `points` is the share of code points to try, and of thousands that are alike."""
    glosses = texts.glosses(rng, count // 4)
    annotations, _ = texts.annotations(rng, count // 4)
    lines = glosses + annotations + list(texts.every_code_point(rng, *points)) + list(texts.long_runs(rng))
    lines += [texts.odd_text(rng, added) for _ in range(count // 4)] + [texts.random_utf8(rng) for _ in range(count // 16)]
    cases = [Case(line, None, 0, 0, 0, 0, rng.random() < 0.25) for line in lines]

    def some():
        return texts.odd_text(rng, added) if rng.random() < 0.5 else rng.choice(glosses + annotations)

    for _ in range(count // 16):
        limit, strategy = rng.choice((4, 5, 6, 7, 8, 12, 13, 32, 64, 77, 128)), rng.choice((0, 0, 1, 2))
        # A stride that leaves nothing of a window is refused here, and is a panic there.
        stride = rng.randrange(max(1, (limit - 4) // 2)) if strategy == 0 else 0
        cases.append(Case(some(), some(), 0, 0, 0, 0, True))
        cases.append(Case(some(), some(), limit, strategy, rng.randrange(2), stride, False))
        limit = rng.choice((2, 3, 4, 8, 16, 17, 32))
        cases.append(Case(some(), None, limit, rng.randrange(2), rng.randrange(2), rng.randrange(max(1, limit - 3)), False))
    return cases


def places(text, spans):
    """Spans in bytes as spans in code points."""
    raw = text.encode()
    if len(raw) == len(text):
        return spans
    before, count = [], 0
    for byte in raw:
        count += byte & 0xC0 != 0x80
        before.append(count - 1)
    before.append(count)
    return [(before[begin], before[end]) for begin, end in spans]


def of_encoding(e):
    """Without a post-processor Hugging Face forgets in truncation which text a token is of: see `compare`."""
    sequences = [-1 if special else sequence for special, sequence in zip(e.special_tokens_mask, e.sequence_ids)]
    return e.ids, e.type_ids, e.offsets, sequences


def expected_by_one(tokenizer, case):
    try:
        e = tokenizer.encode(case.first, case.second)
    except BaseException as error:  # Rust's panics are no Exceptions
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return []
    return [of_encoding(e)] + [of_encoding(o) for o in e.overflowing]


def expected_of(tokenizer, cases):
    """By Hugging Face: the windows of each case, none if it refuses, and the decoded texts."""
    answers = [None] * len(cases)
    plain = [i for i, case in enumerate(cases) if not case.limit]
    tokenizer.no_truncation()
    for begin in range(0, len(plain), 2000):
        part = plain[begin:begin + 2000]
        for i, e in zip(part, tokenizer.encode_batch([cases[i].first if cases[i].second is None else cases[i][:2] for i in part])):
            answers[i] = [of_encoding(e)]
    for i, case in enumerate(cases):
        if case.limit:
            try:
                tokenizer.enable_truncation(case.limit, stride=case.stride, strategy=STRATEGIES[case.strategy],
                                            direction=SIDES[case.side])
                answers[i] = expected_by_one(tokenizer, case)
            except ValueError:
                answers[i] = []
    tokenizer.no_truncation()
    decoded = [[tokenizer.decode(a[0][0], skip_special_tokens=skip) for skip in (False, True)] if case.decode and a and a[0][0] else None
               for case, a in zip(cases, answers)]
    return answers, decoded


def write_cases(cases, file):
    with open(file, "wb") as f:
        for c in cases:
            f.write(struct.pack("<6I", c.limit, c.strategy, c.side, c.stride, c.decode, c.second is not None))
            for text in (c.first, c.second):
                if text is not None:
                    raw = text.encode()
                    f.write(struct.pack("<I", len(raw)) + raw)


def read_windows(cases, file):
    """What the probe wrote, with offsets in code points."""
    with open(file, "rb") as f:
        data = f.read()
    at, answers, decoded = 0, [], []
    for case in cases:
        (number,), at = struct.unpack_from("<I", data, at), at + 4
        windows = []
        for _ in range(number):
            (count, _), at = struct.unpack_from("<2I", data, at), at + 8
            numbers = struct.unpack_from("<%di" % (5 * count), data, at)
            at += 20 * count
            ids, types, begins, ends, sequences = (list(numbers[i::5]) for i in range(5))
            spans = list(zip(begins, ends))
            if case.second is None:
                offsets = places(case.first, spans)
            else:
                both = places(case.first, [s if q == 0 else (0, 0) for s, q in zip(spans, sequences)]), \
                    places(case.second, [s if q == 1 else (0, 0) for s, q in zip(spans, sequences)])
                offsets = [both[q == 1][i] for i, q in enumerate(sequences)]
            windows.append((ids, types, offsets, sequences))
        answers.append(windows)
        texts_of = None
        if case.decode and number:
            texts_of = []
            for _ in range(2):
                (size,), at = struct.unpack_from("<I", data, at), at + 4
                texts_of.append(data[at:at + size].decode())
                at += size
        decoded.append(texts_of)
    assert at == len(data)
    return answers, decoded


def first_difference(expected, seen, names=("id", "type", "offsets", "sequence")):
    if len(expected) != len(seen):
        return "windows: expected %d, seen %d" % (len(expected), len(seen))
    for window, (theirs, mine) in enumerate(zip(expected, seen)):
        for name, a, b in zip(names, theirs, mine):
            if a != b:
                at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
                return "window %d, token %d, %s: expected %s, seen %s" % (window, at, name, a[at:at + 4], b[at:at + 4])
    return None


def compare(name, tokenizer, cases, probe, folder, show):
    written = pipelines.as_older_file(name, tokenizer.to_str())
    tokenizer = Tokenizer.from_str(written)  # added tokens are normalised anew, and scores are rounded when they are read
    file, inputs, out = (os.path.join(folder, part) for part in ("tokenizer.json", "inputs", "out"))
    start = time.time()
    expected, decoded = expected_of(tokenizer, cases)
    theirs = time.time() - start
    with open(file, "w", encoding="utf-8") as f:
        f.write(written)
    write_cases(cases, inputs)
    done = subprocess.run([probe, file, inputs, out], capture_output=True, text=True)
    if done.returncode != 0:
        print("%-20s the probe failed: %s" % (name, done.stderr.strip()))
        return 1
    seen, mine = read_windows(cases, out)
    knows_sequences = tokenizer.post_processor is not None
    wrong = 0
    for case, a, b, c, d in zip(cases, expected, seen, decoded, mine):
        forgetful = not knows_sequences and case.limit and case.second is not None
        difference = first_difference(a, b, ("id", "type", "offsets")) if forgetful else first_difference(a, b)
        if difference is None and c is not None and c != d:
            difference = "decoded: expected %s, seen %s" % (ascii(c)[:300], ascii(d)[:300])
        if difference is not None:
            wrong += 1
            if wrong <= show:
                print("   ", ascii(tuple(case))[:400], difference)
    windows = sum(len(a) for a in expected)
    print("%-20s %7d inputs %7d windows %9d tokens %7d decoded %5d mismatches   (sextant %s; Hugging Face %.1f s)"
          % (name, len(cases), windows, sum(len(w[0]) for a in expected for w in a), sum(d is not None for d in decoded), wrong,
             done.stdout.strip(), theirs), flush=True)
    return wrong


def main():
    everything = {**pipelines.FAMILIES, **pipelines.OTHERS}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True, help="the built tokenize_probe")
    parser.add_argument("--lines", type=int, default=1500, help="inputs per family's pipeline; others get a quarter, regexes a tenth")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--only", nargs="*", choices=[*everything, "cleaning"], help="these pipelines")
    parser.add_argument("--show", type=int, default=3, help="mismatches to print per pipeline")
    args = parser.parse_args()
    full = args.lines >= 200000
    print("seed", args.seed, "tokenizers", tokenizers.__version__)
    rng = random.Random(args.seed)
    annotations, languages = texts.annotations(rng, 4000)
    corpus = texts.glosses(rng, 6000 if full else 2500) + annotations + [texts.odd_text(rng, ["q"]) for _ in range(2000)]
    print("annotations in", languages, "languages")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in [n for n in args.only or everything if n != "cleaning"]:
            tokenizer = everything[name](corpus)
            if tokenizer is None:
                print("%-20s skipped: its Python package is not installed" % name)
                continue
            part = 1 if name in pipelines.FAMILIES else 0.1 if name.startswith(("regex", "split")) else 0.25
            # Alone, between letters and before a mark make three inputs for 32 code points.
            points = (1, 1) if full and part == 1 else (1, 0.05) if full else (min(1, args.lines * part / 20000), 0.001)
            added = [t.content for t in tokenizer.get_added_tokens_decoder().values()] or ["<none>"]
            cases = make_cases(rng, int(args.lines * part), added, points)
            wrong += compare(name, tokenizer, cases, args.probe, folder, args.show)
        if not args.only or "cleaning" in args.only:
            wrong += cleaning.compare(rng, args.lines, args.probe, folder, args.show)
    print("mismatches in all:", wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
