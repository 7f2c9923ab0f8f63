"""The families that can be exported, and those that cannot, with the reason. The first that recognises a model has it.

A family is a module beside this file with one function, `export(source, folder, options)`: it reads the model that
`source` (source.py) names and writes its bundle into `folder`, which is there and empty. `options` are the arguments of
export.py. It raises ExportError, with the remedy, for what it cannot export.
"""

from importlib import import_module
from typing import Callable, NamedTuple

from source import ExportError, Source


class Family(NamedTuple):
    name: str  # for --family and the manifest
    module: str  # the file in this folder
    recognises: Callable[[Source], bool]
    about: str


class Refusal(NamedTuple):
    name: str
    recognises: Callable[[Source], bool]
    reason: str  # and what to use instead


def typed(*model_types):
    return lambda source: source.config.get("model_type") in model_types


def named(word):
    """For what only the name tells apart; a folder that save_pretrained wrote may remember another name than its own."""
    return lambda source: word in source.name.lower() or word in str(source.config.get("_name_or_path")).lower()


# Encoders of texts that transformers' AutoModel builds and that are traced here.
ENCODERS = typed("albert", "bert", "camembert", "data2vec-text", "deberta-v2", "distilbert", "electra", "modernbert", "mpnet",
                 "roberta", "xlm-roberta")

FAMILIES = [
    Family("bge-m3", "bge_m3", lambda s: s.has("sparse_linear.pt") and s.has("colbert_linear.pt"),
           "BGE-M3: dense, sparse and multi-vector from one pass, as FlagEmbedding"),
    Family("colbert", "colbert", lambda s: s.has("artifact.metadata") or s.built_as("HF_ColBERT"),
           "ColBERT v1 and v2 checkpoints, as stanford-futuredata's colbert"),
    Family("splade", "splade", lambda s: "SpladePooling" in s.modules or s.json("config_sentence_transformers.json").get("model_type") == "SparseEncoder"
           or (s.built_as("ForMaskedLM") and named("splade")(s)),
           "SPLADE and other masked language models with SpladePooling, as sentence-transformers' SparseEncoder"),
    Family("bge-reranker", "bge_reranker",
           lambda s: s.built_as("ForSequenceClassification") and named("bge-reranker")(s),
           "BGE's rerankers v1 and v2-m3 with their cut of the query, as FlagEmbedding"),
    Family("cross-encoder", "cross_encoder", lambda s: s.built_as("ForSequenceClassification"),
           "cross-encoders with one label, as sentence-transformers' CrossEncoder"),
    Family("static-embedding", "static_embedding", lambda s: "StaticEmbedding" in s.modules,
           "sentence-transformers' StaticEmbedding and model2vec: the mean of a vector per token"),
    Family("sentence-transformers", "sentence_transformer", lambda s: "Pooling" in s.modules or ENCODERS(s),
           "any sentence-transformers model; a plain encoder is pooled by the mean, as sentence-transformers does"),
    Family("open-clip", "open_clip", lambda s: s.has("open_clip_config.json") or s.model.startswith("open_clip:"),
           "any model of open_clip, as open_clip 3.3"),
    Family("clip", "dual_tower", typed("clip"), "CLIP, OpenAI's and others, as transformers' CLIPModel"),
    Family("align", "dual_tower", typed("align"), "ALIGN, as transformers' AlignModel"),
    Family("siglip", "dual_tower", typed("siglip"), "SigLIP, and SigLIP 2 with pictures of one size, as transformers' SiglipModel"),
    Family("siglip2-naflex", "dual_tower", typed("siglip2"), "SigLIP 2 NaFlex, as transformers' Siglip2Model"),
    Family("blip", "blip", typed("blip"), "BLIP's towers (ITC), as transformers' BlipForImageTextRetrieval"),
    Family("blip-itm", "blip", lambda s: False, "BLIP's reranker of (text, picture) pairs (ITM), by --family blip-itm"),
    Family("blip-2", "blip", typed("blip-2"), "BLIP-2's towers (ITC), as transformers' Blip2ForImageTextRetrieval"),
    Family("blip-2-itm", "blip", lambda s: False, "BLIP-2's reranker of (text, picture) pairs (ITM), by --family blip-2-itm"),
    Family("flava", "flava", typed("flava"), "FLAVA's contrastive towers, as transformers' FlavaModel"),
    Family("flava-composed", "flava", lambda s: False, "FLAVA's vector of a text and a picture together, by --family flava-composed"),
    Family("data2vec-vision", "vision", typed("data2vec-vision"), "Data2Vec of pictures, as transformers' Data2VecVisionModel"),
    Family("florence-2", "vision", typed("florence2"), "Florence-2's image tower, as transformers' Florence2Model"),
    Family("colpali", "colpali", typed("colpali"), "ColPali (PaliGemma): many vectors for a page or query, as transformers' ColPaliForRetrieval"),
    Family("colqwen2", "colqwen2", typed("colqwen2"), "ColQwen2 (Qwen2-VL): many vectors for a page or query, as transformers' ColQwen2ForRetrieval"),
]

REFUSALS = [
    Refusal("language-model", lambda s: s.built_as("ForCausalLM") and not s.modules,
            "it generates texts. To embed with one, use a model of sentence-transformers, which says how it is pooled; to "
            "rerank, use a cross-encoder with one label, such as bge-reranker-v2-m3"),
    Refusal("x-clip", typed("xclip"),
            "the vectors of its texts depend on the video that is searched, so no index can hold them; "
            "use CLIP on the frames of the video"),
    Refusal("albef", lambda s: s.file is not None and "albef" in s.file.name.lower(),
            "it is not in transformers, and reads texts by a tokenizer and cleaning of its own; use BLIP, which followed it"),
    Refusal("bridgetower", typed("bridgetower"),
            "its pictures are sized under two bounds at once and padded to the largest of a batch, which no bundle can say, and one "
            "text can be compared with one picture at a time only; for vectors of a text and a picture together use FLAVA "
            "(--family flava-composed)"),
    Refusal("adapter", lambda s: s.has("adapter_config.json") and not s.has("config.json"),
            "the folder holds an adapter, not a model; merge it into its base model (merge_and_unload of peft) and export that, or "
            "use a checkpoint that is merged, such as vidore/colpali-v1.3-hf"),
]


def find(source, name=None):
    """The family called `name`, or else the one that recognises the source."""
    known = ", ".join(family.name for family in FAMILIES)
    for refusal in REFUSALS:
        if name == refusal.name or (name is None and refusal.recognises(source)):
            raise ExportError(f"{source.name} is of the family {refusal.name}, which cannot be exported: {refusal.reason}")
    for family in FAMILIES:
        if name == family.name or (name is None and family.recognises(source)):
            return family
    if name is not None:
        raise ExportError(f"there is no family {name}; there are: {known}")
    kind = source.config.get("model_type")
    raise ExportError(f"{source.name} is of no family that is known here"
                      f"{f' (model_type {kind} in config.json)' if kind else ''}; "
                      f"if it belongs to one, say which with --family: {known}")


def overview():
    """All families, for people."""
    lines = [f"  {family.name}: {family.about}" for family in FAMILIES]
    return "\n".join(["families:", *lines, "refused:", *(f"  {refusal.name}: {refusal.reason}" for refusal in REFUSALS)])


def load(family):
    return import_module(f"families.{family.module}")
