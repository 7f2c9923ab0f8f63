"""Tiny models of every family that examples/export knows, and their originals: a module per kind, a list CASES in each."""
from importlib import import_module

MODULES = ("real", "sentence_encoders", "rerankers", "several_vectors", "sparse_encoders", "image_text", "open_clip_models",
           "blips", "mixed", "pages")


def all_cases():
    for name in MODULES:
        yield from import_module(f"tiny.{name}").CASES
