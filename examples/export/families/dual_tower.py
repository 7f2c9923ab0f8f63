"""CLIP, ALIGN, SigLIP and SigLIP 2 (fixed size and NaFlex) as transformers has them: two towers into one space."""

import math

import torch
from transformers import AutoModel, AutoTokenizer

import bundle
import images
import texts
from families import siglip
from source import ExportError


class Tower(torch.nn.Module):
    """One of the model's methods as a function of tensors in a fixed order."""

    def __init__(self, model, method, inputs):
        super().__init__()
        self.model, self.method, self.inputs = model, method, inputs

    def forward(self, *tensors):
        return getattr(self.model, self.method)(**dict(zip(self.inputs, tensors)))


def reads(model, tokenizer):
    """The inputs of the text tower, and how texts are filled up. CLIP pools before the padding and looks only back; SigLIP
    was trained with padding that it sees."""
    if model.config.model_type == "align":
        return texts.inputs_of(tokenizer, {"input_ids", "attention_mask", "token_type_ids"}), False
    return ["input_ids"], model.config.model_type != "clip"


def score_of(model):
    if model.config.model_type == "align":
        return bundle.score("cosine", 1 / float(model.temperature))
    scale = math.exp(float(model.logit_scale))
    if model.config.model_type == "clip":
        return bundle.score("cosine", scale)
    return bundle.score("cosine", scale, float(model.logit_bias), "sigmoid")


def export(source, folder, options):
    model = AutoModel.from_pretrained(str(source.folder), attn_implementation="eager", dtype=torch.float32).eval()
    for name in ("get_text_features", "get_image_features"):
        if not hasattr(model, name):
            raise ExportError(f"{source.name} is a {type(model).__name__}, one tower of two; export the whole model")
    sigmoid = model.config.model_type in ("siglip", "siglip2")
    tokenizer = siglip.tokenizer_of(source) if sigmoid else AutoTokenizer.from_pretrained(str(source.folder))
    processor = images.processor_of(source)
    naflex = model.config.model_type == "siglip2"
    seen = ["pixel_values", "pixel_attention_mask", "spatial_shapes"] if naflex else ["pixel_values"]
    read, fill = reads(model, tokenizer)
    length = texts.longest(options, tokenizer, model.config.text_config)
    # The network has as many positions as texts are filled up to.
    more = {"pad_to_max_length": True} if fill else {}
    section = texts.section(tokenizer, folder, length, options.query_prompt or "", options.document_prompt or "", **more)
    how = {"padding": "max_length"} if fill else {}

    text, image = Tower(model, "get_text_features", read), Tower(model, "get_image_features", seen)
    prepare = images.prepared(processor)
    prompt = options.document_prompt or ""
    with torch.no_grad():
        golden_texts = [{"text": t, "input_ids": tokenizer(prompt + t, truncation=True, max_length=length)["input_ids"], "vector": bundle.rounded(
            torch.nn.functional.normalize(text(*texts.batch(tokenizer, [prompt + t], read, length, **how)), dim=-1))}
            for t in texts.GOLDEN_TEXTS]
        golden_images = images.write_goldens(folder, prepare, lambda tensors: {"vector": bundle.rounded(
            torch.nn.functional.normalize(image(*(tensors[name] for name in seen)), dim=-1))})
    if len(golden_texts[0]["vector"]) != len(golden_images[0]["vector"]):
        raise ExportError(f"the text tower makes {len(golden_texts[0]['vector'])} dimensions, the image tower "
                          f"{len(golden_images[0]['vector'])}: config.json does not fit the weights")
    bundle.save_general_network(text, texts.examples(tokenizer, texts.GOLDEN_TEXTS, read, length, **how), folder / "text.pt")
    if naflex:
        siglip.trace_positions(model)
    bundle.save_general_network(image, [tuple(tensors[name] for name in seen) for tensors in images.examples(prepare)], folder / "image.pt")
    bundle.write_manifest(folder, bundle.head(source, options) | {
        "kind": "dual-encoder", "dimensions": len(golden_texts[0]["vector"]), "normalize": True, "score": score_of(model),
        "text": section, "image": images.section(processor),
        "networks": {"text": {"file": "text.pt", "inputs": read, "pooling": "none"},
                     "image": {"file": "image.pt", "inputs": seen, "pooling": "none"}},
    }, {"text": golden_texts, "image": golden_images})
