"""BLIP and BLIP-2 as transformers runs them: ITC, and ITM as a reranker."""
import torch
from transformers import (AutoTokenizer, Blip2Config, Blip2ForImageTextRetrieval, Blip2Processor, BlipConfig, BlipForImageTextRetrieval,
                          BlipImageProcessor, BlipProcessor)

from tiny import picture_tokens as tokens
from tiny import pictures
from tiny.case import Case
from tiny.image_text import OTHER, SMALL, saved, square


def blip(folder, text=SMALL, vision=OTHER, patch=12, width=24):
    tokenizer = tokens.bert(48, "[DEC]", "[ENC]")
    config = BlipConfig(image_text_hidden_size=width, vision_config={"image_size": 48, "patch_size": patch, **vision}, text_config={
        "vocab_size": len(tokenizer), "max_position_embeddings": 64, "pad_token_id": tokenizer.pad_token_id, "sep_token_id": tokenizer.sep_token_id,
        "encoder_hidden_size": vision["hidden_size"], **text})
    saved(folder, BlipForImageTextRetrieval(config), BlipProcessor(BlipImageProcessor(size=square(48)), tokenizer))


def blip2(folder, text=SMALL, vision=OTHER, patch=12, width=24, queries=32, place=None):
    """`place` is the id that stands for the queries in texts, where a checkpoint has one."""
    tokenizer = tokens.bert(48, "[DEC]")
    qformer = {"vocab_size": len(tokenizer), "max_position_embeddings": 64, "pad_token_id": tokenizer.pad_token_id, "cross_attention_frequency": 2,
               "encoder_hidden_size": vision["hidden_size"], "use_qformer_text_input": True, **text}
    config = Blip2Config(vision_config={"image_size": 48, "patch_size": patch, **vision}, qformer_config=qformer, num_query_tokens=queries,
                         image_text_hidden_size=width, image_token_index=place)
    saved(folder, Blip2ForImageTextRetrieval(config), Blip2Processor(BlipImageProcessor(size=square(48)), tokenizer))


def load(kind, folder):
    tokenizer, processor = AutoTokenizer.from_pretrained(folder), BlipImageProcessor.from_pretrained(folder)

    def tokens_of(words):
        return tokenizer([words], truncation=True, max_length=48, return_tensors="pt", return_token_type_ids=False)
    return kind.from_pretrained(folder).eval(), tokens_of, lambda path: pictures.pixels(processor, path)


def blip_towers(folder):
    """The parts of BlipForImageTextRetrieval.forward without its matching head, which returns their product alone."""
    model, tokens_of, pixels = load(BlipForImageTextRetrieval, folder)
    return pictures.dense(lambda words: model.text_proj(model.text_encoder(**tokens_of(words)).last_hidden_state[:, 0]),
                          lambda path: model.vision_proj(model.vision_model(**pixels(path)).last_hidden_state[:, 0]))


def with_places(model, made):
    """What Blip2Processor makes of a text and a picture: the queries' places in front of the text."""
    if model.config.image_token_index is None:
        return made
    front = torch.ones(1, model.config.num_query_tokens, dtype=torch.int64)
    return {"input_ids": torch.cat([front * model.config.image_token_index, made["input_ids"]], 1),
            "attention_mask": torch.cat([front, made["attention_mask"]], 1)}


def blip2_towers(folder):
    """What the forward returns beside the scores; it wants both a text and a picture."""
    model, tokens_of, pixels = load(Blip2ForImageTextRetrieval, folder)

    def both(words, path):
        return model(**with_places(model, tokens_of(words)), **path)
    nothing = {"pixel_values": torch.zeros(1, 3, 48, 48)}
    return pictures.multi(lambda words, _: both(words, nothing).text_embeds[:, None], lambda path: both("", pixels(path)).image_embeds)


def matching(kind):
    """The softmax of the matching head's two logits."""
    def original(folder):
        model, tokens_of, pixels = load(kind, folder)

        def score(_, pairs):
            scores = []
            for words, path in pairs:
                with torch.no_grad():
                    if kind is BlipForImageTextRetrieval:
                        logits = model(**tokens_of(words), **pixels(path), use_itm_head=True).itm_score
                    else:
                        logits = model(**with_places(model, tokens_of(words)), **pixels(path), use_image_text_matching_head=True).logits_per_image
                scores.append(logits.softmax(-1)[0, 1].item())
            return {"scores": scores}
        return score
    return original


OTHER_BLIP, OTHER_BLIP2 = (OTHER, SMALL, 16, 40), (OTHER, SMALL, 16, 40, 7, 3)
CASES = [Case(family, configuration, make, towers, ("documents", "queries", "images")) for family, configuration, make, towers in (
    ("blip", "24 dimensions", blip, blip_towers),
    ("blip", "40 dimensions, other sizes", lambda f: blip(f, *OTHER_BLIP), blip_towers),
    ("blip-2", "32 queries", blip2, blip2_towers),
    ("blip-2", "7 queries with a place in texts", lambda f: blip2(f, *OTHER_BLIP2), blip2_towers),
)] + [Case(family, configuration, make, matching(kind), ("picture_pairs",), {"family": family}) for family, configuration, make, kind in (
    ("blip-itm", "24 dimensions", blip, BlipForImageTextRetrieval),
    ("blip-itm", "40 dimensions, other sizes", lambda f: blip(f, *OTHER_BLIP), BlipForImageTextRetrieval),
    ("blip-2-itm", "32 queries", blip2, Blip2ForImageTextRetrieval),
    ("blip-2-itm", "7 queries with a place in texts", lambda f: blip2(f, *OTHER_BLIP2), Blip2ForImageTextRetrieval),
)]
