"""Bundles that want no good: networks that do more than arithmetic, archives and manifests that lie, damaged files.

    python tests/hostile/hostile_models.py --probe BUILD/tests/hostile/hostile_models [--all]

Each is made here, most of them with hashes that are right, as a hostile author would. Each must be refused with a clear
error: before libtorch has read a byte, or, where only running it can show what is wrong, at once after that. Nothing may be
written to the disk. At last every bit of a small sound bundle is flipped (every 61st without --all).
"""
import argparse
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import warnings
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/export"))
import bundle
import torch
from torch import Tensor

warnings.filterwarnings("ignore", message="Duplicate name")
TOKENIZER = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
             "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
             "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "red": 1, "blue": 2}, "unk_token": "[UNK]"}}


class Sound(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = torch.nn.Embedding(3, 4)
        with torch.no_grad():
            self.rows.weight.copy_(torch.tensor([[1., 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1]]))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return (self.rows(ids) * mask.unsqueeze(-1)).sum(1)


def traced(module):
    example = (torch.tensor([[1, 2, 0], [2, 1, 1]]), torch.ones(2, 3, dtype=torch.int64))
    return torch.jit.trace(module.eval(), example, check_trace=False)


def archive_of(module):
    with tempfile.NamedTemporaryFile(suffix=".pt") as file:
        module.save(file.name)
        return pathlib.Path(file.name).read_bytes()


def entries(archive):
    with tempfile.NamedTemporaryFile() as file:
        pathlib.Path(file.name).write_bytes(archive)
        with zipfile.ZipFile(file.name) as old:
            return {name: old.read(name) for name in old.namelist()}


def packed(files, compress=zipfile.ZIP_STORED):
    with tempfile.NamedTemporaryFile() as file:
        with zipfile.ZipFile(file.name, "w") as new:
            for name, content in files:
                new.writestr(name, content, compress_type=compress)
        return pathlib.Path(file.name).read_bytes()


SOUND = archive_of(traced(Sound()))


def with_code(body, methods="", attributes=""):
    """The sound archive with other code: hostile authors need no compiler."""
    files = entries(SOUND)
    name = next(name for name in files if name.endswith("code/__torch__.py"))
    text = files[name].decode()
    begin = text.index("  def forward")
    files[name] = (text[:begin] + attributes + "  def forward(self: __torch__.Sound, ids: Tensor, mask: Tensor) -> Tensor:\n    x = torch.mul(ids, 1)\n"
                   + "".join(f"    {line}\n" for line in body.split("\n")) + "    return torch.ones([2, 4])\n" + methods).encode()
    return packed(files.items())


def code_cases(folder):
    """Networks whose code does what no network needs. All must be kept from libtorch."""
    setstate = ("  def __setstate__(self: __torch__.Sound, state: Tuple[Tensor, bool]) -> NoneType:\n    {}\n    return None\n")
    out = folder / "written"
    yield "writes a file when loaded", with_code("pass", setstate.format(f'torch.save(1, "{out}")'))
    yield "writes its weights when loaded", with_code("pass", setstate.format(f'torch.save((state)[0], "{out}")'))
    yield "reads a file when loaded", with_code("pass", setstate.format('t = torch.from_file("/etc/passwd", False, 9)'))
    yield "loops when loaded", with_code("pass", setstate.format("while True:\n      pass"))
    yield "prints when loaded", with_code("pass", setstate.format('print("hello")'))
    yield "waits to be loaded", with_code("pass", setstate.format("pass"))
    yield "writes a file", with_code(f'torch.save(x, "{out}")')
    yield "writes a file as a method", with_code(f'x.save("{out}")')
    yield "writes a file by its full name", with_code(f'ops.aten.save(x, "{out}")')
    yield "writes a file behind a condition", with_code(f'if bool(torch.gt(torch.sum(x), 1)):\n      torch.save(x, "{out}")\n    else:\n      pass')
    yield "writes a file with blanks in the call", with_code(f'torch . save (x, "{out}")')
    yield "reads a file", with_code('t = torch.from_file("/etc/passwd", False, 9)')
    yield "reads a file by its full name", with_code('t = ops.aten.from_file("/etc/passwd", False, 9)')
    yield "maps a file to write to it", with_code(f't = torch.from_file("{out}", True, 9)')
    yield "loops for ever", with_code("while True:\n      pass")
    yield "loops for very long", with_code("for i in range(9223372036854775807):\n      pass")
    yield "loops over its input", with_code("y = [t for t in x]")
    yield "loops without a blank", with_code("y = [0for t in x]")
    yield "prints", with_code('print("hello")')
    yield "prints by another name", with_code('ops.prim.Print("hello")')
    yield "warns", with_code('torch.warn("hello", 2)')
    yield "starts a thread", with_code("f = fork(x)")
    yield "calls another computer", with_code('f = rpc_async("worker", x)')
    yield "calls another library", with_code('y = ops.image.read_file("/etc/passwd")')
    yield "calls another library by another name", with_code('y = ops\n    z = y.image.read_file("/etc/passwd")')
    yield "makes an object of a library", with_code("y = __torch__.torch.classes.profiler._RecordFunction()")
    yield "seeds everyone's random numbers", with_code("torch.manual_seed(1)")
    files = entries(SOUND)
    root = next(iter(files)).split("/")[0]
    more = dict(files)
    more[f"{root}/code/__torch__/hidden.py"] = f'def f():\n  torch.save(1, "{out}")\n'.encode()
    yield "hides it in another file", packed(more.items())
    yield "hides it compressed", packed(more.items(), zipfile.ZIP_DEFLATED)

    @torch.jit.script
    def loop(x: Tensor) -> Tensor:
        while bool(x.sum() > 100):  # not so here
            x = x + 1
        return x

    class Scripted(Sound):
        def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
            return loop(super().forward(ids, mask))

    yield "calls a function that loops for ever", archive_of(traced(Scripted()))


def deep_cases():
    """What libtorch's readers, which call themselves, have no stack for. All must be kept from them."""
    for what, body in (("brackets", "(" * 200000 + "x" + ")" * 200000), ("lists", "[" * 100000 + "1" + "]" * 100000), ("signs", "-" * 200000 + "1"),
                       ("conditions", "1 if True else " * 50000 + "1"), ("brackets that strings seem to close", '(")" + ' * 100000 + '""' + ")" * 100000),
                       ("a sum", "x" + " + x" * 100000), ("attributes", "x" + ".a" * 100000), ("calls", "x" + "()" * 100000)):
        yield f"{what} without end", with_code("y = " + body)
    blocks = "".join(" " * i + "if True:\n" for i in range(3000))
    yield "blocks without end", with_code(blocks + " " * 3000 + "pass")
    yield "branches without end", with_code("if True:\n  pass\n" + "elif True:\n  pass\n" * 30000 + "else:\n  pass")
    files = entries(SOUND)
    for name in ("data.pkl", "constants.pkl"):
        entry = next(n for n in files if n.endswith(name))
        type_of = b"X" + struct.pack("<I", 400000 + 6) + b"List[" * 66667 + b"int" + b"]" * 66668
        for what, body in (("tuples", b")" + b"\x85" * 3000000), ("marks", b"(" * 1000000 + b"t" * 1000000), ("lists", b"]" * 1000000 + b"a" * 999999),
                           ("a type", b"ctorch.jit._pickle\nrestore_type_tag\n]" + type_of + b"\x86R"),
                           ("a list in itself", b"]q\x01h\x01a"), ("values below a mark", b"N(\x85t"), ("twice as many each time", b")" + b"q\x01h\x01\x86" * 60)):
            yield f"{what} in {name}", packed({**files, entry: b"\x80\x02" + body + b"."}.items())
    root = next(iter(files)).split("/")[0]
    yield "code by another name", packed([(n[:-2] + "PY" if n.endswith("__torch__.py") else n, c + b"# save") for n, c in files.items() if n.endswith(".py")]
                                         + [(n, c) for n, c in files.items() if not n.endswith(".py")] + [(f"{root}/code/other.py", b"pass")])


def archive_cases():
    """Files that are no archives, or lie about themselves. All must be kept from libtorch."""
    files = entries(SOUND)
    root = next(iter(files)).split("/")[0]
    weights = next(name for name in files if name.endswith("data/0"))
    pickle = next(name for name in files if name.endswith("data.pkl"))
    count = files[pickle].index(b"K", files[pickle].index(b"cpu"))
    yield "weights said to have 1.6 GB", packed({**files, pickle: files[pickle][:count] + b"J" + struct.pack("<i", 400_000_000) + files[pickle][count + 2:]}.items())
    yield "nothing", b""
    yield "zeros", bytes(4096)
    yield "text", b"a network, I promise\n" * 100
    yield "a program", b"\x7fELF" + bytes(500)
    yield "a pickle", b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00trueq\x00\x85R."
    yield "half an archive", SOUND[:len(SOUND) // 2]
    yield "the end alone", SOUND[-22:]
    yield "bytes before it", b"#!/bin/sh\n" + SOUND
    yield "bytes behind it", SOUND + bytes(10)
    yield "no code", packed((n, c) for n, c in files.items() if not n.endswith(".py"))
    yield "a name that leaves the folder", packed([*files.items(), (f"{root}/../../escaped", b"x")])
    yield "an absolute name", packed([("/tmp/x/code/__torch__.py", b"pass")])
    yield "two folders", packed([*files.items(), ("other/data/0", b"x")])
    yield "two codes of one name", packed([*files.items(), *[(n, c) for n, c in files.items() if n.endswith("__torch__.py")]])
    yield "a bomb", packed([*files.items(), (f"{root}/code/bomb.py", b"#" * (200 << 20))], zipfile.ZIP_DEFLATED)
    directory = bytearray(SOUND)
    at = SOUND.rindex(weights.encode(), 0, len(SOUND)) - 46
    assert directory[at:at + 4] == b"PK\x01\x02"
    for name, place, value in (("2 GB declared", 24, 1 << 31), ("4 GB declared and packed", 20, 0xFFFFFFFE), ("less declared than there is", 24, 1)):
        lying = bytearray(directory)
        lying[at + place:at + place + 4] = struct.pack("<I", value)
        yield name, bytes(lying)
    encrypted = bytearray(directory)
    encrypted[at + 8] |= 1
    yield "encrypted weights", bytes(encrypted)
    elsewhere = bytearray(directory)
    elsewhere[at + 42:at + 46] = struct.pack("<I", struct.unpack("<I", directory[at + 42:at + 46])[0] + 64)
    yield "weights that lie where something else lies", bytes(elsewhere)
    many = bytearray(SOUND)
    many[-12:-10] = struct.pack("<H", 60000)
    yield "60,000 entries declared", bytes(many)
    wide = bytearray(SOUND)
    wide[-6:-2] = struct.pack("<I", 0xFFFFFFF0)
    yield "a directory behind the end", bytes(wide)


def network_cases():
    """Sound archives of networks that return what nobody asked for. libtorch runs them; the answer must be an error."""
    def returns(value):
        class Returns(Sound):
            def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
                return value(super().forward(ids, mask), ids)
        return archive_of(traced(Returns()))

    yield "too many dimensions", returns(lambda v, ids: torch.cat([v, v], 1))
    yield "too few dimensions", returns(lambda v, ids: v[:, :3])
    yield "no dimensions", returns(lambda v, ids: v.sum())
    yield "one row for all", returns(lambda v, ids: v[:1].expand(1, 4).repeat(1, 1).reshape(4))
    yield "another rank", returns(lambda v, ids: v.unsqueeze(1))
    yield "too many rows", returns(lambda v, ids: torch.cat([v, v]))
    yield "integers", returns(lambda v, ids: v.long())
    yield "not a number", returns(lambda v, ids: v * float("nan"))
    yield "infinity", returns(lambda v, ids: v / 0)
    yield "zeros", returns(lambda v, ids: v * 0)
    yield "another vector", returns(lambda v, ids: v.flip(1))
    nan = Sound()
    nan.rows.weight.data[1, 2] = float("nan")
    yield "weights that are not numbers", archive_of(traced(nan))
    yield "a row that is not there", returns(lambda v, ids: torch.index_select(v, 0, (ids.sum() - 6).reshape(1)).expand_as(v))

    class Tuples(Sound):
        def forward(self, ids: Tensor, mask: Tensor):
            return {"vector": super().forward(ids, mask)}
    yield "a dictionary", archive_of(torch.jit.trace(Tuples().eval(), (torch.ones(2, 3, dtype=torch.int64),) * 2, check_trace=False, strict=False))

    class One(Sound):
        def forward(self, ids: Tensor) -> Tensor:
            return self.rows(ids).sum(1)
    yield "fewer inputs", archive_of(torch.jit.trace(One().eval(), torch.ones(2, 3, dtype=torch.int64), check_trace=False))


def write_bundle(folder, archive, change=lambda manifest: None):
    """A bundle of one network, with hashes that are right."""
    (folder / "golden").mkdir(parents=True)
    (folder / "text.pt").write_bytes(archive)
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    vector = [0, 0.40824829, 0.40824829, 0.81649658]
    manifest = {"name": "hostile", "kind": "dual-encoder", "dimensions": 4, "normalize": True, "score": {"metric": "cosine"},
                "text": {"tokenizer": "tokenizer.json", "max_length": 8, "prompts": {"query": "", "document": ""}},
                "networks": {"text": {"file": "text.pt", "inputs": ["input_ids", "attention_mask"]}}}
    bundle.write_manifest(folder, manifest, {"text": [{"text": "red blue", "input_ids": [1, 2], "vector": vector}]})
    written = json.loads((folder / "manifest.json").read_text())
    change(written)
    text = json.dumps(written)
    (folder / "manifest.json").write_text(text)
    (folder / "manifest.sha256").write_text(hashlib.sha256(text.encode()).hexdigest() + "  manifest.json\n")
    return folder


def manifest_cases():
    """Manifests that lie or point elsewhere. All must be kept from libtorch."""
    def file(name):
        def change(manifest):
            manifest["files"][name] = manifest["files"].pop("text.pt")
            manifest["networks"]["text"]["file"] = name
        return change

    for name in ("../text.pt", "/etc/passwd", "a/../../text.pt", "", "golden", "text.pt/", "C:\\text.pt", "text.pt\u0000", "no.pt"):
        yield f"network in {name!r}", file(name)
    yield "a wrong hash", lambda m: m["files"]["text.pt"].update(sha256="0" * 64)
    yield "a hash of another form", lambda m: m["files"]["text.pt"].update(sha256="d41d8cd98f00b204e9800998ecf8427e")
    yield "a wrong size", lambda m: m["files"]["text.pt"].update(size=m["files"]["text.pt"]["size"] + 1)
    yield "a size of 2 GB", lambda m: m["files"]["text.pt"].update(size=1 << 31)
    yield "a negative size", lambda m: m["files"]["text.pt"].update(size=-1)
    yield "no hash for the network", lambda m: m["files"].pop("text.pt")
    yield "a field nobody knows", lambda m: m.update(run="rm -rf /")
    yield "another version", lambda m: m.update(version=999)
    yield "too many dimensions", lambda m: m.update(dimensions=1 << 40)


def snapshot(folder):
    return {str(p): (p.stat().st_size, hashlib.sha256(p.read_bytes()).hexdigest()) for p in sorted(folder.rglob("*")) if p.is_file()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--probe", required=True)
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    arguments.probe = str(pathlib.Path(arguments.probe).resolve())
    failures = []
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        sound = write_bundle(work / "sound", SOUND)
        cases = [("code", what, write_bundle(work / f"code-{i}", archive), True) for i, (what, archive) in enumerate(code_cases(work))]
        cases += [("deep", what, write_bundle(work / f"deep-{i}", archive), True) for i, (what, archive) in enumerate(deep_cases())]
        cases += [("archive", what, write_bundle(work / f"archive-{i}", archive), True) for i, (what, archive) in enumerate(archive_cases())]
        cases += [("manifest", what, write_bundle(work / f"manifest-{i}", SOUND, change), True) for i, (what, change) in enumerate(manifest_cases())]
        cases += [("network", what, write_bundle(work / f"network-{i}", archive), False) for i, (what, archive) in enumerate(network_cases())]
        before = snapshot(work)
        command = [arguments.probe, "open", str(sound), *(str(folder) for _, _, folder, _ in cases)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=work)
        lines = done.stdout.splitlines()
        if done.returncode != 0 or len(lines) != len(cases) + 1 or lines[0] != "reached - opened and encoded":
            sys.exit(f"the probe ended with {done.returncode} after {len(lines)} of {len(cases) + 1} bundles: {lines[:1]} {done.stderr[-2000:]}")
        for (kind, what, _, kept), line in zip(cases, lines[1:]):
            refused = " - opened" not in line and len(line) < 700
            if not refused or (kept and not line.startswith("kept")):
                failures.append(f"{kind}, {what}: {line}")
        if done.stderr:
            failures.append(f"something was written to standard error: {done.stderr[:500]}")
        if snapshot(work) != before:
            failures.append(f"files changed: {set(snapshot(work).items()) ^ set(before.items())}")
        kept = sum(line.startswith("kept") for line in lines)
        print("\n".join(failures))
        print(f"hostile models {len(cases)}, refused {len(cases) - len(failures)}, of these {kept} before libtorch read a byte; files written 0"
              if not failures else f"hostile models {len(cases)}, failures {len(failures)}")
        flips = subprocess.run([arguments.probe, "flip", str(sound), "1" if arguments.all else "61"], cwd=work)
    sys.exit(1 if failures or flips.returncode else 0)


main()
