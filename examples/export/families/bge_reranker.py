"""BGE's rerankers, v1 (XLM-R base and large) and v2-m3, as FlagEmbedding runs them: the query is cut to three quarters of
the length, then the document to what is left; the logit is the score."""

import torch

import texts
from families import cross_encoder
from source import ExportError

MAX_LENGTH = 512  # FlagEmbedding's default; the networks can read more: --max-length


def tensors(tokenizer, pairs, inputs, length):
    """FlagEmbedding's pairs: both texts are tokenized alone, cut, and their ids joined."""
    joined = []
    for query, document in pairs:
        alone = {"add_special_tokens": False, "truncation": True}
        query = tokenizer(query, max_length=length * 3 // 4, **alone)["input_ids"]
        document = tokenizer(document, max_length=length, **alone)["input_ids"]
        joined.append(tokenizer.prepare_for_model(query, document, truncation="only_second", max_length=length))
    made = tokenizer.pad(joined, return_tensors="pt")
    return tuple(made[name] for name in inputs)


def export(source, folder, options):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(source.folder)
    model = AutoModelForSequenceClassification.from_pretrained(
        source.folder, attn_implementation="eager", dtype=torch.float32).eval()
    if model.config.num_labels != 1:
        raise ExportError(f"{source.name} has {model.config.num_labels} labels; a reranker of BGE has 1")
    length = texts.longest(options, tokenizer, model.config, usual=MAX_LENGTH)
    inputs = texts.inputs_of(tokenizer, ("input_ids", "attention_mask"))
    network = texts.Positional(model, inputs, lambda result: result.logits.reshape(-1))
    prompt, goldens = options.query_prompt or "", []
    for query, document in texts.GOLDEN_PAIRS:
        made = tensors(tokenizer, [(prompt + query, document)], inputs, length)
        with torch.no_grad():
            goldens.append({"text": query, "document": document, "input_ids": made[0][0].tolist(), "score": float(network(*made))})
    traced_with = [tensors(tokenizer, texts.GOLDEN_PAIRS[rows], inputs, length)
                   for rows in (slice(3), slice(1), slice(1, 3), slice(4))]
    cross_encoder.write(source, folder, options, network, inputs,
                        texts.section(tokenizer, folder, length, query=prompt, pair=True), traced_with, goldens,
                        pair={"query_max_length": length * 3 // 4, "truncation": "only_second"})
