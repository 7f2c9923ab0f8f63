"""Models of the real classes, tiny and of random weights, as checkpoints with processor and tokenizer. Each function writes
one into a folder."""
import math

import torch
import transformers

import tiny_tokenizers

torch.set_num_threads(2)


def enliven(model, seed):
    """Weights under which every parameter matters and outputs differ: those of a new network make all vectors alike."""
    generator = torch.Generator().manual_seed(seed)

    def random(like, scale):
        return torch.randn(like.shape, generator=generator) * scale

    tables = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    norms = {id(m.weight) for m in model.modules() if "Norm" in type(m).__name__ and getattr(m, "weight", None) is not None}
    with torch.no_grad():
        for parameter in model.parameters():
            if id(parameter) in norms:
                parameter.copy_(1 + random(parameter, 0.1))
            elif parameter.dim() > 1 and id(parameter) not in tables:
                parameter.copy_(random(parameter, 1.2 / math.sqrt(parameter[0].numel())))
            elif parameter.numel() > 1:  # scales and biases of scores stay as they are
                parameter.copy_(random(parameter, 0.5 if id(parameter) in tables else 0.1))
        for norm in (m for m in model.modules() if getattr(m, "running_var", None) is not None):
            norm.running_mean.copy_(random(norm.running_mean, 0.1))
            norm.running_var.copy_(1 + random(norm.running_var, 0.1).abs())
    return model.eval()


def save(folder, seed, model, *processors):
    for part in (enliven(model, seed), *processors):
        part.save_pretrained(folder)


SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
OTHER = {"hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 3, "num_attention_heads": 3}


def clip(folder, seed, other=False):
    """QuickGELU as OpenAI's; the other has GELU, another pad token, an oblong-free larger patch and Half norm."""
    tokenizer = tiny_tokenizers.clip(folder, pad_token="!" if other else "<|endoftext|>")
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": 77 if not other else 32, "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id if other else 2, "hidden_act": "gelu" if other else "quick_gelu", **(OTHER if other else SMALL)}
    vision = {"image_size": 48 if other else 32, "patch_size": 16 if other else 8, "hidden_act": text["hidden_act"], **(SMALL if other else OTHER)}
    model = transformers.CLIPModel(transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=40 if other else 24))
    side = vision["image_size"]
    half = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3} if other else {}
    save(folder, seed, model, tokenizer, transformers.CLIPImageProcessor(
        size={"height": side, "width": side} if other else {"shortest_edge": side}, crop_size={"height": side, "width": side},
        do_center_crop=not other, **half))


def align(folder, seed, other=False):
    """EfficientNet beside BERT."""
    tokenizer = tiny_tokenizers.word_piece(folder)
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": 64, "pad_token_id": tokenizer.pad_token_id, **(OTHER if other else SMALL),
            "hidden_act": "relu" if other else "gelu"}
    width = 0.5 if other else 0.25
    vision = {"image_size": 65 if other else 33, "width_coefficient": width, "depth_coefficient": 0.3, "depthwise_padding": [0] if other else []}
    model = transformers.AlignModel(transformers.AlignConfig(text_config=text, vision_config=vision, projection_dim=int(320 * width),
                                                             temperature_init_value=0.7))
    side = vision["image_size"]
    save(folder, seed, model, tokenizer, transformers.EfficientNetImageProcessor(
        size={"height": side + 8, "width": side + 8}, resample=2, do_center_crop=True, crop_size={"height": side, "width": side},
        rescale_factor=1 / 127.5, rescale_offset=True, do_normalize=False, include_top=False))


def siglip(folder, seed, other=False):
    """Unigram and 64 tokens; the other has 16 and another activation."""
    tokenizer = tiny_tokenizers.siglip(folder)
    tokenizer.model_max_length = 16 if other else 64
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": tokenizer.model_max_length, **(OTHER if other else SMALL),
            "hidden_act": "gelu" if other else "gelu_pytorch_tanh", "projection_size": 48}
    vision = {"image_size": 48, "patch_size": 16 if other else 12, "hidden_act": text["hidden_act"], **OTHER}
    model = transformers.SiglipModel(transformers.SiglipConfig(text_config=text, vision_config=vision))
    save(folder, seed, sigmoid(model), tokenizer, transformers.SiglipImageProcessor(size={"height": 48, "width": 48}))


def siglip2(folder, seed, naflex=False):
    """Gemma's tokenizer, with pictures of one size or of their own shape."""
    tokenizer = tiny_tokenizers.gemma(folder)
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": 64, "projection_size": 48, **SMALL}
    if not naflex:
        config = transformers.SiglipConfig(text_config=text, vision_config={"image_size": 64, "patch_size": 16, **OTHER})
        model, processor = transformers.SiglipModel(config), transformers.SiglipImageProcessor(size={"height": 64, "width": 64}, resample=2)
    else:
        config = transformers.Siglip2Config(text_config=text, vision_config={"num_patches": naflex, "patch_size": 16, **OTHER})
        model, processor = transformers.Siglip2Model(config), transformers.Siglip2ImageProcessor(patch_size=16, max_num_patches=naflex + 20)
    save(folder, seed, sigmoid(model), tokenizer, processor)


def sigmoid(model):
    with torch.no_grad():
        model.logit_scale.fill_(math.log(110))
        model.logit_bias.fill_(-13)
    return model


def blip(folder, seed, other=False):
    """BLIP: two towers, and a text tower that looks at the picture."""
    tokenizer = tiny_tokenizers.word_piece(folder, extra=["[DEC]", "[ENC]"])
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": 64, "pad_token_id": tokenizer.pad_token_id,
            "sep_token_id": tokenizer.sep_token_id, "encoder_hidden_size": (SMALL if other else OTHER)["hidden_size"], **(OTHER if other else SMALL)}
    vision = {"image_size": 48, "patch_size": 16 if other else 12, "hidden_act": "quick_gelu" if other else "gelu", **(SMALL if other else OTHER)}
    model = transformers.BlipForImageTextRetrieval(transformers.BlipConfig(text_config=text, vision_config=vision,
                                                                           image_text_hidden_size=40 if other else 24))
    save(folder, seed, model, transformers.BlipProcessor(transformers.BlipImageProcessor(size={"height": 48, "width": 48}), tokenizer))


def blip2(folder, seed, other=False):
    """BLIP-2: queries that look at the picture; the other has a token that stands for them in texts."""
    tokenizer = tiny_tokenizers.word_piece(folder, extra=["[DEC]"])
    shape = OTHER if other else SMALL
    qformer = {"vocab_size": len(tokenizer), "max_position_embeddings": 64, "pad_token_id": tokenizer.pad_token_id, "cross_attention_frequency": 2,
               "encoder_hidden_size": (SMALL if other else OTHER)["hidden_size"], "use_qformer_text_input": True, **shape}
    vision = {"image_size": 48, "patch_size": 16 if other else 12, **(SMALL if other else OTHER)}
    config = transformers.Blip2Config(vision_config=vision, qformer_config=qformer, num_query_tokens=7 if other else 32,
                                      image_text_hidden_size=40 if other else 24, image_token_index=3 if other else None)
    model = transformers.Blip2ForImageTextRetrieval(config)
    save(folder, seed, model, transformers.Blip2Processor(transformers.BlipImageProcessor(size={"height": 48, "width": 48}), tokenizer))


def flava(folder, seed, other=False):
    """FLAVA: two towers and an encoder over both."""
    tokenizer = tiny_tokenizers.word_piece(folder)
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": 77, "pad_token_id": tokenizer.pad_token_id, **(OTHER if other else SMALL)}
    image = {"image_size": 48, "patch_size": 16 if other else 12, **(SMALL if other else OTHER), "qkv_bias": not other}
    multimodal = {"use_cls_token": not other, **SMALL}
    config = transformers.FlavaConfig(text_config=text, image_config=image, multimodal_config=multimodal, hidden_size=32,
                                      projection_dim=40 if other else 24)
    square = {"height": 48, "width": 48}
    save(folder, seed, transformers.FlavaModel(config), transformers.FlavaProcessor(
        transformers.FlavaImageProcessor(size={"height": 56, "width": 50} if other else square, crop_size=square, codebook_size=square), tokenizer))


def data2vec_vision(folder, seed, other=False):
    """Pooled by the mean, as the published ones; the other by [CLS], with relative positions."""
    config = transformers.Data2VecVisionConfig(image_size=48, patch_size=16 if other else 12, use_mean_pooling=not other, layer_scale_init_value=0.3,
                                               use_absolute_position_embeddings=not other, use_relative_position_bias=other, **(OTHER if other else SMALL))
    save(folder, seed, transformers.Data2VecVisionModel(config, add_pooling_layer=True),
         transformers.BeitImageProcessor(size={"height": 48, "width": 48}, do_center_crop=False))


def florence2(folder, seed, other=False):
    """DaViT before a small BART."""
    text = {"model_type": "bart", "vocab_size": 200, "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
            "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "max_position_embeddings": 64}
    vision = {"depths": [1, 1, 2, 1] if other else [1, 1, 1, 1], "embed_dim": [16, 24, 32, 48], "num_heads": [2, 3, 4, 6], "num_groups": [2, 3, 4, 6],
              "window_size": 4, "projection_dim": 32, "max_position_embeddings": 50, "patch_size": [7, 3, 3, 3]}
    config = transformers.Florence2Config(text_config=text, vision_config=vision, image_token_id=199)
    side = 128 if other else 96
    save(folder, seed, transformers.Florence2Model(config), transformers.CLIPImageProcessor(
        size={"height": side, "width": side}, do_center_crop=False, image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225]))


def colpali(folder, seed, other=False):
    """PaliGemma with a head for late interaction."""
    tokenizer = tiny_tokenizers.gemma(folder, max_length=512, add_eos_token=False, padding_side="left" if other else "right")
    side, patch = (56, 14) if other else (48, 16)
    images = transformers.SiglipImageProcessor(size={"height": side, "width": side})
    images.image_seq_length = (side // patch) ** 2
    processor = transformers.ColPaliProcessor(images, tokenizer)
    text = {"model_type": "gemma", "vocab_size": len(processor.tokenizer), "max_position_embeddings": 512, "num_key_value_heads": 1,
            "head_dim": 16, **(OTHER if other else SMALL)}
    vision = {"model_type": "siglip_vision_model", "image_size": side, "patch_size": patch, "projection_dim": text["hidden_size"], **OTHER}
    vlm = transformers.PaliGemmaConfig(text_config=text, vision_config=vision, image_token_index=processor.image_token_id,
                                       projection_dim=text["hidden_size"], hidden_size=text["hidden_size"])
    save(folder, seed, transformers.ColPaliForRetrieval(transformers.ColPaliConfig(vlm_config=vlm, embedding_dim=24 if other else 16)), processor)


def colqwen2(folder, seed, other=False):
    """Qwen2-VL with a head for late interaction; pictures keep their shape."""
    special = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
    tokenizer = tiny_tokenizers.qwen2(folder, extra=special)
    tokenizer.padding_side = "left" if other else "right"
    images = transformers.Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=28 * 28 * (30 if other else 12), patch_size=14, merge_size=2)
    ids = dict(zip(special, tokenizer.convert_tokens_to_ids(special)))
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": 1024, "num_key_value_heads": 1 if other else 2, "hidden_size": 48 if other else 32,
            "intermediate_size": 80, "num_hidden_layers": 3 if other else 2, "num_attention_heads": 3 if other else 2, "max_window_layers": 28,
            "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]}, "rope_theta": 10000.0, "tie_word_embeddings": False}
    vision = {"depth": 2, "embed_dim": 32, "num_heads": 2 if other else 4, "hidden_size": text["hidden_size"], "mlp_ratio": 2, "patch_size": 14}
    vlm = transformers.Qwen2VLConfig(text_config=text, vision_config=vision, image_token_id=ids["<|image_pad|>"], video_token_id=ids["<|video_pad|>"],
                                     vision_start_token_id=ids["<|vision_start|>"], vision_end_token_id=ids["<|vision_end|>"])
    save(folder, seed, transformers.ColQwen2ForRetrieval(transformers.ColQwen2Config(vlm_config=vlm, embedding_dim=24 if other else 16)),
         transformers.ColQwen2Processor(images, tokenizer))
