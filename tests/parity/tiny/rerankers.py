"""Cross-encoders of sentence-transformers, and BGE's rerankers as FlagEmbedding runs them."""
import numpy as np
import torch
from sentence_transformers import CrossEncoder
from transformers import (AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertForSequenceClassification,
                          ElectraConfig, ElectraForSequenceClassification, ElectraTokenizerFast, ModernBertConfig,
                          ModernBertForSequenceClassification, RobertaConfig, RobertaForSequenceClassification, XLMRobertaConfig,
                          XLMRobertaForSequenceClassification)

from tiny import tokens
from tiny.case import Case, seeded, spread
from tiny.sentence_encoders import LENGTH, ROBERTA_POSITIONS, SMALL, saved

IDENTITY = {"sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity", "version": "5.0.0"}}


def bert(folder, **more):
    seeded(11)
    tokenizer = tokens.bert(LENGTH)
    saved(folder, tokenizer, BertForSequenceClassification(BertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=64, **SMALL | {"num_labels": 1} | more)))


def electra(folder):
    seeded(12)
    tokenizer = tokens.bert(LENGTH, kind=ElectraTokenizerFast)
    saved(folder, tokenizer, ElectraForSequenceClassification(ElectraConfig(
        vocab_size=len(tokenizer), embedding_size=16, max_position_embeddings=64, num_labels=1, **SMALL)))


def roberta(folder):
    seeded(13)
    tokenizer = tokens.roberta(LENGTH)
    saved(folder, tokenizer, RobertaForSequenceClassification(RobertaConfig(
        vocab_size=len(tokenizer), num_labels=1, **SMALL | ROBERTA_POSITIONS)))


def modernbert(folder):
    seeded(14)
    tokenizer = tokens.modernbert(LENGTH)
    saved(folder, tokenizer, ModernBertForSequenceClassification(ModernBertConfig(
        vocab_size=len(tokenizer), local_attention=8, global_attn_every_n_layers=2, reference_compile=False, num_labels=1,
        classifier_pooling="mean", pad_token_id=tokenizer.pad_token_id, **SMALL)))


def xlm_roberta(folder, name, positions, **more):
    """`_name_or_path` is what config.json remembers of a model that was fetched and saved again."""
    seeded(15)
    tokenizer = tokens.xlm_roberta(positions)
    config = XLMRobertaConfig(vocab_size=len(tokenizer), num_labels=1, **SMALL | ROBERTA_POSITIONS | {
        "max_position_embeddings": positions + 2} | more)
    saved(folder / name, tokenizer, XLMRobertaForSequenceClassification(config))


def cross_encoder(folder):
    model = CrossEncoder(str(folder), device="cpu")
    return lambda _, pairs: {"scores": model.predict(pairs)}


def flag_reranker(length):
    """FlagEmbedding's BaseReranker.compute_score (inference/reranker/encoder_only/base.py) out of transformers' classes;
    the package itself is not installed."""
    def original(folder):
        folder = next(folder.iterdir())
        tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSequenceClassification.from_pretrained(folder).eval()

        def score(_, pairs):
            scores = []
            for query, passage in pairs:
                q = tokenizer(query, add_special_tokens=False, max_length=length * 3 // 4, truncation=True)["input_ids"]
                p = tokenizer(passage, add_special_tokens=False, max_length=length, truncation=True)["input_ids"]
                item = tokenizer.prepare_for_model(q, p, truncation="only_second", max_length=length, padding=False)
                with torch.no_grad():
                    scores.append(model(**tokenizer.pad([item], return_tensors="pt"), return_dict=True).logits.view(-1).item())
            return {"scores": np.array(scores, dtype=np.float32)}
        return score
    return original


CASES = [
    Case("cross-encoder", configuration, make, cross_encoder, ("pairs",)) for configuration, make in (
        ("BERT, sigmoid", bert),
        ("BERT as MiniLM, identity from config.json", lambda f: bert(f, hidden_size=24, **IDENTITY)),
        ("ELECTRA", electra),
        ("RoBERTa", roberta),
        ("ModernBERT, mean", modernbert),
    )
] + [
    Case("bge-reranker", "XLM-R, 512 tokens (v1)", lambda f: xlm_roberta(f, "bge-reranker-base", 512), flag_reranker(512), ("pairs",),
         model="bge-reranker-base"),
    Case("bge-reranker", "XLM-R, 40 of 1024 tokens (v2-m3)", lambda f: xlm_roberta(f, "bge-reranker-v2-m3", 1024, num_hidden_layers=3),
         flag_reranker(40), ("pairs",), {"max_length": 40}, "bge-reranker-v2-m3"),
]
