"""Where a model comes from, and what its files say: a folder, a file, or a name that is fetched from its hub once."""

import json
import re
from functools import cached_property
from pathlib import Path


class ExportError(Exception):
    """What stands in the way of an export, and what to do instead. Nothing else is shown to the user."""


class Source:
    """`model` is a local folder or file, `open_clip:ARCHITECTURE[/WEIGHTS]`, or a name on the Hugging Face hub, which is
    fetched into the hub's own cache. `folder` is the local folder, or None where there is none."""

    def __init__(self, model, revision=None):
        self.model, path = str(model), Path(model)
        self.file = path if path.is_file() else None
        self.revision = None
        if path.is_dir():
            self.folder = path
        elif self.file or self.model.startswith("open_clip:"):
            self.folder = None
        else:
            self.folder = fetched(self.model, revision)
            self.revision = self.folder.name

    def has(self, name):
        return self.folder is not None and (self.folder / name).is_file()

    def json(self, name):
        """A JSON file of the folder; an empty object if it is not there."""
        return json.loads((self.folder / name).read_text(encoding="utf-8")) if self.has(name) else {}

    @cached_property
    def config(self):
        return self.json("config.json")

    @cached_property
    def modules(self):
        """The types of the modules of sentence-transformers, without their packages: Transformer, Pooling, ..."""
        return [module["type"].rsplit(".", 1)[-1] for module in self.json("modules.json") or []]

    def built_as(self, *endings):
        """True if the architecture that config.json names ends with one of these."""
        return any(name.endswith(endings) for name in self.config.get("architectures") or [])

    @property
    def name(self):
        """The name for people: what was asked for; of a path its last part alone, for paths are private."""
        return Path(self.model).resolve().name if Path(self.model).exists() else self.model

    @property
    def described(self):
        return f"{self.name}@{self.revision}" if self.revision else self.name

    @cached_property
    def licence(self):
        """What the model card's head says; `unknown` if nothing."""
        card = (self.folder / "README.md").read_text(encoding="utf-8") if self.has("README.md") else ""
        head = card.split("---", 2)[1] if card.startswith("---") else ""
        found = re.search(r"^licen[sc]e(?:_name)?:\s*[\"']?([^\s\"']+)", head, re.M)
        return found.group(1) if found else "unknown"

    def licence_files(self):
        """The licence itself, where it lies beside the model."""
        names = re.compile(r"(LICEN[SC]E|NOTICE|COPYING)(\.(txt|md))?", re.I)
        return sorted(path for path in self.folder.iterdir() if names.fullmatch(path.name)) if self.folder else []


def fetched(name, revision):
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    try:
        return Path(snapshot_download(name, revision=revision, ignore_patterns=[
            "*.onnx", "*.onnx_data", "*.h5", "*.msgpack", "*.ot", "openvino/*", "onnx/*", "*.gguf"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ExportError(f"{name} is neither a local folder or file nor a model that the Hugging Face hub hands out: "
                          f"{str(error).splitlines()[0]}") from None
