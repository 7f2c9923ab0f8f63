"""Cross-encoders of texts, as sentence-transformers runs them: one logit for a query and a document read together."""

import torch

import bundle
import texts
from families.sentence_transformer import Modules
from source import ExportError

ACTIVATIONS = {"Identity": "identity", "Sigmoid": "sigmoid"}


def load(source, options):
    from sentence_transformers import CrossEncoder
    prompts = {"query": options.query_prompt} if options.query_prompt is not None else None
    model = CrossEncoder(str(source.folder), device="cpu", prompts=prompts, default_prompt_name="query" if prompts else None,
                         model_kwargs={"attn_implementation": "eager", "dtype": torch.float32}).eval()
    steps = [type(step).__name__ for step in model]
    if not set(steps) <= {"Transformer", "Dense"}:
        raise ExportError(f"{source.name} scores with {', '.join(steps)}: a language model that is asked for yes or no. "
                          "Use a reranker that classifies, such as bge-reranker-v2-m3 or ms-marco-MiniLM")
    if model.num_labels != 1:
        raise ExportError(f"{source.name} tells {model.num_labels} classes apart and so has no score to rank by; use a "
                          "cross-encoder with one label")
    if type(model.activation_fn).__name__ not in ACTIVATIONS:
        raise ExportError(f"{source.name} ends with {model.activation_fn}; there are: {', '.join(ACTIVATIONS)}")
    return model


def write(source, folder, options, network, inputs, section, traced_with, goldens, **more):
    """The bundle of a cross-encoder whose parts are at hand; also of those that pair texts in their own way."""
    bundle.save_general_network(network, traced_with, folder / "pair.pt")
    bundle.write_manifest(folder, bundle.head(source, options) | {
        "kind": "cross-encoder", "dimensions": 1, "normalize": False, "score": bundle.score("logit"), "text": section,
        "networks": {"pair": {"file": "pair.pt", "inputs": inputs, "pooling": "none"}},
    } | more, {"pair": goldens})


def export(source, folder, options):
    model = load(source, options)
    first, tokenizer = model[0], model[0].tokenizer
    length = texts.longest(options, tokenizer, first.config)
    model.max_seq_length = length
    inputs = texts.inputs_of(tokenizer, first.model_forward_params)
    prompt = model.prompts.get(model.default_prompt_name) or ""
    section = texts.section(tokenizer, folder, length, query=prompt, pair=True)
    goldens = [{"text": query, "document": document,
                "input_ids": model.preprocess([(query, document)], prompt=prompt)["input_ids"][0].tolist(),
                "score": float(model.predict([(query, document)])[0])} for query, document in texts.GOLDEN_PAIRS]
    write(source, folder, options, Modules(list(model), inputs, "scores"), inputs, section,
          texts.examples(tokenizer, texts.GOLDEN_PAIRS, inputs, length), goldens,
          score=bundle.score("logit", activation=ACTIVATIONS[type(model.activation_fn).__name__]))
