"""ColPali and ColQwen2 as transformers runs them: many vectors for a picture of a page, and for a query."""
from transformers import (AutoImageProcessor, AutoTokenizer, ColPaliConfig, ColPaliForRetrieval, ColPaliProcessor, ColQwen2Config,
                          ColQwen2ForRetrieval, ColQwen2Processor, PaliGemmaConfig, Qwen2VLConfig, Qwen2VLImageProcessor,
                          SiglipImageProcessor)

from tiny import picture_tokens as tokens
from tiny import pictures
from tiny.case import Case
from tiny.image_text import OTHER, SMALL, saved, square

MARKS = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]


def colpali(folder, side=48, patch=16, padding="right", dimensions=16, gain=2.0, **shape):
    images = SiglipImageProcessor(size=square(side))
    images.image_seq_length = (side // patch) ** 2
    processor = ColPaliProcessor(images, tokens.gemma(folder, 512, add_eos_token=False, padding_side=padding))
    width = shape["hidden_size"]
    text = {"model_type": "gemma", "vocab_size": len(processor.tokenizer), "max_position_embeddings": 512, "num_key_value_heads": 1,
            "head_dim": 16, **shape}
    vision = {"model_type": "siglip_vision_model", "image_size": side, "patch_size": patch, "projection_dim": width, **OTHER}
    config = PaliGemmaConfig(text_config=text, vision_config=vision, image_token_index=processor.image_token_id, projection_dim=width, hidden_size=width)
    saved(folder, ColPaliForRetrieval(ColPaliConfig(vlm_config=config, embedding_dim=dimensions)), processor, gain=gain)


def colqwen2(folder, budget=12, padding="right", dimensions=16, **shape):
    tokenizer = tokens.qwen2(*MARKS)
    tokenizer.padding_side = padding
    images = Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=28 * 28 * budget, patch_size=14, merge_size=2)
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": 1024, "intermediate_size": 80, "tie_word_embeddings": False,
            "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]}, **shape}
    vision = {"depth": 2, "embed_dim": 32, "num_heads": 2, "hidden_size": shape["hidden_size"], "mlp_ratio": 2, "patch_size": 14}
    ids = dict(zip(MARKS, tokenizer.convert_tokens_to_ids(MARKS)))
    config = Qwen2VLConfig(text_config=text, vision_config=vision, image_token_id=ids["<|image_pad|>"], video_token_id=ids["<|video_pad|>"],
                           vision_start_token_id=ids["<|vision_start|>"], vision_end_token_id=ids["<|vision_end|>"])
    saved(folder, ColQwen2ForRetrieval(ColQwen2Config(vlm_config=config, embedding_dim=dimensions)), ColQwen2Processor(images, tokenizer))


def retrieval(model_class, processor_class):
    """The processor's process_queries and process_images, and the model. For texts that are no queries, the processor has
    no prefix."""
    def original(folder):
        model = model_class.from_pretrained(folder, attn_implementation="eager").eval()
        parts = AutoImageProcessor.from_pretrained(folder, use_fast=False), AutoTokenizer.from_pretrained(folder)
        asking, plain = processor_class(*parts), processor_class(*parts, query_prefix="")

        def page(path):
            return model(**asking.process_images([pictures.opened(path)], input_data_format="channels_last")).embeddings
        return pictures.multi(lambda text, query: model(**(asking if query else plain).process_queries([text])).embeddings, page)
    return original


PALI, QWEN = retrieval(ColPaliForRetrieval, ColPaliProcessor), retrieval(ColQwen2ForRetrieval, ColQwen2Processor)
NARROW = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2}
WIDE = {"hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 3, "num_key_value_heads": 1}
CASES = [Case(family, configuration, make, original, ("documents", "queries", "images")) for family, configuration, make, original in (
    ("colpali", "48 pixels, 16 dimensions", lambda f: colpali(f, **SMALL), PALI),
    ("colpali", "56 pixels, padded on the left", lambda f: colpali(f, 56, 14, "left", 24, 1.5, **OTHER), PALI),
    ("colqwen2", "4 to 12 patches, 16 dimensions", lambda f: colqwen2(f, **NARROW), QWEN),
    ("colqwen2", "4 to 30 patches, padded on the left, shared keys", lambda f: colqwen2(f, 30, "left", 24, **WIDE), QWEN),
)]
