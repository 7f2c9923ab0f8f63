"""What families with a tower for texts and one for pictures share: both are traced, and compared with the original."""

from typing import Callable, NamedTuple

import torch
from PIL import ImageOps

import bundle
import images
import texts
from source import ExportError


class Method(torch.nn.Module):
    """One of a model's methods as a function of tensors in a fixed order; `inputs` are the names of its arguments."""

    def __init__(self, model, method, inputs=()):
        super().__init__()
        self.model, self.method, self.inputs = model, method, inputs

    def forward(self, *tensors):
        method = getattr(self.model, self.method)
        return method(**dict(zip(self.inputs, tensors))) if self.inputs else method(*tensors)


class Tower(NamedTuple):
    network: torch.nn.Module  # traced: what `inputs` name becomes vectors, [rows, dimensions] or [rows, vectors, dimensions]
    inputs: list
    prepare: Callable  # a list of texts or of pictures to the tensors, by name
    original: Callable  # a list of texts or of pictures to vectors, as the model's authors compute them
    output: str = "dense"  # or multi
    one_shape: bool = True  # all pictures make tensors of one shape


def batches(tower, items):
    """Tensors to trace with and to check the trace with: batches of two, one and three."""
    groups = [[items[0], items[1]], [items[2]], [items[2], items[0], items[1]]]
    if not tower.one_shape:
        groups = [[group[0], ImageOps.mirror(group[0]), group[0]][:len(group)] for group in groups]
    rows = [tower.prepare(group) for group in groups]
    return [tuple(tensors[name] for name in tower.inputs) for tensors in rows]


def vectors(tower, item, normalize):
    """The golden of one text or picture, by the original; what will be traced must agree with it."""
    with torch.no_grad():
        tensors = tower.prepare([item])
        found, ours = tower.original([item])[0], tower.network(*(tensors[name] for name in tower.inputs))[0]
    if normalize:
        found, ours = (torch.nn.functional.normalize(x, dim=-1) for x in (found, ours))
    difference = bundle.largest_difference(ours, found) / max(1.0, float(found.abs().max()))
    if not difference <= 1e-4:
        raise ExportError(f"what was wrapped for tracing differs from the original by {difference:.2g} for {item!r}; use the versions "
                          "of requirements.txt")
    return {"vector": bundle.rounded(found)} if tower.output == "dense" else {"multi": [bundle.rounded(row) for row in found]}


def goldens_of_texts(tower, ids, section, normalize=True, sample=texts.GOLDEN_TEXTS):
    """Of the texts as documents, and of the first as a query if queries have another prompt."""
    rows = texts.asked(section["prompts"], sample)
    return [{"text": text, **more, "input_ids": ids(prompt + text), **vectors(tower, prompt + text, normalize)} for text, prompt, more in rows]


def goldens_of_pictures(tower, folder, normalize=True):
    return images.write_goldens(folder, lambda picture: tower.prepare([picture])["pixel_values"][0],
                                lambda picture: vectors(tower, picture, normalize))


def save(folder, name, tower, sample):
    """Traces a tower, checks the trace with other batches, and returns its entry in the manifest's `networks`."""
    bundle.save_general_network(tower.network, batches(tower, sample), folder / f"{name}.pt")
    entry = {"file": f"{name}.pt", "inputs": tower.inputs, "pooling": "none"}
    return entry if tower.output == "dense" else entry | {"outputs": [tower.output]}


def write(folder, manifest, text=None, ids=None, image=None, sample=texts.GOLDEN_TEXTS):
    """Writes the bundle of a dual encoder; `manifest` holds everything but networks and files. `ids` are the original's
    tokens of a text, padding left out; `sample` are the texts of the goldens."""
    normalize, networks, goldens = manifest.get("normalize", True), {}, {}
    if text is not None:
        goldens["text"] = goldens_of_texts(text, ids, manifest["text"], normalize, sample)
        networks["text"] = save(folder, "text", text, texts.GOLDEN_TEXTS)
    if image is not None:
        goldens["image"] = goldens_of_pictures(image, folder, normalize)
        networks["image"] = save(folder, "image", image, list(images.golden_pictures()))
    lengths = {len(rows[0]["vector"] if "vector" in rows[0] else rows[0]["multi"][0]) for rows in goldens.values()}
    if len(lengths) > 1:
        raise ExportError(f"the two towers make vectors of {' and '.join(map(str, sorted(lengths)))} dimensions: the "
                          "configuration does not fit the weights")
    dense = any("vector" in rows[0] for rows in goldens.values())
    bundle.write_manifest(folder, manifest | {"kind": "dual-encoder", "dimensions": lengths.pop() if dense else 0, "normalize": normalize,
                                              "networks": networks}, goldens)
