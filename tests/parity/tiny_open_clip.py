"""Models of open_clip, tiny and of random weights, as the folders that its push_to_hf_hub makes."""
import json

import torch
import transformers

import preprocess_originals as originals
import tiny_tokenizers
from tiny_models import OTHER, enliven

import open_clip  # after preprocess_originals, which says where it is

VISION = {"image_size": 32, "layers": 2, "width": 32, "head_width": 8, "patch_size": 8}
TEXT = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 4, "layers": 2}
BILINEAR = {"interpolation": "bilinear"}


def save(folder, seed, model_cfg, tokenizer=None, **preprocess_cfg):
    """Writes the weights under which every parameter matters, and the configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    if tokenizer is not None:
        tokenizer.save_pretrained(folder)
        model_cfg["text_cfg"]["hf_tokenizer_name"] = "in this folder"
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": model_cfg, "preprocess_cfg": preprocess_cfg}))
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False)
    torch.save(enliven(model, seed).state_dict(), folder / "open_clip_pytorch_model.bin")


def quick_gelu(folder, seed):
    """As OpenAI's: QuickGELU, shortest edge, CLIP's own tokenizer."""
    save(folder, seed, {"embed_dim": 24, "quick_gelu": True, "vision_cfg": VISION, "text_cfg": TEXT}, **originals.CLIP)


def squash(folder, seed):
    """As H-14 dfn5b or L-14 laion2b with Half norm: settings that no architecture tells."""
    save(folder, seed, {"embed_dim": 40, "vision_cfg": {**VISION, "image_size": 48, "patch_size": 16, "width": 48}, "text_cfg": {**TEXT, "width": 48}},
         resize_mode="squash", **originals.HALF)


def clipa(folder, seed):
    """CLIPA: BERT's words, its end replaced by padding, the last place pooled, nothing causal."""
    tokenizer = tiny_tokenizers.word_piece(folder)
    save(folder, seed, {"embed_dim": 32, "vision_cfg": {**VISION, "no_ln_pre": True, "pool_type": "avg", "final_ln_after_pool": True},
                        "text_cfg": {**TEXT, "context_length": 32, "vocab_size": len(tokenizer), "pool_type": "last", "no_causal_mask": True,
                                     "tokenizer_kwargs": {"strip_sep_token": True}}},
         tokenizer, resize_mode="squash", **BILINEAR, **originals.IMAGENET)


def hugging_face_text(folder, seed):
    """A text tower of transformers, pooled by the mean; the longest edge resized, and padded."""
    tokenizer = tiny_tokenizers.word_piece(folder)
    config = transformers.BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, pad_token_id=tokenizer.pad_token_id, **OTHER)
    config.save_pretrained(folder / "text")
    save(folder, seed, {"embed_dim": 20, "vision_cfg": VISION, "text_cfg": {
        "hf_model_name": str(folder / "text"), "hf_proj_type": "mlp", "hf_pooler_type": "mean_pooler", "context_length": 40}},
        tokenizer, resize_mode="longest", fill_color=127, **originals.HALF)


def siglip(folder, seed):
    """SigLIP in open_clip: a tower of timm with attention pooling, canonical texts, a bias of the score."""
    path = tiny_tokenizers.piece_model(folder, vocab_size=1500, model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    tokenizer = transformers.T5TokenizerFast(str(path), extra_ids=0, legacy=False)
    tokenizer.pad_token = "</s>"
    save(folder, seed, {"embed_dim": 64, "init_logit_bias": -10, "custom_text": True, "vision_cfg": {
        "image_size": 160, "timm_model_name": "test_vit", "timm_model_pretrained": False, "timm_pool": "map", "timm_proj": "none"},
        "text_cfg": {**TEXT, "context_length": 64, "vocab_size": len(tokenizer), "no_causal_mask": True, "proj_bias": True, "pool_type": "last",
                     "norm_kwargs": {"eps": 1e-6}, "act_kwargs": {"approximate": "tanh"}, "tokenizer_kwargs": {"clean": "canonicalize"}}},
        tokenizer, resize_mode="squash", **originals.HALF)


def residual(folder, seed):
    """A convolutional tower, as OpenAI's RN50."""
    save(folder, seed, {"embed_dim": 64, "quick_gelu": True, "text_cfg": TEXT, "vision_cfg": {
        "image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "patch_size": None}}, **originals.CLIP)


def oblong(folder, seed):
    """Oblong pictures, and the text tower as a module of its own."""
    save(folder, seed, {"embed_dim": 24, "custom_text": True, "vision_cfg": {**VISION, "image_size": [32, 48]}, "text_cfg": TEXT}, **originals.CLIP)


def coca(folder, seed):
    """CoCa: texts end with a learned token that sees the words alone."""
    save(folder, seed, {"embed_dim": 32, "vision_cfg": {**VISION, "attentional_pool": True, "attn_pooler_heads": 4, "output_tokens": True},
                        "text_cfg": {**TEXT, "context_length": 76, "embed_cls": True, "output_tokens": True},
                        "multimodal_cfg": {"context_length": 76, "vocab_size": 49408, "width": 32, "heads": 4, "layers": 1, "attn_pooler_heads": 4},
                        "custom_text": True}, **originals.CLIP)
