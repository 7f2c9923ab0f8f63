"""The families that can be exported, and those that cannot, with the reason. The first that recognises a model has it.

A family is a module beside this file with one function, `export(source, folder, options)`: it reads the model that
`source` (source.py) names and writes its bundle into `folder`, which is there and empty. `options` are the arguments of
export.py. It raises ExportError, with the remedy, for what it cannot export.
"""

from importlib import import_module
from typing import Callable, NamedTuple

from families.refusals import ENCODERS, REFUSALS, sparse, typed
from source import ExportError, Source


class Family(NamedTuple):
    name: str  # for --family and the manifest
    module: str  # the file in this folder
    recognises: Callable[[Source], bool]
    about: str
    takes: tuple = ()  # of OPTIONS; others are refused
    types: tuple = ()  # the model_type of config.json must be one of these; any, if there are none
    spare: str = ""  # weights that a checkpoint may lack, for nothing here reads them: a pattern of their names


# The options that change what a model says of itself.
OPTIONS = ("max_length", "query_prompt", "document_prompt", "pooling", "truncate_dim")
TEXTS = ("max_length", "query_prompt", "document_prompt")
PAIRS = ("max_length", "query_prompt")
POOLER = r"(^|\.)pooler\."  # what BERT and its kin learnt to tell sentences apart by


def named(word):
    """For what only the name tells apart; a folder that save_pretrained wrote may remember another name than its own."""
    return lambda source: word in source.name.lower() or word in str(source.config.get("_name_or_path")).lower()


def of_types(name, module, about, types, takes=TEXTS, spare="", recognised=True):
    """A family that is known by its model_type, or that needs one of these types but is chosen by --family alone."""
    return Family(name, module, typed(*types) if recognised else lambda source: False, about, takes, types, spare)


FAMILIES = [
    Family("bge-m3", "bge_m3", lambda s: s.has("sparse_linear.pt") and s.has("colbert_linear.pt"),
           "BGE-M3: dense, sparse and multi-vector from one pass, as FlagEmbedding", TEXTS, spare=POOLER),
    Family("colbert", "colbert", lambda s: s.has("artifact.metadata") or s.built_as("HF_ColBERT"),
           "ColBERT v1 and v2 checkpoints, as stanford-futuredata's colbert", spare=POOLER),
    Family("splade", "splade", lambda s: sparse(s) or (s.built_as("ForMaskedLM") and named("splade")(s)),
           "SPLADE and other masked language models with SpladePooling, as sentence-transformers' SparseEncoder", TEXTS),
    Family("bge-reranker", "bge_reranker",
           lambda s: s.built_as("ForSequenceClassification") and named("bge-reranker")(s),
           "BGE's rerankers v1 and v2-m3 with their cut of the query, as FlagEmbedding", PAIRS),
    Family("cross-encoder", "cross_encoder", lambda s: s.built_as("ForSequenceClassification"),
           "cross-encoders with one label, as sentence-transformers' CrossEncoder", PAIRS),
    Family("static-embedding", "static_embedding", lambda s: "StaticEmbedding" in s.modules,
           "sentence-transformers' StaticEmbedding and model2vec: the mean of a vector per token", ("query_prompt", "document_prompt")),
    Family("sentence-transformers", "sentence_transformer", lambda s: "Pooling" in s.modules or ENCODERS(s),
           "any sentence-transformers model; a plain encoder is pooled by the mean, as sentence-transformers does", OPTIONS, spare=POOLER),
    Family("open-clip", "open_clip", lambda s: s.has("open_clip_config.json") or s.model.startswith("open_clip:"),
           "any model of open_clip, as open_clip 3.3", TEXTS),
    of_types("clip", "dual_tower", "CLIP, OpenAI's and others, as transformers' CLIPModel", ("clip",)),
    of_types("align", "dual_tower", "ALIGN, as transformers' AlignModel", ("align",), spare=POOLER),
    of_types("siglip", "dual_tower", "SigLIP, and SigLIP 2 with pictures of one size, as transformers' SiglipModel", ("siglip",)),
    of_types("siglip2-naflex", "dual_tower", "SigLIP 2 NaFlex, as transformers' Siglip2Model", ("siglip2",)),
    of_types("blip", "blip", "BLIP's towers (ITC), as transformers' BlipForImageTextRetrieval", ("blip",)),
    of_types("blip-itm", "blip", "BLIP's reranker of (text, picture) pairs (ITM), by --family blip-itm", ("blip",), PAIRS, recognised=False),
    of_types("blip-2", "blip", "BLIP-2's towers (ITC), as transformers' Blip2ForImageTextRetrieval", ("blip-2",)),
    of_types("blip-2-itm", "blip", "BLIP-2's reranker of (text, picture) pairs (ITM), by --family blip-2-itm", ("blip-2",), PAIRS,
             recognised=False),
    of_types("flava", "flava", "FLAVA's contrastive towers, as transformers' FlavaModel", ("flava",), spare=POOLER),
    of_types("flava-composed", "flava", "FLAVA's vector of a text and a picture together, by --family flava-composed", ("flava",),
             spare=POOLER, recognised=False),
    of_types("data2vec-vision", "vision", "Data2Vec of pictures, as transformers' Data2VecVisionModel", ("data2vec-vision",), ("pooling",),
             spare=POOLER),
    of_types("florence-2", "vision", "Florence-2's image tower, as transformers' Florence2Model", ("florence2",), ()),
    of_types("colpali", "colpali", "ColPali (PaliGemma): many vectors for a page or query, as transformers' ColPaliForRetrieval",
             ("colpali",)),
    of_types("colqwen2", "colqwen2", "ColQwen2 (Qwen2-VL): many vectors for a page or query, as transformers' ColQwen2ForRetrieval",
             ("colqwen2",)),
]


def find(source, name=None):
    """The family called `name`, or else the one that recognises the source."""
    known = ", ".join(family.name for family in FAMILIES)
    for refusal in REFUSALS:
        if name == refusal.name or ((name is None or source.file) and refusal.recognises(source)):
            raise ExportError(f"{source.name} is of the family {refusal.name}, which cannot be exported: {refusal.reason}")
    for family in FAMILIES:
        if name == family.name:
            check_type(source, family)
        if name == family.name or (name is None and family.recognises(source)):
            return family
    if name is not None:
        raise ExportError(f"there is no family {name}; there are: {known}")
    kind = source.config.get("model_type")
    raise ExportError(f"{source.name} is of no family that is known here"
                      f"{f' (model_type {kind} in config.json)' if kind else ''}; "
                      f"if it belongs to one, say which with --family: {known}")


def check_type(source, family):
    if source.folder is None and not family.recognises(source):
        raise ExportError(f"{source.model} names weights of open_clip, whose family is open-clip; leave --family out")
    kind = source.config.get("model_type")
    if family.types and kind not in family.types:
        raise ExportError(f"--family {family.name} is for {' or '.join(family.types)}, but config.json of {source.name} "
                          f"{f'says model_type {kind}' if kind else 'names no model_type'}; leave --family out, or use the model of that family")


def flag(option):
    return "--" + option.replace("_", "-")


def check(family, options):
    """Refuses options that the family would not heed, and values that no model could have."""
    given = [option for option in OPTIONS if getattr(options, option) is not None]
    unheeded = [flag(option) for option in given if option not in family.takes]
    if unheeded:
        raise ExportError(f"the family {family.name} does not take {' and '.join(unheeded)}; of these options it takes "
                          f"{', '.join(map(flag, family.takes)) or 'none'}")
    for option in ("max_length", "truncate_dim"):
        if option in given and getattr(options, option) < 1:
            raise ExportError(f"{flag(option)} {getattr(options, option)}: give a number above 0")


def overview():
    """All families, for people."""
    lines = [f"  {family.name}: {family.about}" for family in FAMILIES]
    return "\n".join(["families:", *lines, "refused:", *(f"  {refusal.name}: {refusal.reason}" for refusal in REFUSALS)])


def load(family):
    return import_module(f"families.{family.module}")
