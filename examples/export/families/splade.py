"""SPLADE and its kin, as sentence-transformers' SparseEncoder runs them: a weight for each word of the vocabulary. Queries may
have a table of weights of their own in place of a network, as in OpenSearch's neural sparse models."""

import torch

import bundle
import texts
from families.sentence_transformer import Modules, prompts_of
from source import ExportError

KNOWN = (["Transformer", "SpladePooling"], ["MLMTransformer", "SpladePooling"])


def load(source, options):
    """The model, the modules of its documents, and the module of its queries, None if they run as documents do."""
    from sentence_transformers import SparseEncoder
    model = SparseEncoder(str(source.folder), device="cpu", prompts=texts.chosen_prompts(options),
                          model_kwargs={"attn_implementation": "eager", "dtype": torch.float32}).eval()
    steps, queries = list(model), None
    if len(steps) == 1 and type(steps[0]).__name__ == "Router" and not steps[0].route_mappings:
        routes = {route: list(modules) for route, modules in steps[0].sub_modules.items()}
        if set(routes) == {"query", "document"} and [type(step).__name__ for step in routes["query"]] == ["SparseStaticEmbedding"]:
            steps, queries = routes["document"], routes["query"][0]
    names = [type(step).__name__ for step in steps]
    if names not in KNOWN:
        raise ExportError(f"{source.name} is made of {', '.join(names)}; known are a masked language model with SpladePooling, and "
                          "a Router between it and a SparseStaticEmbedding for queries")
    return model, steps, queries


def golden(model, text, query=False):
    prompt, encode = prompts_of(model)[0 if query else 1], model.encode_query if query else model.encode_document
    row = encode(text, convert_to_tensor=True).to_dense()
    made = model.preprocess([text], prompt=prompt, task="query" if query else "document")
    return {"text": text, "query": query, "input_ids": made["input_ids"][0].tolist(),
            "sparse": bundle.weights({int(i): float(row[i]) for i in row.nonzero()[:, 0]})}


def export(source, folder, options):
    model, steps, queries = load(source, options)
    first, tokenizer = steps[0], steps[0].tokenizer
    length = texts.longest(options, tokenizer, first.config)
    first.max_seq_length = length
    query, document = prompts_of(model)
    inputs = texts.inputs_of(tokenizer, first.model_forward_params)
    sections = {"text": texts.section(tokenizer, folder, length, query, document)}
    networks = {"text": {"file": "text.pt", "inputs": inputs, "pooling": "none", "outputs": ["sparse"]}}
    goldens = [golden(model, text, "query" in more) for text, _, more in texts.asked(sections["text"]["prompts"])]
    size = model.get_embedding_dimension()
    bundle.save_general_network(Modules(steps, inputs, "sentence_embedding"),
                                texts.examples(tokenizer, texts.GOLDEN_TEXTS, inputs, length), folder / "text.pt")
    if queries is not None:
        inputs = ["input_ids", "attention_mask"]
        sections["text_query"] = texts.section(queries.tokenizer, folder, texts.longest(options, queries.tokenizer, first.config), query,
                                               document, file="tokenizer-query.json", single="$A")
        networks["text_query"] = networks["text"] | {"file": "text_query.pt", "inputs": inputs}
        made = texts.examples(queries.tokenizer, texts.GOLDEN_TEXTS, inputs, length, add_special_tokens=False)
        bundle.save_general_network(Modules([queries], inputs, "sentence_embedding"), made, folder / "text_query.pt")
        goldens = [row for row in goldens if not row["query"]] + [golden(model, text, True) for text in texts.GOLDEN_TEXTS if text]
    bundle.write_manifest(folder, bundle.head(source, options) | sections | {
        "kind": "dual-encoder", "dimensions": 0, "normalize": False, "score": bundle.score("dot"),
        "sparse": {"form": "vocabulary", "size": size}, "networks": networks,
    }, {"text": goldens})
