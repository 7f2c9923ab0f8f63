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
        on_hub = not path.exists() and not self.model.startswith("open_clip:")
        if revision is not None and not on_hub:
            raise ExportError(f"--revision: {self.model} does not come from the Hugging Face hub, which alone has revisions; leave it out")
        if path.is_dir():
            self.folder = path
        elif not on_hub:
            self.folder = None
        elif path.suffix in (".pt", ".pth", ".bin", ".safetensors"):
            raise ExportError(f"there is no file {self.model}. A model is a folder or a name on the hub; OpenAI's CLIP alone is a file, for "
                              "`sextant import-clip`")
        else:
            self.folder = fetched(self.model, revision)
            self.revision = self.folder.name

    def has(self, name):
        return self.folder is not None and (self.folder / name).is_file()

    def json(self, name):
        """A JSON file of the folder; an empty object if it is not there."""
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8")) if self.has(name) else {}
        except (OSError, ValueError) as error:
            raise ExportError(f"{name} of {self.name} cannot be read: {error}; fetch it again") from None

    def object(self, name):
        """A JSON file that holds an object, and nothing else."""
        found = self.json(name)
        if not isinstance(found, dict):
            raise ExportError(f"{name} of {self.name} does not hold an object, as it should; fetch it again")
        return found

    @cached_property
    def config(self):
        return self.object("config.json")

    @cached_property
    def module_types(self):
        """The types of the modules of sentence-transformers."""
        found = self.json("modules.json") or []
        if not isinstance(found, list) or not all(isinstance(module, dict) and isinstance(module.get("type"), str) for module in found):
            raise ExportError(f"modules.json of {self.name} is no list of modules with their types; fetch it again")
        return [module["type"] for module in found]

    @cached_property
    def modules(self):
        """The same without their packages: Transformer, Pooling, ..."""
        return [kind.rsplit(".", 1)[-1] for kind in self.module_types]

    def built_as(self, *endings):
        """True if the architecture that config.json names ends with one of these."""
        return any(str(name).endswith(endings) for name in self.config.get("architectures") or [])

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
        card = (self.folder / "README.md").read_text(encoding="utf-8-sig", errors="replace") if self.has("README.md") else ""
        return licence_of(card)

    def licence_files(self):
        """The licence itself, where it lies beside the model."""
        names = re.compile(r"(LICEN[SC]E|NOTICE|COPYING)(\.(txt|md))?", re.I)
        return sorted(path for path in self.folder.iterdir() if names.fullmatch(path.name) and path.is_file()) if self.folder else []


def licence_of(card):
    import yaml
    head = re.match(r"---[ \t]*\n(.*?)^---[ \t]*$", card, re.S | re.M)
    try:
        fields = yaml.safe_load(head[1]) if head else None
    except yaml.YAMLError:
        fields = None
    if not isinstance(fields, dict):
        return "unknown"
    found = fields.get("license") or fields.get("licence")
    if found in (None, "other"):  # then it may have a name of its own
        found = fields.get("license_name") or found
    return ", ".join(map(str, found)) if isinstance(found, list) and found else str(found or "unknown")


def fetched(name, revision):
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    try:
        return Path(snapshot_download(name, revision=revision, ignore_patterns=[
            "*.onnx", "*.onnx_data", "*.h5", "*.msgpack", "*.ot", "openvino/*", "onnx/*", "*.gguf"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ExportError(f"{name} is neither a local folder or file nor a model that the Hugging Face hub hands out: "
                          f"{str(error).splitlines()[0]}") from None
