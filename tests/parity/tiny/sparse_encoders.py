"""SPLADE and its kin, as sentence-transformers' SparseEncoder runs them."""
import torch
from sentence_transformers import SparseEncoder
from sentence_transformers.sparse_encoder.modules import Router, SparseStaticEmbedding, SpladePooling, Transformer
from transformers import BertConfig, BertForMaskedLM, DistilBertConfig, DistilBertForMaskedLM

from tiny import tokens
from tiny.case import Case, seeded
from tiny.sentence_encoders import LENGTH, SMALL, saved


def bert(folder):
    """As naver's first checkpoints: the masked language model alone, known by its name."""
    seeded(31)
    tokenizer = tokens.bert(LENGTH)
    saved(folder / "splade-tiny", tokenizer, BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **SMALL)))


def masked_language_model(folder):
    seeded(32)
    tokenizer = tokens.distilbert(LENGTH)
    saved(folder, tokenizer, DistilBertForMaskedLM(DistilBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=64, dim=32, n_layers=2, n_heads=4, hidden_dim=64)))
    return Transformer(str(folder), transformer_task="fill-mask", max_seq_length=LENGTH)


def distilbert(folder):
    steps = [masked_language_model(folder / "plain"), SpladePooling("sum", activation_function="log1p_relu")]
    SparseEncoder(modules=steps, device="cpu").save(str(folder))


def with_a_table_for_queries(folder):
    """As OpenSearch's neural sparse models, whose queries need no network."""
    documents = masked_language_model(folder / "plain")
    queries = SparseStaticEmbedding(documents.tokenizer, torch.rand(len(documents.tokenizer)))
    router = Router.for_query_document([queries], [documents, SpladePooling("max", activation_function="log1p_relu")])
    SparseEncoder(modules=[router], device="cpu").save(str(folder))


def sparse_encoder(folder):
    model = SparseEncoder(str(folder), device="cpu")

    def encode(kind, texts):
        rows = (model.encode_query if kind == "queries" else model.encode_document)(texts, convert_to_sparse_tensor=False)
        return {"sparse": [{int(i): float(row[i]) for i in row.nonzero()[:, 0]} for row in rows]}
    return encode


CASES = [
    Case("splade", "BERT, max, by its name", bert, lambda f: sparse_encoder(f / "splade-tiny"), model="splade-tiny"),
    Case("splade", "DistilBERT, sum, log1p twice", distilbert, sparse_encoder),
    Case("splade", "DistilBERT, max, a table for queries", with_a_table_for_queries, sparse_encoder),
]
