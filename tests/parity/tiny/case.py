"""What parity_families.py needs to know of a model to export it and to ask its original."""
import math
from dataclasses import dataclass, field
from typing import Any, Callable

import torch

SEED = 20


@dataclass
class Case:
    """`make(folder)` saves the model as its real classes do. `original(folder)` returns a function of (kind of input, list
    of inputs), with the kinds "documents", "queries", "pairs", "images" and "text_images", and its answer: a dictionary of
    some of "dense" (array), "sparse" ([{id: weight}]), "multi" ([array]) and "scores" (array)."""
    family: str
    configuration: str
    make: Callable[[Any], None]
    original: Callable[[Any], Callable[[str, list], dict]]
    kinds: tuple = ("documents", "queries")
    options: dict = field(default_factory=dict)  # of the exporter
    model: str = ""  # what is exported, if not the folder that `make` fills: a path within it, or anywhere
    avoided: str = ""  # what texts do without, because the family's module says that it differs there

    def export_from(self, folder):
        return folder / self.model


def spread(model, factor=10.0):
    """The usual small initial weights would give every input nearly the same vector; biases would all be zero."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(factor)
            else:
                parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def seeded(number=0):
    torch.manual_seed(SEED + number)


def enlivened(model, gain):
    """The same for towers of pictures: each weight is drawn anew by how many inputs it sums up, so that deep and convolutional
    networks neither fade nor blow up; scales and biases of scores stay."""
    tables = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    norms = {id(m.weight) for m in model.modules() if "Norm" in type(m).__name__ and getattr(m, "weight", None) is not None}
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn_like(parameter)
            if id(parameter) in norms:
                parameter.copy_(1 + 0.1 * noise)
            elif parameter.dim() > 1 and id(parameter) not in tables:
                parameter.copy_(noise * gain / math.sqrt(parameter[0].numel()))
            elif parameter.numel() > 1:
                parameter.copy_(noise * (0.5 if id(parameter) in tables else 0.1))
        for norm in (m for m in model.modules() if getattr(m, "running_var", None) is not None):
            norm.running_mean.normal_(std=0.1)
            norm.running_var.uniform_(0.8, 1.3)
    return model.eval()
