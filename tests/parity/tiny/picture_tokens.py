"""Small tokenizers of the classes that models of pictures bring, trained on the spot."""
import functools
import io
import json
import pathlib
import tempfile

import sentencepiece
import transformers
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from tiny import tokens

LETTERS = sorted(pre_tokenizers.ByteLevel.alphabet())


def bert(length, *extra):
    tokenizer = tokens.bert(length)
    tokenizer.add_special_tokens({"additional_special_tokens": list(extra)})
    return tokenizer


def from_files(kind, made, **how):
    """A class that reads vocab.json and merges.txt."""
    with tempfile.TemporaryDirectory() as folder:
        made.model.save(folder)
        files = pathlib.Path(folder)
        return kind(str(files / "vocab.json"), str(files / "merges.txt"), **how)


@functools.cache
def words_of_clip():
    """CLIP's BPE without its two marks, which its vocabulary has at the end."""
    made = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    split = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+")
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(split, "removed", invert=True),
                                                  pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    made.train_from_iterator(tokens.corpus(), trainers.BpeTrainer(
        vocab_size=1600, end_of_word_suffix="</w>", show_progress=False, special_tokens=[*LETTERS, *(c + "</w>" for c in LETTERS)]))
    return made


def clip(pad_token="<|endoftext|>"):
    made = words_of_clip()
    size, merges = made.get_vocab_size(), json.loads(made.to_str())["model"]["merges"]
    vocabulary = made.get_vocab() | {"<|startoftext|>": size, "<|endoftext|>": size + 1}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[tuple(pair) for pair in merges], end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    return from_files(transformers.CLIPTokenizerFast, made, model_max_length=77, pad_token=pad_token)


@functools.cache
def words_of_qwen2():
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.train_from_iterator(tokens.corpus(), trainers.BpeTrainer(vocab_size=1600, initial_alphabet=LETTERS, show_progress=False))
    return made


def qwen2(*extra):
    tokenizer = from_files(transformers.Qwen2TokenizerFast, words_of_qwen2(), model_max_length=4096)
    tokenizer.add_special_tokens({"additional_special_tokens": list(extra)})
    return tokenizer


@functools.cache
def piece_model(**how):
    """A SentencePiece model, as bytes."""
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(tokens.corpus()), model_writer=made, num_threads=1, minloglevel=2,
                                             vocab_size=1600, character_coverage=0.98, **how)
    return made.getvalue()


def unigram(folder):
    """As c4_en's: padding and end are the first."""
    path = folder / "trained.model"
    path.write_bytes(piece_model(model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1))
    return str(path)


def siglip(folder, length):
    """Padded with its end; its only input are ids, as in the published checkpoints."""
    return transformers.SiglipTokenizer(unigram(folder), model_max_length=length, model_input_names=["input_ids"])


def gemma(folder, length, **how):
    """BPE with byte fallback."""
    path = folder / "trained.model"
    path.write_bytes(piece_model(
        model_type="bpe", pad_id=0, eos_id=1, bos_id=2, unk_id=3, byte_fallback=True, normalization_rule_name="identity", add_dummy_prefix=False,
        remove_extra_whitespaces=False, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>", split_digits=True))
    how = {"add_bos_token": False, "add_eos_token": True, "padding_side": "right", **how}
    return transformers.GemmaTokenizerFast(str(path), model_max_length=length, **how)
