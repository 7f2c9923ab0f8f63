"""Small tokenizers of the real classes, trained on the spot."""
import functools
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (BertTokenizerFast, DistilBertTokenizerFast, MPNetTokenizerFast, PreTrainedTokenizerFast,
                          RobertaTokenizerFast, T5TokenizerFast, XLMRobertaTokenizerFast)

from tokenize_texts import glosses

VOCABULARY = 1200
QUIET = {"show_progress": False, "vocab_size": VOCABULARY}


@functools.cache
def corpus():
    rng = random.Random(7)
    return glosses(rng, 1500) + ["Café crème, naïve façade — 東京 №5!", "\U0001F600 \U0001F6B2 straße İstanbul машина"] * 3


def trained(train):
    """Remembers what a function trains; each caller gets one of its own to change."""
    remembered = functools.cache(lambda *chosen: train(*chosen).to_str())
    return lambda *chosen: Tokenizer.from_str(remembered(*chosen))


@trained
def word_pieces(specials, lowercase):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator(corpus(), trainers.WordPieceTrainer(special_tokens=specials.split(), **QUIET))
    t.decoder = decoders.WordPiece()
    return t


def around(t, first, last, between, second_type):
    ids = [(token, t.token_to_id(token)) for token in {first, last}]
    t.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", pair=f"{first} $A {between} $B:{second_type} {last}:{second_type}", special_tokens=ids)
    return t


def bert(length, lowercase=True, kind=BertTokenizerFast):
    """With ColBERT's markers, as every vocabulary of BERT has them."""
    t = word_pieces("[PAD] [unused0] [unused1] [UNK] [CLS] [SEP] [MASK]", lowercase)
    around(t, "[CLS]", "[SEP]", "[SEP]", 1)
    return kind(tokenizer_object=t, do_lower_case=lowercase, model_max_length=length)


def distilbert(length):
    return bert(length, kind=DistilBertTokenizerFast)


def mpnet(length):
    t = word_pieces("<s> <pad> </s> [UNK]", True)
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    around(t, "<s>", "</s>", "</s> </s>", 0)
    return MPNetTokenizerFast(tokenizer_object=t, model_max_length=length, unk_token="[UNK]")


@trained
def byte_level(specials):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.train_from_iterator(corpus(), trainers.BpeTrainer(
        special_tokens=specials.split(), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **QUIET))
    t.decoder = decoders.ByteLevel()
    return t


def roberta(length):
    t = byte_level("<s> <pad> </s> <unk>")
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return RobertaTokenizerFast(tokenizer_object=t, model_max_length=length)


def qwen(length):
    """As Qwen3-Embedding's: nothing before a text, the end marked behind it, padding on the left."""
    t = byte_level("<|endoftext|> <|im_start|>")
    t.normalizer = normalizers.NFC()
    t.post_processor = processors.TemplateProcessing(single="$A <|endoftext|>", pair="$A $B <|endoftext|>",
                                                     special_tokens=[("<|endoftext|>", 0)])
    return PreTrainedTokenizerFast(tokenizer_object=t, model_max_length=length, pad_token="<|endoftext|>", eos_token="<|endoftext|>",
                                   padding_side="left", model_input_names=["input_ids", "attention_mask"])


def t5(length):
    t = unigram()
    t.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 2)])
    return T5TokenizerFast(tokenizer_object=t, model_max_length=length, extra_ids=0)


def gemma(length):
    t = unigram()
    around(t, "<s>", "</s>", "</s>", 0)
    return PreTrainedTokenizerFast(tokenizer_object=t, model_max_length=length, pad_token="<pad>", bos_token="<s>", eos_token="</s>",
                                   unk_token="<unk>", model_input_names=["input_ids", "attention_mask"])


def modernbert(length):
    t = byte_level("[PAD] [UNK] [CLS] [SEP] [MASK]")
    t.normalizer = normalizers.NFC()
    around(t, "[CLS]", "[SEP]", "[SEP]", 0)
    return PreTrainedTokenizerFast(tokenizer_object=t, model_max_length=length, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
                                   sep_token="[SEP]", mask_token="[MASK]", model_input_names=["input_ids", "attention_mask"])


@trained
def unigram():
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.train_from_iterator(corpus(), trainers.UnigramTrainer(special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>", **QUIET))
    t.decoder = decoders.Metaspace()
    return t


def xlm_roberta(length):
    t = unigram()
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    around(t, "<s>", "</s>", "</s> </s>", 0)
    return XLMRobertaTokenizerFast(tokenizer_object=t, model_max_length=length)
