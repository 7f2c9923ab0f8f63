"""CLIP, ALIGN, SigLIP and SigLIP 2 (one size and NaFlex) as transformers has them: two towers into one space."""

import math

import torch
from transformers import AutoModel, AutoTokenizer

import bundle
import images
import texts
import towers
from families import siglip
from source import ExportError


def reads(model, tokenizer):
    """The inputs of the text tower, and whether it was trained to see what fills up a text, as SigLIP."""
    if model.config.model_type in ("siglip", "siglip2"):
        return ["input_ids"], True
    known = {"input_ids", "attention_mask", "token_type_ids"} if model.config.model_type == "align" else {"input_ids", "attention_mask"}
    return texts.inputs_of(tokenizer, known), False


def score_of(model):
    if model.config.model_type == "align":
        return bundle.score("cosine", 1 / float(model.temperature), activation="softmax")
    scale = math.exp(float(model.logit_scale))
    if model.config.model_type == "clip":
        return bundle.score("cosine", scale, activation="softmax")
    return bundle.score("cosine", scale, float(model.logit_bias), "sigmoid")


def text_tower(model, tokenizer, original, length):
    read, fill = reads(model, tokenizer)

    def prepare(rows, by=tokenizer):
        return dict(zip(read, texts.batch(by, rows, read, length, padding="max_length" if fill else True)))
    return towers.Tower(towers.Method(model, "get_text_features", read), read, prepare,
                        lambda rows: model.get_text_features(**prepare(rows, original))), {"pad_to_max_length": True} if fill else {}


def image_tower(model, processor):
    naflex = model.config.model_type == "siglip2"
    seen = ["pixel_values", "pixel_attention_mask", "spatial_shapes"] if naflex else ["pixel_values"]
    network = siglip.NaFlex(model.vision_model) if naflex else towers.Method(model, "get_image_features", seen)

    def prepare(pictures):
        return dict(processor(images=pictures, return_tensors="pt"))
    return towers.Tower(network, seen, prepare, lambda pictures: model.get_image_features(**prepare(pictures)))


def export(source, folder, options):
    model = AutoModel.from_pretrained(str(source.folder), attn_implementation="eager", dtype=torch.float32).eval()
    if not hasattr(model, "get_text_features") or not hasattr(model, "get_image_features"):
        raise ExportError(f"{source.name} is a {type(model).__name__}, one tower of two; export the whole model")
    sigmoid = model.config.model_type in ("siglip", "siglip2")
    tokenizer, original = siglip.tokenizers_of(source) if sigmoid else [AutoTokenizer.from_pretrained(str(source.folder))] * 2
    processor = images.processor_of(source)
    length = texts.longest(options, tokenizer, model.config.text_config)
    text, more = text_tower(model, tokenizer, original, length)
    section = texts.section(tokenizer, folder, length, options.query_prompt or "", options.document_prompt or "", **more)
    towers.write(folder, bundle.head(source, options) | {"score": score_of(model), "text": section, "image": images.section(processor)},
                 text, lambda row: original(row, truncation=True, max_length=length)["input_ids"], image_tower(model, processor))
