"""Any model of open_clip: MODEL is `open_clip:ARCHITECTURE/TAG`, or a folder or hub name with an open_clip_config.json. How
pictures are prepared comes with the weights. One thing is not open_clip's: texts are not repaired by ftfy."""

import math
import warnings
from textwrap import shorten

import torch
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

import bundle
import texts
import towers
from source import ExportError

CLEANING = {"_clean_lower": "clip", "_clean_whitespace": "whitespace", "_clean_canonicalize": "canonicalize"}
SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"


class Causal(torch.nn.Module):
    """The text tower of open_clip.CLIP for texts of any length: it looks back only and pools the end of the text, so what
    fills a text up changes nothing and need not be there. The mask, which says so to the caller, is not read."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        from open_clip.transformer import text_global_pool
        model, length = self.model, input_ids.shape[1]
        x = model.token_embedding(input_ids) + model.positional_embedding[:length]
        x = model.ln_final(model.transformer(x, attn_mask=model.attn_mask[:length, :length]))
        x = text_global_pool(x, input_ids, model.text_pool_type, eos_token_id=getattr(model, "text_eos_id", None))
        if isinstance(model.text_projection, torch.nn.Linear):
            return model.text_projection(x)
        return x if model.text_projection is None else x @ model.text_projection


def load(source):
    """The model with its weights, the transform of pictures and the tokenizer."""
    try:
        import open_clip
    except ImportError as error:
        raise ExportError(f"{error}: pip install --no-deps open_clip_torch==3.3.0 timm ftfy wcwidth, and the torchvision of your "
                          "torch") from None
    architecture, _, tag = source.model.removeprefix("open_clip:").partition("/")
    name = f"local-dir:{source.folder}" if source.folder else architecture
    if not source.folder and not open_clip.get_pretrained_cfg(architecture, tag):
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(architecture)) or "none; open_clip does not know it"
        raise ExportError(f"{architecture} has no weights with the tag \"{tag}\", which say how pictures are prepared; there are: {tags}")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="QuickGELU mismatch")
        try:
            model, transform = open_clip.create_model_from_pretrained(name, tag or None)
        except (UserWarning, RuntimeError, ValueError, OSError) as error:
            raise ExportError(f"open_clip cannot load {source.name}: {shorten(str(error), 300)}") from None
    return model.eval(), transform, open_clip.get_tokenizer(name)


def simple(tokenizer):
    """open_clip's SimpleTokenizer as a tokenizer.json; the manifest's `clean` does its cleaning."""
    merges = sorted(tokenizer.bpe_ranks, key=tokenizer.bpe_ranks.get)
    made = Tokenizer(models.BPE(vocab=tokenizer.encoder, merges=merges, end_of_word_suffix="</w>"))
    made.add_special_tokens([AddedToken(tokenizer.decoder[i], normalized=False) for i in tokenizer.all_special_ids])
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "removed", invert=True),
                                                  pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    return PreTrainedTokenizerFast(tokenizer_object=made), f"{tokenizer.decoder[tokenizer.sot_token_id]} $A {tokenizer.decoder[tokenizer.eot_token_id]}"


def text_section(model, tokenizer, folder, options, fill):
    kind = type(tokenizer).__name__
    if getattr(tokenizer, "tokenizer_mode", "") or getattr(tokenizer, "reduction_fn", None):
        raise ExportError(f"the tokenizer puts a text together in a way that a bundle cannot say (tokenizer_mode "
                          f"{getattr(tokenizer, 'tokenizer_mode', '')}, reduction {getattr(tokenizer, 'reduction_fn', None)})")
    clean = CLEANING[tokenizer.clean_fn.__name__] if hasattr(tokenizer, "clean_fn") else "canonicalize"
    template = None
    if kind == "SimpleTokenizer":
        fast, template = simple(tokenizer)
    else:
        fast = tokenizer.tokenizer
        if getattr(tokenizer, "strip_sep_token", False):  # CLIPA: id 0 stands where the end was
            template = f"{fast.cls_token} $A {fast.convert_ids_to_tokens(0)}"
    length = options.max_length or tokenizer.context_length
    if length > tokenizer.context_length:
        raise ExportError(f"--max-length {length}: this model reads texts of up to {tokenizer.context_length} tokens")
    if fill and length != tokenizer.context_length:
        raise ExportError(f"--max-length: this text tower reads texts of {tokenizer.context_length} tokens and no others")
    return texts.section(fast, folder, length, options.query_prompt or "", options.document_prompt or "", single=template, clean=clean,
                         **({"pad_to_max_length": True} if fill else {}))


def image_section(cfg):
    """What open_clip.transform.image_transform does with these settings."""
    height, width = (cfg["size"],) * 2 if isinstance(cfg["size"], int) else cfg["size"]
    size, kind = [height, width], cfg["interpolation"] if cfg["interpolation"] == "bilinear" else "bicubic"
    if cfg["resize_mode"] == "squash":
        found = {"resize": {"mode": "squash", "size": size, "filter": kind}}
    elif cfg["resize_mode"] == "longest":
        found = {"resize": {"mode": "fit", "size": size, "filter": kind}, "pad": {"size": size}, "fill": [cfg["fill_color"]] * 3}
    elif cfg["resize_mode"] == "shortest" and height == width:
        found = {"resize": {"mode": "shortest_edge", "size": height, "filter": kind}, "crop": {"size": size, "rounding": "round_even"}}
    elif cfg["resize_mode"] == "shortest":  # always bicubic, whatever the settings say
        found = {"resize": {"mode": "cover", "size": size, "filter": "bicubic"}, "crop": {"size": size, "rounding": "round_even"}}
    else:
        raise ExportError(f"preprocess_cfg has resize_mode = {cfg['resize_mode']}, which the bundle's `image` section cannot say")
    return found | {"convert": "after", "rescale": "divide_255", "mean": list(cfg["mean"]), "std": list(cfg["std"])}


def text_tower(model, tokenizer, short, pad):
    def whole(rows):
        return tokenizer(rows)

    def prepare(rows):
        ids = whole(rows)
        if short:
            ids = ids[:, :int((ids != pad).cumsum(1).argmax(1).max()) + 1]
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    read = ["input_ids", "attention_mask"] if short else ["input_ids"]
    return towers.Tower(Causal(model) if short else towers.Method(model, "encode_text"), read, prepare, lambda rows: model.encode_text(whole(rows)))


def ids_of(tokenizer, pad):
    """The tokens of a text without what fills it up."""
    def ids(text):
        if hasattr(tokenizer, "tokenizer"):  # transformers' within, which can leave out the padding itself
            cleaned = tokenizer.clean_fn(text) if hasattr(tokenizer, "clean_fn") else canonical(text)
            found = tokenizer.tokenizer(cleaned, truncation=True, max_length=tokenizer.context_length)["input_ids"]
            return [0 if getattr(tokenizer, "strip_sep_token", False) and i == tokenizer.tokenizer.sep_token_id else i for i in found]
        found = tokenizer([text])[0]
        return found[:int((found != pad).cumsum(0).argmax()) + 1].tolist()
    return ids


def canonical(text):
    from open_clip.tokenizer import basic_clean, canonicalize_text
    return canonicalize_text(basic_clean(text))


def export(source, folder, options):
    model, transform, tokenizer = load(source)
    import open_clip
    short = type(model) is open_clip.CLIP and model.attn_mask is not None and model.text_pool_type in ("argmax", "eos")
    section = text_section(model, tokenizer, folder, options, not short)
    pad = section.get("pad_id", 0)

    def prepare(pictures):
        return {"pixel_values": torch.stack([transform(picture) for picture in pictures])}
    image = towers.Tower(towers.Method(model, "encode_image"), ["pixel_values"], prepare,
                         lambda pictures: model.encode_image(prepare(pictures)["pixel_values"]))
    bias = getattr(model, "logit_bias", None)
    score = bundle.score("cosine", math.exp(float(model.logit_scale.max())), 0.0 if bias is None else float(bias.max()),
                         "softmax" if bias is None else "sigmoid")
    towers.write(folder, bundle.head(source, options) | {
        "score": score, "text": section, "image": image_section(open_clip.get_model_preprocess_cfg(model))},
        text_tower(model, tokenizer, short, pad), ids_of(tokenizer, pad), image)
