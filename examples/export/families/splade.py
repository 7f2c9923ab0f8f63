"""SPLADE and its kin, as sentence-transformers' SparseEncoder runs them: a weight for each word of the vocabulary."""

import torch

import bundle
import texts
from families.sentence_transformer import Modules, prompts_of
from source import ExportError


def export(source, folder, options):
    from sentence_transformers import SparseEncoder
    model = SparseEncoder(str(source.folder), device="cpu", prompts=texts.chosen_prompts(options),
                          model_kwargs={"attn_implementation": "eager", "dtype": torch.float32}).eval()
    steps = [type(step).__name__ for step in model]
    if steps not in (["Transformer", "SpladePooling"], ["MLMTransformer", "SpladePooling"]):
        raise ExportError(f"{source.name} is made of {', '.join(steps)}; a masked language model with SpladePooling is known here")
    first, tokenizer = model[0], model[0].tokenizer
    length = texts.longest(options, tokenizer, first.config)
    model.max_seq_length = length
    query, document = prompts_of(model)
    inputs = texts.inputs_of(tokenizer, first.model_forward_params)
    section = texts.section(tokenizer, folder, length, query, document)
    network = Modules(list(model), inputs, "sentence_embedding")
    bundle.save_general_network(network, texts.examples(tokenizer, texts.GOLDEN_TEXTS, inputs, length), folder / "text.pt")
    goldens = []
    for text in texts.GOLDEN_TEXTS:
        ids = model.preprocess([text], prompt=document)["input_ids"][0].tolist()
        row = model.encode_document(text, convert_to_tensor=True).to_dense()
        goldens.append({"text": text, "input_ids": ids,
                        "sparse": bundle.weights({int(i): float(row[i]) for i in row.nonzero()[:, 0]})})
    bundle.write_manifest(folder, bundle.head(source, options) | {
        "kind": "dual-encoder", "dimensions": 0, "normalize": False, "score": bundle.score("dot"), "text": section,
        "sparse": {"form": "vocabulary", "size": row.numel()},
        "networks": {"text": {"file": "text.pt", "inputs": inputs, "pooling": "none", "outputs": ["sparse"]}},
    }, {"text": goldens})
