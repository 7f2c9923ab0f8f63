"""FLAVA, with its vectors of a text and a picture together, and encoders of pictures alone."""
import torch
from transformers import (AutoImageProcessor, AutoTokenizer, BeitImageProcessor, CLIPImageProcessor, Data2VecVisionConfig, Data2VecVisionModel,
                          FlavaConfig, FlavaImageProcessor, FlavaModel, FlavaProcessor, Florence2Config, Florence2Model)

from tiny import picture_tokens as tokens
from tiny import pictures
from tiny.case import Case
from tiny.image_text import BILINEAR, HALF, OTHER, SMALL, saved, square


def flava(folder, text=SMALL, image=OTHER, patch=12, resized=None, **multimodal):
    tokenizer = tokens.bert(48)
    config = FlavaConfig(
        text_config={"vocab_size": len(tokenizer), "max_position_embeddings": 64, "pad_token_id": tokenizer.pad_token_id, **text},
        image_config={"image_size": 48, "patch_size": patch, "qkv_bias": not multimodal, **image}, multimodal_config={**SMALL, **multimodal},
        hidden_size=32, projection_dim=24)
    images = FlavaImageProcessor(size=resized or square(48), crop_size=square(48), codebook_size=square(48), codebook_crop_size=square(48))
    saved(folder, FlavaModel(config), FlavaProcessor(images, tokenizer))


def flava_parts(folder):
    model, tokenizer = FlavaModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    processor = FlavaImageProcessor.from_pretrained(folder)
    return (model, lambda words: tokenizer([words], truncation=True, max_length=48, return_tensors="pt"),
            lambda path: pictures.pixels(processor, path))


def flava_towers(folder):
    """As FlavaForPreTraining takes them for its contrastive loss: the first vector of each."""
    model, words, pixels = flava_parts(folder)
    return pictures.dense(lambda text: model.get_text_features(**words(text))[:, 0], lambda path: model.get_image_features(**pixels(path))[:, 0])


def flava_composed(folder):
    model, words, pixels = flava_parts(folder)
    return pictures.dense(lambda pair: model(**words(pair[0]), **pixels(pair[1])).multimodal_embeddings[:, 0])


def data2vec(folder, mean=True, patch=12, **shape):
    """Pooled by the mean as the published ones, or by [CLS], then with relative positions."""
    model = Data2VecVisionModel(Data2VecVisionConfig(
        image_size=48, patch_size=patch, use_mean_pooling=mean, layer_scale_init_value=0.3, use_absolute_position_embeddings=mean,
        use_relative_position_bias=not mean, **shape), add_pooling_layer=True)
    saved(folder, model, BeitImageProcessor(size=square(48 if mean else 56), crop_size=square(48), do_center_crop=not mean))


def florence2(folder, side=96, depths=(1, 1, 1, 1), resample=3):
    """DaViT before a small BART."""
    text = {"model_type": "bart", "vocab_size": 200, "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
            "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "max_position_embeddings": 64}
    vision = {"depths": list(depths), "embed_dim": [16, 24, 32, 48], "num_heads": [2, 3, 4, 6], "num_groups": [2, 3, 4, 6], "window_size": 4,
              "projection_dim": 32, "max_position_embeddings": 50}
    saved(folder, Florence2Model(Florence2Config(text_config=text, vision_config=vision, image_token_id=199)),
          CLIPImageProcessor(size=square(side), do_center_crop=False, resample=resample, **HALF))


def data2vec_pooled(folder):
    model, processor = Data2VecVisionModel.from_pretrained(folder, add_pooling_layer=True).eval(), AutoImageProcessor.from_pretrained(folder)
    return pictures.dense(image=lambda path: model(**pictures.pixels(processor, path)).pooler_output)


def florence2_average(folder):
    """The first of the vectors that its language model is given."""
    model, processor = Florence2Model.from_pretrained(folder).eval(), AutoImageProcessor.from_pretrained(folder, use_fast=False)
    return pictures.dense(image=lambda path: model.get_image_features(pictures.pixels(processor, path)["pixel_values"])[:, 0])


def other_flava(folder):
    flava(folder, OTHER, SMALL, 16, {"height": 56, "width": 50}, use_cls_token=False)


CASES = [Case(family, configuration, make, original, kinds, {"family": family}) for family, configuration, make, original, kinds in (
    ("flava", "48 pixels", flava, flava_towers, ("documents", "queries", "images")),
    ("flava", "other sizes, cropped", other_flava, flava_towers, ("documents", "queries", "images")),
    ("flava-composed", "48 pixels", flava, flava_composed, ("text_images",)),
    ("flava-composed", "other sizes, cropped, no token of its own", other_flava, flava_composed, ("text_images",)),
    ("data2vec-vision", "mean of the patches", lambda f: data2vec(f, **SMALL), data2vec_pooled, ("images",)),
    ("data2vec-vision", "[CLS], relative positions, cropped", lambda f: data2vec(f, False, 16, **OTHER), data2vec_pooled, ("images",)),
    ("florence-2", "96 pixels", florence2, florence2_average, ("images",)),
    ("florence-2", "128 pixels, deeper", lambda f: florence2(f, 128, (1, 1, 2, 1), BILINEAR), florence2_average, ("images",)),
)]
