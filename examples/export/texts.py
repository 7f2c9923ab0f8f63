"""What every family that reads texts shares: its tokenizer as a file, the manifest's `text` section, goldens' texts."""

import json

import torch
from transformers import PreTrainedTokenizerFast

import bundle
from source import ExportError

LONGEST = 65536  # tokens that a bundle can say
# Types of models whose positions begin behind the id of padding.
COUNTED_FROM_PADDING = {"camembert", "data2vec-text", "mpnet", "roberta", "xlm-roberta"}
GOLDEN_TEXTS = [
    "a red bicycle leans against the wall", "", "Café crème in a naïve Zürich façade — 東京 №5!",
    " ".join(f"word{i} tells the story of the {'old' if i % 2 else 'new'} harbour" for i in range(60)),
]
GOLDEN_PAIRS = [
    ("red bicycle", "A bicycle is a vehicle with two wheels, here painted red."), ("", ""),
    ("crème brûlée", "Dessert of custard under burnt sugar — naïve café fare."),
    ("long", " ".join(f"passage number {i} goes on" for i in range(40))),
]


def write_tokenizer(tokenizer, target, single=None):
    """The tokenizer as transformers runs it, which is not always its tokenizer.json. `single`, a template such as
    "[CLS] [unused0] $A [SEP]" or a list of such pieces, replaces what is set around a text."""
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise ExportError(f"{type(tokenizer).__name__} has no tokenizer.json and cannot be turned into one; "
                          "use a checkpoint with a fast tokenizer")
    content = json.loads(tokenizer.backend_tokenizer.to_str())
    if single is not None:
        content["post_processor"] = template(tokenizer, single)
    bundle.write_tokenizer_content(content, target)


def template(tokenizer, single):
    pieces, used = [], {}
    for piece in single.split() if isinstance(single, str) else single:
        if piece == "$A":
            pieces.append({"Sequence": {"id": "A", "type_id": 0}})
        else:
            number = tokenizer.convert_tokens_to_ids(piece)
            if number is None or (number == tokenizer.unk_token_id and piece != tokenizer.unk_token):
                raise ExportError(f"the tokenizer lacks the token {piece}, which this family sets around its texts")
            pieces.append({"SpecialToken": {"id": piece, "type_id": 0}})
            used[piece] = {"id": piece, "ids": [number], "tokens": [piece]}
    return {"type": "TemplateProcessing", "single": pieces, "special_tokens": used,
            "pair": pieces + [{"Sequence": {"id": "B", "type_id": 0}}]}


def section(tokenizer, folder, max_length, query="", document="", file="tokenizer.json", single=None, pair=False, **more):
    """Writes the tokenizer and returns the manifest's `text` section; what is at its default is left out."""
    pieces = single.split() if isinstance(single, str) else single
    around = len(pieces) - 1 if pieces else tokenizer.num_special_tokens_to_add(pair)
    least = around + (2 if pair else 1)
    if max_length < least:
        raise ExportError(f"--max-length {max_length}: {around} tokens are set around {'a pair of texts' if pair else 'every text'}, so give {least} or more")
    write_tokenizer(tokenizer, folder / file, single)
    found = {"tokenizer": file, "max_length": max_length, "prompts": {"query": query, "document": document}}
    optional = {"pad_id": tokenizer.pad_token_id or 0, "pad_type_id": tokenizer.pad_token_type_id,
                "padding_side": tokenizer.padding_side, "truncation_side": tokenizer.truncation_side, **more}
    defaults = {"pad_id": 0, "pad_type_id": 0, "padding_side": "right", "truncation_side": "right"}
    return found | {name: value for name, value in optional.items() if value != defaults.get(name)}


def chosen_prompts(options):
    """The prompts that the user chose, for constructors of sentence-transformers, which let them replace the model's own."""
    chosen = {"query": options.query_prompt, "document": options.document_prompt}
    return {name: text for name, text in chosen.items() if text is not None}


def asked(prompts, sample=tuple(GOLDEN_TEXTS)):
    """(text, prompt, more of its golden): the texts as documents, and the first as a query if queries have another prompt."""
    rows = [(text, prompts["document"], {}) for text in sample]
    return rows + ([(sample[0], prompts["query"], {"query": True})] if prompts["query"] != prompts["document"] else [])


def inputs_of(tokenizer, network_inputs):
    """The tensors, in the order of the network's arguments, that the tokenizer makes and the network takes."""
    given = tokenizer("a").keys()
    return [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in given and name in network_inputs]


def longest(options, tokenizer, config, usual=None):
    """How many tokens a text may have: as chosen, else what the tokenizer says, within the network's positions. `usual` is
    what the model's own package says."""
    positions = getattr(config, "max_position_embeddings", None)
    if positions is not None and positions > 0 and config.model_type in COUNTED_FROM_PADDING:
        positions -= config.pad_token_id + 1
    chosen = options.max_length
    limits = [n for n in (chosen or usual or tokenizer.model_max_length, positions) if n is not None and 0 < n <= LONGEST]
    most = positions if positions is not None and 0 < positions <= LONGEST else LONGEST
    if chosen is not None and chosen > most:
        raise ExportError(f"--max-length {chosen}: this model reads texts of up to {most} tokens")
    if not limits:
        raise ExportError("neither tokenizer nor configuration says how long a text may be; say it with --max-length")
    return min(limits)


def uncut(ids, max_length, prompts):
    """The goldens' texts for a model whose original cuts none: those that fit, whatever their prompt."""
    fitting = [text for text in GOLDEN_TEXTS if all(len(ids(prompt + text)) <= max_length for prompt in prompts.values())]
    if "" not in fitting:
        raise ExportError(f"no text fits the frame of {len(ids(''))} tokens that this model sets around its texts: raise --max-length")
    return fitting


def batch(tokenizer, texts, inputs, max_length, **how):
    """The tensors that transformers makes of texts, or of (query, document) pairs."""
    how = {"padding": True, "truncation": True, "max_length": max_length, "return_tensors": "pt", **how}
    columns = zip(*texts) if isinstance(texts[0], tuple) else (texts,)
    made = tokenizer(*map(list, columns), **how)
    return tuple(made[name] for name in inputs)


def examples(tokenizer, texts, inputs, max_length, **how):
    """Tensors to trace with, and others of another batch size and length to check the trace with."""
    one, two, three = texts[0], texts[1:3], (texts + texts)[-3:]
    return [batch(tokenizer, list(rows), inputs, max_length, **how) for rows in (texts[:3], [one], two, three)]


class Positional(torch.nn.Module):
    """A network that takes its inputs by name, as a function of tensors in a fixed order."""

    def __init__(self, network, inputs, result):
        super().__init__()
        self.network, self.inputs, self.result = network, inputs, result

    def forward(self, *tensors):
        return self.result(self.network(**dict(zip(self.inputs, tensors)), return_dict=True))
