"""Small tokenizers of the real classes, trained here, for models of random weights. Each function writes what a checkpoint
of its family has into a folder, or returns the tokenizer that writes it by save_pretrained."""
import io
import pathlib
import random

import sentencepiece
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from tokenize_texts import annotations, glosses

BLANK = "\u2581"
ALPHABET = pre_tokenizers.ByteLevel.alphabet


def corpus(count=3000, seed=7):
    rng = random.Random(seed)
    return glosses(rng, count) + annotations(rng, count // 4)[0]


def trained(tokenizer, trainer):
    tokenizer.train_from_iterator(corpus(), trainer)
    return tokenizer


def word_piece(folder, size=2000, extra=()):
    """BertTokenizerFast."""
    folder.mkdir(parents=True, exist_ok=True)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    trained(made, trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False, limit_alphabet=300))
    words = sorted(made.get_vocab(), key=made.get_vocab().get)
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    tokenizer = transformers.BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=512)
    tokenizer.add_special_tokens({"additional_special_tokens": list(extra)})
    return tokenizer


def bpe_files(folder, made):
    """vocab.json and merges.txt, which the classes of CLIP and Qwen read."""
    folder.mkdir(parents=True, exist_ok=True)
    made.model.save(str(folder))
    return {"vocab_file": str(folder / "vocab.json"), "merges_file": str(folder / "merges.txt")}


def clip(folder, size=2000, pad_token="<|endoftext|>"):
    """CLIPTokenizerFast."""
    made = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    split = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+")
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(split, "removed", invert=True),
                                                  pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    letters = sorted(ALPHABET())
    trainer = trainers.BpeTrainer(vocab_size=size, end_of_word_suffix="</w>", initial_alphabet=letters, show_progress=False,
                                  special_tokens=[*letters, *(c + "</w>" for c in letters)])
    trained(made, trainer)
    made = Tokenizer(models.BPE(vocab=made.get_vocab() | {"<|startoftext|>": made.get_vocab_size(), "<|endoftext|>": made.get_vocab_size() + 1},
                                merges=merges_of(made), end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    return transformers.CLIPTokenizerFast(**bpe_files(folder, made), model_max_length=77, pad_token=pad_token)


def merges_of(made):
    import json
    return [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in json.loads(made.to_str())["model"]["merges"]]


def qwen2(folder, size=2000, extra=()):
    """Qwen2TokenizerFast."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained(made, trainers.BpeTrainer(vocab_size=size, initial_alphabet=ALPHABET(), show_progress=False))
    tokenizer = transformers.Qwen2TokenizerFast(**bpe_files(folder, made), model_max_length=4096)
    tokenizer.add_special_tokens({"additional_special_tokens": list(extra)})
    return tokenizer


def piece_model(folder, **how):
    """A SentencePiece model, as bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(corpus()), model_writer=made, num_threads=1, minloglevel=2,
                                             character_coverage=0.98, **how)
    path = folder / "trained.model"
    path.write_bytes(made.getvalue())
    return path


def siglip(folder, size=1500):
    """SiglipTokenizer: unigram, padded with its end; its input is ids alone, as in the published checkpoints."""
    path = piece_model(folder, vocab_size=size, model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    return transformers.SiglipTokenizer(str(path), model_max_length=64, model_input_names=["input_ids"])


def gemma(folder, size=1500, max_length=64, **how):
    """GemmaTokenizerFast: BPE with byte fallback."""
    path = piece_model(folder, vocab_size=size, model_type="bpe", pad_id=0, eos_id=1, bos_id=2, unk_id=3, byte_fallback=True,
                       normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False,
                       pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>", split_digits=True)
    how = {"add_bos_token": False, "add_eos_token": True, "padding_side": "right", **how}
    return transformers.GemmaTokenizerFast(str(path), model_max_length=max_length, **how)
