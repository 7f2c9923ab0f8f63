"""Compares sextant with the Python package `sentencepiece` on `.model` files trained here, and what sextant makes of
SentencePiece's charsmaps with what Hugging Face `tokenizers` makes of them, grapheme by grapheme.

    python tests/parity/parity_sentence_piece.py --probe BUILD/tests/parity/tokenize_probe [--lines 200000] [--seed N]

Prints one line per model and exits with 1 if an id, an offset or a decoded text differs.
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile
import unicodedata

import parity_tokenize as parity
import sentencepiece
import tokenize_texts as texts
import tokenizers
from tokenizers import Tokenizer, models, normalizers

SYMBOLS = ["<sep>", "foo", "foobar", "\u2581x", "e\u0301", "  ", "A\u00ADB"]
CONTROLS = ["<ctl>", "\u00A4"]
# Written like pieces that text never becomes.
SYMBOL_LINES = ["<s>", "</s>", "<unk>", "<s> a", "a <s>", "<s><s>", "<s> <s>", "\u2581<s>", "<s>\u2581a", "<ctl>", "a <ctl> b", "<ctl> <s> x",
                "\u00A4", "a\u00A4b", "\u00A4\u00A4 a", "x \u00A4 y", "<s> <unk> <ctl> q", "<0x41>", "<0x41> a", "<unk> <unk>"]
MODELS = {
    "unigram": dict(model_type="unigram"),
    "unigram bytes": dict(model_type="unigram", byte_fallback=True, user_defined_symbols=SYMBOLS),
    "unigram suffix": dict(model_type="unigram", treat_whitespace_as_suffix=True, normalization_rule_name="nmt_nfkc_cf"),
    "unigram plain": dict(model_type="unigram", normalization_rule_name="identity", remove_extra_whitespaces=False,
                          add_dummy_prefix=False, byte_fallback=True),
    "bpe": dict(model_type="bpe", user_defined_symbols=SYMBOLS),
    "bpe bytes": dict(model_type="bpe", byte_fallback=True, control_symbols=CONTROLS),
    "bpe plain": dict(model_type="bpe", normalization_rule_name="identity", remove_extra_whitespaces=False,
                      split_digits=True, byte_fallback=True, user_defined_symbols=SYMBOLS),
    "bpe not escaped": dict(model_type="bpe", normalization_rule_name="nfkc", remove_extra_whitespaces=False, add_dummy_prefix=False,
                            control_symbols=CONTROLS),
    "word": dict(model_type="word", user_defined_symbols=SYMBOLS[:3]),
    "word plain": dict(model_type="word", control_symbols=CONTROLS, add_dummy_prefix=False),
    "word suffix": dict(model_type="word", control_symbols=CONTROLS, treat_whitespace_as_suffix=True),
    "word bytes": dict(model_type="word", control_symbols=CONTROLS, add_dummy_prefix=False, byte_fallback=True),
    "character": dict(model_type="char", byte_fallback=True, user_defined_symbols=SYMBOLS),
    "character plain": dict(model_type="char", control_symbols=CONTROLS, add_dummy_prefix=False),
}


def train(corpus, folder, **options):
    file, prefix = os.path.join(folder, "corpus"), os.path.join(folder, "model")
    with open(file, "w", encoding="utf-8") as f:
        f.write("\n".join(line.replace("\n", " ") for line in corpus if line.strip() and "\0" not in line))
    sentencepiece.SentencePieceTrainer.train(**{**dict(
        input=file, model_prefix=prefix, vocab_size=4000, hard_vocab_limit=False, minloglevel=2, num_threads=1,
        max_sentence_length=1 << 20, character_coverage=0.9995), **options})
    return prefix + ".model"


def fields(message):
    """The fields of a Protocol Buffers message that hold bytes, with their numbers."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            at += 1
            value |= (message[at - 1] & 0x7F) << shift
            shift += 7
            if message[at - 1] < 0x80:
                return value

    while at < len(message):
        tag = number()
        if tag & 7 == 2:
            size = number()
            yield tag >> 3, message[at:at + size]
            at += size
        elif tag & 7 == 0:
            number()
        else:
            at += {1: 8, 5: 4}[tag & 7]


def charsmap_of(model_file):
    with open(model_file, "rb") as f:
        normalizer = dict(fields(f.read()))[3]
    return dict(fields(normalizer))[2]


def cases_of(lines):
    return [parity.Case(line, None, 0, 0, 0, 0, i % 4 == 0) for i, line in enumerate(lines)]


def run(probe, model, cases, folder):
    inputs, out = os.path.join(folder, "inputs"), os.path.join(folder, "out")
    parity.write_cases(cases, inputs)
    done = subprocess.run([probe, model, inputs, out], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("the probe failed: " + done.stderr)
    return parity.read_windows(cases, out)


def compare(name, model, lines, probe, folder, show):
    original = sentencepiece.SentencePieceProcessor(model_file=model)
    cases = cases_of(lines)
    seen, decoded = run(probe, model, cases, folder)
    wrong = tokens = 0
    for case, windows, texts_of in zip(cases, seen, decoded):
        answer = original.encode(case.first, return_type="offset_mapping")
        expected = answer["ids"], answer["offsets"]
        tokens += len(expected[0])
        mine = (windows[0][0], windows[0][2]) if windows else None
        difference = None if expected == mine else (expected, mine)
        if difference is None and texts_of and texts_of[0] != original.decode(expected[0]):
            difference = original.decode(expected[0]), texts_of[0]
        if difference:
            wrong += 1
            if wrong <= show:
                print("   ", ascii(case.first)[:200], "\n     expected", ascii(difference[0])[:600], "\n     seen    ", ascii(difference[1])[:600])
    print("%-20s %7d inputs %9d tokens %5d mismatches" % (name, len(cases), tokens, wrong), flush=True)
    return wrong


MARK, OTHER_MARK, PICTURE, LEAD, VOWEL, TAIL, PREPENDED, LETTER, LINKER, JOINER = (
    "\u0301", "\u0300", "\u00A9", "\u1100", "\u1161", "\u11A8", "\u0600", "\u0915", "\u094D", "\u200D")
# A grapheme of less than six bytes that begins with one of these becomes what stands here, and the rest of it is lost.
RULES = {"a": "1", MARK: "2", OTHER_MARK: "33", PICTURE: "4", LEAD: "5", VOWEL: "6", TAIL: "7", PREPENDED: "8", LETTER: "9",
         "\u00AD": "", "\u200B": "", "\u00E9": "e2\u20AC", "\uFDFA": "a long replacement", "\r\n": "n", "e\u0301": "E", "\U0001F600": ":)"}


def around(c):
    """What tells the class of a code point: whether a mark behind it, or behind what follows it, is lost."""
    return ["a" + c, PREPENDED + c, c + PICTURE + MARK, c + MARK + OTHER_MARK, c + JOINER + PICTURE + MARK,
            PICTURE + c + JOINER + PICTURE + MARK, c + VOWEL + MARK, c + TAIL + MARK, LEAD + c + TAIL + MARK,
            c + LINKER + LETTER + MARK, LETTER + c + LETTER + MARK, LETTER + c + LINKER + LETTER + MARK]


def grapheme_lines(rng, count):
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    telling = [c for c in points if unicodedata.category(c) in ("Mn", "Mc", "Me", "Cf", "Cc", "So", "Sk") or "\u1100" <= c <= "\u11FF"
               or "\u0900" <= c <= "\u0DFF" or "\uA960" <= c <= "\uA97F" or "\uD7B0" <= c <= "\uD7FF" or "\U000E0000" <= c <= "\U000E1000"]
    chosen = points if count >= 200000 else rng.sample(telling, min(len(telling), count)) + rng.sample(points, count)
    items = [item for c in chosen for item in around(c)]
    pool = [*RULES, LINKER, JOINER, "\u0903", "\uAC00", "\uAC01", "\U0001F1E9", "\U0001F3FD", "\uFE0F", "\u200C", " ", "b", "\n", "\r"]
    items += ["".join(rng.choice(pool) if rng.random() < 0.8 else rng.choice(telling) for _ in range(rng.randint(1, 12)))
              for _ in range(count)]
    return ["\n".join(items[i:i + 24]) for i in range(0, len(items), 24)] + items[-count:]


def graphemes(rng, count, probe, folder, show):
    tsv = os.path.join(folder, "rules.tsv")
    with open(tsv, "w", encoding="ascii") as f:
        for key, value in RULES.items():
            f.write(" ".join("%X" % ord(c) for c in key) + "\t" + " ".join("%X" % ord(c) for c in value) + "\n")
    model = train(["some words to learn from"] * 3, folder, model_type="char", vocab_size=30, normalization_rule_tsv=tsv)
    alphabet = {chr(c): i for i, c in enumerate(c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF)}
    tokenizer = Tokenizer(models.BPE(vocab=alphabet, merges=[]))
    tokenizer.normalizer = normalizers.Precompiled(charsmap_of(model))
    return parity.compare("graphemes", tokenizer, cases_of(grapheme_lines(rng, count)), probe, folder, show)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True, help="the built tokenize_probe")
    parser.add_argument("--lines", type=int, default=4000, help="inputs per model")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--only", nargs="*", choices=[*MODELS, "graphemes"])
    parser.add_argument("--show", type=int, default=3, help="mismatches to print per model")
    args = parser.parse_args()
    print("seed", args.seed, "sentencepiece", sentencepiece.__version__, "tokenizers", tokenizers.__version__)
    rng = random.Random(args.seed)
    annotations, _ = texts.annotations(rng, args.lines // 4)
    lines = texts.glosses(rng, args.lines // 2) + annotations + list(texts.long_runs(rng))
    lines += [texts.odd_text(rng, SYMBOLS) for _ in range(args.lines // 4)] + [texts.random_utf8(rng) for _ in range(args.lines // 8)]
    lines += list(texts.every_code_point(rng, *((1, 1) if args.lines >= 200000 else (0.2, 0.001))))
    lines += SYMBOL_LINES
    corpus = texts.glosses(rng, 1500) + annotations[:500]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, options in MODELS.items():
            if args.only is None or name in args.only:
                wrong += compare(name, train(corpus, folder, **options), lines, args.probe, folder, args.show)
        if args.only is None or "graphemes" in args.only:
            wrong += graphemes(rng, args.lines, args.probe, folder, args.show)
    print("mismatches in all:", wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
