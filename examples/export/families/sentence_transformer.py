"""Any sentence-transformers model of texts: a transformer, pooling, dense layers, normalisation. Where the manifest has the
pooling, the network returns its tokens; else the modules of sentence-transformers themselves are traced."""

import sys

import torch

import bundle
import texts
from source import ExportError

MODULES = {"Transformer", "Pooling", "Dense", "LayerNorm", "Normalize", "Dropout"}
POOLINGS = {"mean": "mean", "cls": "cls", "lasttoken": "last_token"}  # theirs, and the manifest's
METRICS = {"cosine": "cosine", "dot": "dot", "euclidean": "l2"}


class Modules(torch.nn.Module):
    """Modules of sentence-transformers, which hand a dictionary on, as a function of tensors in a fixed order."""

    def __init__(self, modules, inputs, result, dimensions=None):
        super().__init__()
        self.steps, self.inputs, self.result, self.dimensions = torch.nn.ModuleList(modules), inputs, result, dimensions

    def forward(self, *tensors):
        features = dict(zip(self.inputs, tensors))
        for step in self.steps:
            features = step(features)
        return features[self.result][..., :self.dimensions]


def load(source, options):
    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer(str(source.folder), device="cpu", truncate_dim=options.truncate_dim,
                                prompts=texts.chosen_prompts(options),
                                model_kwargs={"attn_implementation": "eager", "dtype": torch.float32}).eval()
    if options.pooling is not None:
        poolings = [step for step in model if type(step).__name__ == "Pooling"]
        if len(poolings) != 1 or options.pooling not in poolings[0].POOLING_MODES:
            raise ExportError(f"--pooling {options.pooling}: there are {', '.join(poolings[0].POOLING_MODES)}" if poolings
                              else "--pooling: the model has no pooling that could be chosen")
        poolings[0].pooling_mode = options.pooling
    return model


def dimensions(model):
    """Of the model's vectors, all of them."""
    sizes = [step.get_embedding_dimension() for step in model if hasattr(step, "get_embedding_dimension")]
    return next(size for size in reversed(sizes) if size)


def refuse(source, model, options, prompts):
    if options.truncate_dim is not None and options.truncate_dim > (whole := dimensions(model)):
        raise ExportError(f"--truncate-dim {options.truncate_dim}: the model has {whole} dimensions, of which 1 to {whole} can be kept")
    if not any(type(step).__name__ == "Pooling" for step in model):
        raise ExportError(f"{source.name} has no Pooling among its modules ({', '.join(type(step).__name__ for step in model)}), which "
                          "makes one vector of those of a text's tokens; use a model that pools, or ColBERT's own checkpoints (--family colbert)")
    for step in model:
        name = type(step).__name__
        if name not in MODULES:
            raise ExportError(f"{source.name} has a module {name}, which is not known here; there are: {', '.join(sorted(MODULES))}")
        if name == "Pooling" and not step.include_prompt and any(prompts):
            raise ExportError(f"{source.name} leaves its prompts out of the pooling (include_prompt is false), so its "
                              "vectors depend on how long a prompt is; use a model that pools its prompts, or export it "
                              "without prompts: --query-prompt '' --document-prompt ''")
    if model[0].tokenizer is None or "text" not in model[0].modalities or "message" in model[0].modalities:
        raise ExportError(f"{source.name} does not read plain texts but {model[0].modalities}; "
                          "use a model of texts, or one of the families of pictures")
    if model.similarity_fn_name not in METRICS:
        raise ExportError(f"{source.name} compares with {model.similarity_fn_name}; there are: {', '.join(METRICS)}")


def prompts_of(model):
    """What encode_query and encode_document of sentence-transformers put in front."""
    found = []
    for names in (["query"], ["document", "passage", "corpus"]):
        name = next((name for name in names if name in model.prompts), model.default_prompt_name)
        found.append(model.prompts.get(name) or "")
    for name in ("passage", "corpus"):
        if not found[1] and model.prompts.get(name):
            print(f"note: encode_document of sentence-transformers leaves out the prompt called {name}, and so does this bundle; "
                  f"if the model was trained with it, say --document-prompt {model.prompts[name]!r}", file=sys.stderr)
    return tuple(found)


def plan(model):
    """How many modules the network holds, what of their result it returns, the manifest's pooling and `normalize`."""
    names = [type(step).__name__ for step in model]
    if model.truncate_dim is None and names[-1] == "Normalize":
        names.pop()
    normalize = len(names) < len(model)
    if model.truncate_dim is None and names == ["Transformer", "Pooling"] and model[1].pooling_mode in POOLINGS:
        return 1, "token_embeddings", POOLINGS[model[1].pooling_mode], normalize
    return len(names), "sentence_embedding", "none", normalize


def export(source, folder, options):
    model = load(source, options)
    query, document = prompts_of(model)
    refuse(source, model, options, (query, document))
    first, tokenizer = model[0], model[0].tokenizer
    length = texts.longest(options, tokenizer, first.config)
    model.max_seq_length = length
    inputs = texts.inputs_of(tokenizer, first.model_forward_params)
    section = texts.section(tokenizer, folder, length, query, document)
    count, result, pooling, normalize = plan(model)
    network = Modules([model[i] for i in range(count)], inputs, result, model.truncate_dim)
    bundle.save_general_network(network, texts.examples(tokenizer, texts.GOLDEN_TEXTS, inputs, length), folder / "text.pt")

    goldens = [{"text": text, **more, "input_ids": model.preprocess([text], prompt=prompt)["input_ids"][0].tolist(),
                "vector": bundle.rounded((model.encode_query if more else model.encode_document)(text))}
               for text, prompt, more in texts.asked(section["prompts"])]
    bundle.write_manifest(folder, bundle.head(source, options) | {
        "kind": "dual-encoder", "dimensions": len(goldens[0]["vector"]), "normalize": normalize,
        "score": bundle.score(METRICS[model.similarity_fn_name]), "text": section,
        "networks": {"text": {"file": "text.pt", "inputs": inputs, "pooling": pooling}},
    }, {"text": goldens})
