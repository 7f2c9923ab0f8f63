"""Models of open_clip, as the folders that its push_to_hf_hub makes. It does without ftfy, as Sextant."""
import json

import torch
from PIL import Image
from transformers import BertConfig, T5TokenizerFast

import preprocess_originals as originals  # which says where open_clip is
from tiny import picture_tokens as tokens
from tiny import pictures
from tiny.case import Case, enlivened, seeded
from tiny.image_text import OTHER

import open_clip
import open_clip.tokenizer

VISION = {"image_size": 32, "layers": 2, "width": 32, "head_width": 8, "patch_size": 8}
TEXT = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 4, "layers": 2}
BILINEAR = {"interpolation": "bilinear"}


def saved(folder, embed_dim, vision, text, tokenizer=None, preprocess=None, **more):
    config = {"embed_dim": embed_dim, "vision_cfg": VISION | vision, "text_cfg": TEXT | text, **more}
    if tokenizer is not None:
        tokenizer.save_pretrained(folder)
        config["text_cfg"]["hf_tokenizer_name"] = "in this folder"
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    seeded(50)
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False)
    torch.save(enlivened(model, 1.2).state_dict(), folder / "open_clip_pytorch_model.bin")


def clipa(folder):
    """BERT's words, whose end is replaced by padding; the last place is pooled, and nothing is causal."""
    tokenizer = tokens.bert(32)
    saved(folder, 32, {"no_ln_pre": True, "pool_type": "avg", "final_ln_after_pool": True},
          {"context_length": 32, "vocab_size": len(tokenizer), "pool_type": "last", "no_causal_mask": True,
           "tokenizer_kwargs": {"strip_sep_token": True}},
          tokenizer, {"resize_mode": "squash", **BILINEAR, **originals.IMAGENET})


def hugging_face_text(folder):
    tokenizer = tokens.bert(64)
    BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, pad_token_id=tokenizer.pad_token_id, **OTHER).save_pretrained(folder / "text")
    saved(folder, 20, {}, {"hf_model_name": str(folder / "text"), "hf_proj_type": "mlp", "hf_pooler_type": "mean_pooler", "context_length": 40},
          tokenizer, {"resize_mode": "longest", "fill_color": 127, **originals.HALF})


def siglip(folder):
    """A tower of timm with attention pooling, canonical texts, a bias of the score."""
    tokenizer = T5TokenizerFast(tokens.unigram(folder), extra_ids=0, legacy=False)
    tokenizer.pad_token = "</s>"
    saved(folder, 64, {"image_size": 160, "timm_model_name": "test_vit", "timm_model_pretrained": False, "timm_pool": "map", "timm_proj": "none"},
          {"context_length": 64, "vocab_size": len(tokenizer), "no_causal_mask": True, "proj_bias": True, "pool_type": "last",
           "norm_kwargs": {"eps": 1e-6}, "act_kwargs": {"approximate": "tanh"}, "tokenizer_kwargs": {"clean": "canonicalize"}},
          tokenizer, {"resize_mode": "squash", **originals.HALF}, init_logit_bias=-10, custom_text=True)


def worldwide(folder):
    """As MetaCLIP's worldwide models: words of many languages, pooled at their end."""
    tokenizer = tokens.tokens.xlm_roberta(77)
    saved(folder, 28, {}, {"vocab_size": len(tokenizer), "pool_type": "eos", "eos_id": tokenizer.eos_token_id}, tokenizer, originals.CLIP, quick_gelu=True)


def coca(folder):
    """Texts end with a learned token that sees the words alone."""
    length = {"context_length": 76}
    saved(folder, 32, {"attentional_pool": True, "attn_pooler_heads": 4, "output_tokens": True}, {"embed_cls": True, "output_tokens": True, **length},
          None, originals.CLIP, custom_text=True,
          multimodal_cfg={"vocab_size": 49408, "width": 32, "heads": 4, "layers": 1, "attn_pooler_heads": 4, **length})


def encoders(folder):
    """encode_text and encode_image."""
    model, transform = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    tokenizer, model = open_clip.get_tokenizer(f"local-dir:{folder}"), model.eval()
    fix_text = open_clip.tokenizer.ftfy.fix_text

    def text(words):
        open_clip.tokenizer.ftfy.fix_text = lambda text: text
        try:
            return model.encode_text(tokenizer([words]))
        finally:
            open_clip.tokenizer.ftfy.fix_text = fix_text

    def image(path):
        with Image.open(path) as picture:  # in whatever mode it is
            return model.encode_image(transform(picture)[None])
    return pictures.dense(text, image)


SQUASHED = {"resize_mode": "squash", **originals.HALF}
CASES = [Case("open-clip", configuration, make, encoders, ("documents", "queries", "images")) for configuration, make in (
    ("ViT, QuickGELU, shortest edge", lambda f: saved(f, 24, {}, {}, None, originals.CLIP, quick_gelu=True)),
    ("ViT, GELU, Half norm, squashed", lambda f: saved(f, 40, {"image_size": 48, "patch_size": 16, "width": 48}, {"width": 48}, None, SQUASHED)),
    ("ViT, ImageNet norm, oblong, text tower of its own",
     lambda f: saved(f, 24, {"image_size": [32, 48]}, {}, None, originals.IMAGENET, custom_text=True)),
    ("ResNet, QuickGELU", lambda f: saved(f, 64, {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "patch_size": None}, {}, None,
                                          originals.CLIP, quick_gelu=True)),
    ("CLIPA", clipa),
    ("text tower of transformers, longest edge", hugging_face_text),
    ("SigLIP", siglip),
    ("MetaCLIP worldwide", worldwide),
    ("CoCa", coca),
)]
