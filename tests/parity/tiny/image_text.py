"""CLIP, ALIGN, SigLIP and SigLIP 2 as transformers runs them."""
import math

import torch
from transformers import (AlignConfig, AlignModel, AutoImageProcessor, AutoModel, AutoTokenizer, CLIPConfig, CLIPImageProcessor, CLIPModel,
                          EfficientNetImageProcessor, Siglip2Config, Siglip2ImageProcessor, Siglip2Model, SiglipConfig, SiglipImageProcessor,
                          SiglipModel)

from tiny import picture_tokens as tokens
from tiny import pictures
from tiny.case import Case, enlivened, seeded

SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
OTHER = {"hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 3, "num_attention_heads": 3}
HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
BILINEAR = 2


def square(side):
    return {"height": side, "width": side}


def saved(folder, model, *processors, gain=1.2):
    seeded(40)
    for part in (enlivened(model, gain), *processors):
        part.save_pretrained(folder)


def clip(folder):
    """As OpenAI's: QuickGELU, shortest edge and crop; the end of a text is its largest id."""
    tokenizer = tokens.clip()
    text = {"vocab_size": len(tokenizer), "eos_token_id": 2, "hidden_act": "quick_gelu", **SMALL}
    config = CLIPConfig(text_config=text, vision_config={"image_size": 32, "patch_size": 8, "hidden_act": "quick_gelu", **OTHER}, projection_dim=24)
    saved(folder, CLIPModel(config), tokenizer, CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=square(32)))


def clip_squash(folder):
    """As those of LAION: GELU, another pad token, Half norm; texts are short and the end has an id of its own."""
    tokenizer = tokens.clip(pad_token="!")
    text = {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id, "max_position_embeddings": 32, "hidden_act": "gelu", **OTHER}
    config = CLIPConfig(text_config=text, vision_config={"image_size": 48, "patch_size": 16, "hidden_act": "gelu", **SMALL}, projection_dim=40)
    saved(folder, CLIPModel(config), tokenizer, CLIPImageProcessor(size=square(48), do_center_crop=False, **HALF))


def align(folder, side=33, width=0.25, **more):
    tokenizer = tokens.bert(64)
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": 64, "pad_token_id": tokenizer.pad_token_id, **SMALL, **more}
    vision = {"image_size": side, "width_coefficient": width, "depth_coefficient": 0.3, "depthwise_padding": [0] if more else []}
    model = AlignModel(AlignConfig(text_config=text, vision_config=vision, projection_dim=int(320 * width), temperature_init_value=0.7))
    saved(folder, model, tokenizer, EfficientNetImageProcessor(
        size=square(side + 8), resample=BILINEAR, do_center_crop=True, crop_size=square(side), rescale_factor=1 / 127.5, rescale_offset=True,
        do_normalize=False, include_top=False), gain=2.0)


def sigmoid(model):
    with torch.no_grad():
        model.logit_scale.fill_(math.log(110))
        model.logit_bias.fill_(-13)
    return model


def siglip(folder, length=64, patch=12, activation="gelu_pytorch_tanh", **more):
    tokenizer = tokens.siglip(folder, length)
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": length, "hidden_act": activation, "projection_size": 48, **SMALL, **more}
    vision = {"image_size": 48, "patch_size": patch, "hidden_act": activation, **OTHER}
    saved(folder, sigmoid(SiglipModel(SiglipConfig(text_config=text, vision_config=vision))), tokenizer, SiglipImageProcessor(size=square(48)))


def siglip2(folder, side=64, **more):
    tokenizer = tokens.gemma(folder, 64)
    text = {"vocab_size": len(tokenizer), "projection_size": 48, **SMALL, **more}
    model = SiglipModel(SiglipConfig(text_config=text, vision_config={"image_size": side, "patch_size": 16, **OTHER}))
    saved(folder, sigmoid(model), tokenizer, SiglipImageProcessor(size=square(side), resample=BILINEAR))


def naflex(folder, table, budget):
    """Positions are a square table of that many, pictures have at most `budget` patches."""
    tokenizer = tokens.gemma(folder, 64)
    text = {"vocab_size": len(tokenizer), "projection_size": 48, **SMALL}
    model = Siglip2Model(Siglip2Config(text_config=text, vision_config={"num_patches": table, "patch_size": 16, **OTHER}))
    saved(folder, sigmoid(model), tokenizer, Siglip2ImageProcessor(patch_size=16, max_num_patches=budget))


def features(folder):
    """get_text_features and get_image_features, fed as the models' authors say: SigLIP's texts are filled up, those of
    SigLIP 2 in lower case, character by character as its own tokenizer in transformers 5 has it."""
    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    processor = AutoImageProcessor.from_pretrained(folder, use_fast=False)
    filled, lower = hasattr(model, "logit_bias"), type(tokenizer).__name__.startswith("Gemma")

    def text(words):
        words = "".join(c.lower() for c in words) if lower else words
        made = tokenizer([words], truncation=True, padding="max_length" if filled else True, max_length=min(
            tokenizer.model_max_length, model.config.text_config.max_position_embeddings), return_tensors="pt")
        return model.get_text_features(**({"input_ids": made["input_ids"]} if filled else made))
    return pictures.dense(text, lambda path: model.get_image_features(**pictures.pixels(processor, path)))


CASES = [Case(family, configuration, make, features, ("documents", "queries", "images"), avoided="</s>" if "SigLIP, " in configuration else "")
         for family, configuration, make in (
    ("clip", "QuickGELU, 32 pixels, cropped", clip),
    ("clip", "GELU, 48 pixels, squashed, Half norm", clip_squash),
    ("align", "EfficientNet 0.25", align),
    ("align", "EfficientNet 0.5, 65 pixels, ReLU", lambda f: align(f, 65, 0.5, hidden_act="relu")),
    ("siglip", "SigLIP, 64 tokens", siglip),
    ("siglip", "SigLIP, 16 tokens, exact GELU", lambda f: siglip(f, 16, 16, "gelu", **OTHER)),
    ("siglip", "SigLIP 2, 64 pixels", siglip2),
    ("siglip", "SigLIP 2, 80 pixels", lambda f: siglip2(f, 80, **OTHER)),
    ("siglip2-naflex", "8 x 8 positions, 84 patches", lambda f: naflex(f, 64, 84)),
    ("siglip2-naflex", "16 x 16 positions, 60 patches", lambda f: naflex(f, 256, 60)),
)]
