"""What parity_families.py needs to know of a model to export it and to ask its original."""
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
