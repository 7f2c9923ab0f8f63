"""`sextant import-clip` on a tiny CLIP, written as OpenAI wrote theirs: what the bundle makes of texts and odd pictures is what
open_clip makes of them with the same weights. Broken input is refused, and leaves nothing behind.

    python tests/parity/import_clip.py --sextant build/dev/sextant [--texts 200] [--pictures 40]
"""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import types
import zipfile

import numpy as np
import torch

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "examples/export"))
import bundle  # noqa: E402
import preprocess_originals as originals  # noqa: E402  which says where open_clip is
from tokenize_texts import odd_text  # noqa: E402

import open_clip  # noqa: E402
import open_clip.tokenizer  # noqa: E402

SIZES = {"input_resolution": 32, "context_length": 77, "vocab_size": 49408}


def network():
    """A CLIP of random weights that float16 can hold."""
    torch.manual_seed(3)
    vision = open_clip.CLIPVisionCfg(image_size=32, layers=2, width=32, head_width=8, patch_size=8)
    text = open_clip.CLIPTextCfg(context_length=77, vocab_size=49408, width=32, heads=4, layers=2)
    return open_clip.CLIP(embed_dim=24, vision_cfg=vision, text_cfg=text, quick_gelu=True).eval().half()


def archive(path):
    """One TorchScript module with both towers as methods, in float16, whose code makes tensors on a graphics card."""
    clip = network()
    for name, size in SIZES.items():
        if hasattr(clip, name):
            delattr(clip, name)
        clip.register_buffer(name, torch.tensor(size))
    original = type(clip).encode_text
    clip.encode_image = types.MethodType(lambda self, image: self.visual(image.type(torch.float16)), clip)
    clip.encode_text = types.MethodType(lambda self, text: original(self, text), clip)
    with torch.no_grad(), bundle.plain_attention():
        traced = torch.jit.trace_module(clip, {"encode_image": torch.rand(2, 3, 32, 32), "encode_text": torch.ones(2, 77, dtype=torch.int64)},
                                        check_trace=False)
    traced.save(str(path.with_suffix(".raw")))
    cpu, card = b'torch.device("cpu")', b'torch.device("cuda:0")'
    with zipfile.ZipFile(path.with_suffix(".raw")) as old, zipfile.ZipFile(path, "w") as new:
        files = {name: old.read(name) for name in old.namelist()}
        assert any(cpu in content for name, content in files.items() if name.endswith(".py")), "no code names a device"
        for name, content in files.items():
            new.writestr(name, content.replace(cpu, card) if name.endswith(".py") else content)


def expected(texts, pictures):
    clip = network().float()
    tokenizer = open_clip.tokenizer.SimpleTokenizer()
    open_clip.tokenizer.ftfy.fix_text = lambda text: text  # Sextant does without
    transform = open_clip.transform.image_transform(32, is_train=False, **originals.CLIP)
    from PIL import Image
    with torch.no_grad():
        return (clip.encode_text(tokenizer(texts), normalize=True).numpy(),
                clip.encode_image(torch.stack([transform(Image.open(file)) for file in pictures]), normalize=True).numpy())


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sextant", required=True)
    options.add_argument("--texts", type=int, default=200)
    options.add_argument("--pictures", type=int, default=40)
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()
    vocabulary = pathlib.Path(open_clip.__file__).parent / "bpe_simple_vocab_16e6.txt.gz"
    rng = np.random.default_rng(args.seed)

    def sextant(*arguments):
        return subprocess.run([args.sextant, *map(str, arguments)], capture_output=True, text=True)

    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        archive(work / "tiny.pt")
        done = sextant("import-clip", work / "tiny.pt", work / "out", "--vocabulary", vocabulary)
        assert done.returncode == 0 and "24 dimensions" in done.stdout, done
        letters = random.Random(args.seed)
        texts = [" ".join(odd_text(letters, ["&lt;b&gt;", "don't"]).split()) for _ in range(args.texts)]
        (work / "texts").write_text("".join(text + "\n" for text in texts), encoding="utf-8")
        pictures = originals.odd_pictures(rng, args.pictures, work)
        for what, files in (("--text-file", [work / "texts"]), ("--images", pictures)):
            done = sextant("encode", work / "out", what, *files, "--out", work / f"{what}.npy")
            assert done.returncode == 0, done
        worst = [1 - (np.load(work / f"{what}.npy").astype(float) * vectors).sum(1).min()
                 for what, vectors in zip(("--text-file", "--images"), expected(texts, pictures))]

        (work / "words").write_text("title\na b\n")
        torch.jit.script(torch.nn.Linear(2, 2)).save(str(work / "linear.pt"))
        (work / "noise.pt").write_bytes(b"noise")
        (work / "kept.partial").mkdir()
        refusals = ((work / "tiny.pt", work / "kept", vocabulary, "kept.partial exists already"),
                    (work / "tiny.pt", work / "out", vocabulary, "out exists already"),
                    (work / "tiny.pt", work / "new", work / "words", "2 lines; the archive's vocabulary of 49408 needs 48895"),
                    (work / "linear.pt", work / "new", vocabulary, "no method encode_image"),
                    (work / "noise.pt", work / "new", vocabulary, "noise.pt"),
                    (work / "none.pt", work / "new", vocabulary, "none.pt"))
        for given, out, words, reason in refusals:
            done = sextant("import-clip", given, out, "--vocabulary", words)
            assert done.returncode == 1 and reason in done.stderr and done.stderr.count("\n") == 1, (reason, done)
        assert not list(work.glob("new*")), "something was left behind"
        assert (work / "kept.partial").is_dir(), "a folder of someone else's was removed"
    print(f"import-clip, seed {args.seed}: {args.texts} texts and {args.pictures} pictures, worst 1 - cosine {worst[0]:.1e} and "
          f"{worst[1]:.1e}; {len(refusals)} refused")
    return 0 if max(worst) < 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main())
