"""The models that cannot be exported, with the reason and what to use instead."""

from typing import Callable, NamedTuple

from source import Source


class Refusal(NamedTuple):
    name: str
    recognises: Callable[[Source], bool]
    reason: str  # and what to use instead


def typed(*model_types):
    return lambda source: source.config.get("model_type") in model_types


def sparse(source):
    return "SpladePooling" in source.modules or source.object("config_sentence_transformers.json").get("model_type") == "SparseEncoder"


# Encoders of texts that transformers' AutoModel builds and that are traced here.
ENCODERS = typed("albert", "bert", "camembert", "data2vec-text", "deberta-v2", "distilbert", "electra", "modernbert", "mpnet",
                 "roberta", "xlm-roberta")


def late_interaction(source):
    """A transformer and perhaps a projection, with nothing that makes one vector of the tokens'."""
    return (any(kind.startswith("pylate.") for kind in source.module_types)
            or (source.modules[:1] == ["Transformer"] and set(source.modules) <= {"Transformer", "Dense", "Normalize"}
                and not source.built_as("ForSequenceClassification") and not sparse(source) and ENCODERS(source)))


REFUSALS = [
    Refusal("language-model", lambda s: s.built_as("ForCausalLM") and not s.modules,
            "it generates texts. To embed with one, use a model of sentence-transformers, which says how it is pooled; to "
            "rerank, use a cross-encoder with one label, such as bge-reranker-v2-m3"),
    Refusal("x-clip", typed("xclip"),
            "the vectors of its texts depend on the video that is searched, so no index can hold them; "
            "use CLIP on the frames of the video"),
    Refusal("pylate", late_interaction,
            "its modules make a vector for each token and none for the text: a late interaction model, as PyLate keeps them. Use a checkpoint "
            "of stanford-futuredata's colbert, such as colbert-ir/colbertv2.0; if the model was meant to make one vector, its modules.json "
            "lacks a Pooling"),
    Refusal("router", lambda s: "Router" in s.modules and not sparse(s),
            "it is a Router, which sends queries and documents, or texts and pictures, through modules of their own. Known are Routers of "
            "SparseEncoder with a table of weights for queries; of others, save each route as a model (its folder) and export that"),
    Refusal("albef", lambda s: s.file is not None and "albef" in s.file.name.lower(),
            "it is not in transformers, and reads texts by a tokenizer and cleaning of its own; use BLIP, which followed it"),
    Refusal("bridgetower", typed("bridgetower"),
            "its pictures are sized under two bounds at once and padded to the largest of a batch, which no bundle can say, and one "
            "text can be compared with one picture at a time only; for vectors of a text and a picture together use FLAVA "
            "(--family flava-composed)"),
    Refusal("lavis", lambda s: s.file is not None and (s.file.suffix == ".pth" or "blip" in s.file.name.lower()),
            "it is a checkpoint of LAVIS, whose classes are not known here; use the same model as transformers has it, such as "
            "Salesforce/blip-itm-base-coco or Salesforce/blip2-itm-vit-g"),
    Refusal("file", lambda s: s.file is not None,
            "a model is a folder with its configuration and tokenizer, or a name on the hub, and one file is neither. OpenAI's CLIP "
            "(ViT-B-32.pt and so on) becomes a bundle by `sextant import-clip FILE.pt OUT --vocabulary bpe_simple_vocab_16e6.txt.gz`"),
    Refusal("adapter", lambda s: s.has("adapter_config.json") and not s.has("config.json"),
            "the folder holds an adapter, not a model; merge it into its base model (merge_and_unload of peft) and export that, or "
            "use a checkpoint that is merged, such as vidore/colpali-v1.3-hf"),
]
