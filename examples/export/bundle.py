"""Writes Sextant bundles: hashes, manifest and goldens, as src/bundle/FORMAT.md says. Used by every exporter here."""

import hashlib
import json
import math
import platform
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from source import ExportError
from tracing import plain_attention

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"


def versions():
    """What made the goldens."""
    import PIL
    import tokenizers
    made_with = {"python": platform.python_version(), "torch": torch.__version__.split("+")[0], "tokenizers": tokenizers.__version__,
                 "Pillow": PIL.__version__, "numpy": np.__version__}
    for name in ("transformers", "sentence_transformers", "open_clip"):
        if name in sys.modules:
            made_with[name] = sys.modules[name].__version__
    return ", ".join(f"{name} {version}" for name, version in made_with.items())


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_tokenizer_content(content, target):
    """Writes a tokenizer.json without its own truncation and padding: the manifest says how long a text may be."""
    content = content | {"truncation": None, "padding": None}
    Path(target).write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def write_tokenizer(source, target):
    write_tokenizer_content(json.loads(Path(source).read_text(encoding="utf-8")), target)


def tokenize(tokenizer_file, max_length, text, document=None):
    """The encoding the reference pipeline makes of a text, or of a text with a document, cut to max_length tokens."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.enable_truncation(max_length)
    return tokenizer.encode(text) if document is None else tokenizer.encode(text, document)


def text_tensors(encodings, inputs, pad_id=0):
    """The named int64 [batch, tokens] tensors of a batch of encodings, padded to the longest."""
    longest = max(len(e.ids) for e in encodings)
    rows = {"input_ids": [e.ids + [pad_id] * (longest - len(e.ids)) for e in encodings],
            "attention_mask": [[1] * len(e.ids) + [0] * (longest - len(e.ids)) for e in encodings],
            "token_type_ids": [e.type_ids + [0] * (longest - len(e.ids)) for e in encodings]}
    return [torch.tensor(rows[name], dtype=torch.int64) for name in inputs if name in rows]


def pooled(output, mask, pooling, normalize):
    """What the manifest's `pooling` and `normalize` make of a network's output."""
    if pooling == "cls":
        output = output[:, 0]
    elif pooling == "mean":
        weight = mask.unsqueeze(-1).to(output.dtype)
        output = (output * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
    return torch.nn.functional.normalize(output, dim=-1) if normalize else output


def preprocess(image, section):
    """The float32 [3, height, width] tensor of a PIL picture, for `squash` and `divide_255` as our exporters use them."""
    from PIL import Image
    assert section["resize"]["mode"] == "squash" and section["rescale"] == "divide_255"
    height, width = section["resize"]["size"]
    kind = Image.Resampling[section["resize"]["filter"].upper()]
    small = np.asarray(image.convert("RGB").resize((width, height), kind), dtype=np.float32) / np.float32(255)
    small = (small - np.float32(section["mean"])) / np.float32(section["std"])
    return np.ascontiguousarray(small.transpose(2, 0, 1))


def rounded(vector):
    return [float(f"{x:.9g}") for x in np.asarray(vector, dtype=np.float32).ravel()]


def weights(by_id):
    """The weights of a sparse vector as goldens hold them."""
    return {str(token): float(f"{weight:.9g}") for token, weight in sorted(by_id.items())}


def without_debug_records(source, target):
    """Copies a TorchScript file but for its debug records: they hold the paths of the machine that traced it. Entries
    keep their order; fixed dates make equal networks equal files; data starts at multiples of 64 as torch writes it."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            if entry.filename.endswith(".debug_pkl"):
                continue
            copy = zipfile.ZipInfo(entry.filename.replace(source.stem, target.stem, 1))
            copy.compress_type = entry.compress_type
            if copy.compress_type == zipfile.ZIP_STORED:
                header = new.fp.tell() + 30 + len(copy.filename.encode()) + 4
                padding = -header % 64
                copy.extra = b"FB" + padding.to_bytes(2, "little") + b"Z" * padding
            new.writestr(copy, old.read(entry))


def save_network(module, example, path):
    """Traces a module in eval mode and writes it; returns the traced module, which the goldens are made with."""
    module.eval()
    with torch.no_grad(), plain_attention(), warnings.catch_warnings():
        # Of each constant that a trace may bake in; what matters is that it computes the same, which callers check.
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        traced = torch.jit.trace(module, example, check_trace=False)
    raw = path.with_suffix(".raw")
    traced.save(str(raw))
    without_debug_records(raw, path)
    raw.unlink()
    return torch.jit.load(str(path))


def largest_difference(ours, theirs):
    """Over the outputs of two runs; infinite if their shapes differ."""
    pairs = list(zip(*(x if isinstance(x, (tuple, list)) else (x,) for x in (ours, theirs)), strict=True))
    return max(float((a.double() - b.double()).abs().max()) if a.shape == b.shape else math.inf for a, b in pairs)


def save_general_network(module, examples, path, tolerance=1e-4):
    """Traces with the first of `examples` (tuples of tensors) and writes; then what was written must compute what the
    module computes for all of them, which differ in batch size and length. Else raises ExportError."""
    network = save_network(module, examples[0], path)
    for example in examples:
        with torch.no_grad():
            expected = module(*example)
            scale = max(1.0, *(float(x.abs().max()) for x in (expected if isinstance(expected, tuple) else (expected,))))
            try:
                difference = largest_difference(network(*example), expected) / scale
            except RuntimeError as error:
                difference, why = math.inf, f": {str(error).strip().splitlines()[-1]}"
            else:
                why = ""
        if not difference <= tolerance:
            raise ExportError(f"the trace of {path.name} holds for one shape of input only: for {[tuple(t.shape) for t in example]} "
                              f"it differs by {difference:.2g}{why}. The network has to be wrapped for tracing; use another version "
                              "of transformers, or a family that is known here")
    return network


def head(source, options):
    """The part of a manifest that says what was exported, and out of what."""
    return {"name": options.name or source.name.rsplit("/", 1)[-1], "family": options.family, "source": options.source or source.described,
            "licence": options.licence or source.licence, "figures": {}}


def score(metric, logit_scale=1.0, logit_bias=0.0, activation="identity"):
    return {"metric": metric, "logit_scale": logit_scale, "logit_bias": logit_bias, "activation": activation}


def write_manifest(folder, manifest, reference=None):
    """Adds the goldens' version line and the hash and size of every file beside the manifest, writes it, and seals it."""
    folder = Path(folder)
    manifest = {"format": "sextant-bundle", "version": 1, **manifest}
    if reference is not None:
        write_json(folder / "golden" / "golden.json", {"reference": versions(), **reference})
        manifest["golden"] = "golden/golden.json"
    manifest["files"] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in (MANIFEST, SEAL)):
        content = path.read_bytes()
        manifest["files"][path.relative_to(folder).as_posix()] = {"sha256": hashlib.sha256(content).hexdigest(),
                                                                  "size": len(content)}
    write_json(folder / MANIFEST, manifest)
    (folder / SEAL).write_text(f"{hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()}  {MANIFEST}\n")
