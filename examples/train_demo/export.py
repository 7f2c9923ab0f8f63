"""Writes the finished bundles: python export.py WORK OUT dual|rerank"""

import json
import shutil
import sys
from pathlib import Path

import torch
from PIL import Image

import bundle
import packing
from common import Pictures
from cross_encoder import CrossEncoder, Glance
from hubs import BANK, Hubs, MarkedImage, MarkedText
from networks import DIMENSIONS, MAX_LENGTH, ImageTower, TextTower

PICTURES = Path(__file__).resolve().parent.parent / "pictures"
TOWERS = ["image_a", "image_b"]
TEXT_INPUTS = ["input_ids", "attention_mask"]
GOLDEN_TEXTS = ["a red bicycle", "", "Crème brûlée & naïve CAFÉ — Zürich 東京",
                "the old lighthouse keeper walks along the harbour wall every evening with a lantern, a dog and a very "
                "long list of the ships that he has seen, which nobody has ever asked him to read aloud"]
# Three shipped pictures in odd sizes and modes: what a reader of bundles may meet.
GOLDEN_PICTURES = [((97, 61), "RGB"), ((33, 150), "L"), ((130, 129), "P")]


def image_section(side):
    return {"resize": {"mode": "squash", "size": [side, side], "filter": "bicubic"}, "rescale": "divide_255",
            "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}


def text_section():
    return {"tokenizer": "tokenizer.json", "max_length": MAX_LENGTH, "prompts": {"query": "", "document": ""}}


def load_image_towers(work):
    towers = []
    for name in TOWERS:
        tower = ImageTower()
        state = torch.load(work / f"{name}.pt")["network"]
        tower.load_state_dict({k: v for k, v in state.items() if not k.startswith("labels.")})
        towers.append(tower.eval())
    return towers


def load_text_tower(work):
    state = torch.load(work / "text.pt")["network"]
    tower = TextTower(state["tokens.weight"].shape[0])
    tower.load_state_dict(state)
    return tower.eval()


def fit_hubs(work):
    """A bank of captions of different titles, picked by a seeded shuffle, and the usual nearness on validation pictures."""
    pictures = Pictures(work)
    rows = {pictures.records[i]["key"]: i for i in pictures.side["training"].tolist()}
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[:BANK]
    captions = pictures.vectors[torch.tensor(list(rows.values()))[order], 2]
    towers = MarkedImage(load_image_towers(work), None)
    with torch.no_grad():
        seen = towers.plain(pictures.pixels(pictures.side["validation"]))
    torch.save(Hubs.fitted(captions, seen).state_dict(), work / "hubs.pt")


def load_hubs(work):
    hubs = Hubs()
    hubs.load_state_dict(torch.load(work / "hubs.pt"))
    return hubs.eval()


def fresh(folder):
    for name in ("golden", "text.pt", "image.pt", "pair.pt", "tokenizer.json", bundle.MANIFEST):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    (folder / "golden").mkdir(parents=True, exist_ok=True)


def golden_images(folder, section, count=3):
    """Writes the golden pictures and their tensors; returns [(file, pixels file, tensor [1, 3, side, side])]."""
    sources = [row["file"] for row in json.loads((PICTURES / "pictures.json").read_text())][::107]
    result = []
    for i, (source, (size, mode)) in enumerate(zip(sources[:count], GOLDEN_PICTURES)):
        image = Image.open(PICTURES / source).convert("RGB").resize(size)
        image = image.quantize(64) if mode == "P" else image.convert(mode)
        image.save(folder / "golden" / f"{i}.png", optimize=True)
        pixels = bundle.preprocess(Image.open(folder / "golden" / f"{i}.png"), section)
        pixels.astype("<f4").tofile(folder / "golden" / f"{i}.f32")
        result.append((f"golden/{i}.png", f"golden/{i}.f32", torch.from_numpy(pixels).unsqueeze(0)))
    return result


def encodings(folder):
    return [bundle.tokenize(folder / "tokenizer.json", MAX_LENGTH, text) for text in GOLDEN_TEXTS]


def export_dual(work, folder):
    fresh(folder)
    fit_hubs(work)
    bundle.write_tokenizer(work / "tokenizer.json", folder / "tokenizer.json")
    encoded, section = encodings(folder), image_section(64)
    images = golden_images(folder, section)
    text = bundle.save_network(packing.packed(MarkedText(load_text_tower(work))),
                               tuple(bundle.text_tensors(encoded, TEXT_INPUTS)),
                               folder / "text.pt")
    towers = packing.packed(MarkedImage(load_image_towers(work), load_hubs(work)))
    image = bundle.save_network(towers, torch.randn(3, 3, 64, 64), folder / "image.pt")
    with torch.no_grad():
        texts = [{"text": words, "input_ids": e.ids, "vector": bundle.rounded(
            bundle.pooled(text(*bundle.text_tensors([e], TEXT_INPUTS)), None, "none", True))}
            for words, e in zip(GOLDEN_TEXTS, encoded)]
        pictures = [{"file": file, "pixels": raw, "vector": bundle.rounded(
            bundle.pooled(image(pixels), None, "none", True))} for file, raw, pixels in images]
    bundle.write_manifest(folder, {
        "name": "sextant-demo", "kind": "dual-encoder", "family": "sextant-demo", "source": "examples/train_demo",
        "licence": "Apache-2.0", "dimensions": DIMENSIONS, "normalize": True,
        "score": {"metric": "cosine", "logit_scale": 1.0, "logit_bias": 0.0, "activation": "identity"},
        "text": text_section(), "image": section,
        "networks": {"text": {"file": "text.pt", "inputs": TEXT_INPUTS, "pooling": "none"},
                     "image": {"file": "image.pt", "inputs": ["pixel_values"], "pooling": "none"}},
        "figures": figures_of(work, "dual"),
    }, {"text": texts, "image": pictures})


def load_cross_encoder(work):
    text, towers, saved = load_text_tower(work), load_image_towers(work), torch.load(work / "rerank.pt")
    glance = Glance([tower.head.in_features // 2 for tower in towers], text.tokens.embedding_dim)
    glance.load_state_dict(saved["glance"])
    network = CrossEncoder(text, towers, load_hubs(work), glance)
    network.share.fill_(saved["share"])
    return network.eval()


def export_rerank(work, folder):
    fresh(folder)
    bundle.write_tokenizer(work / "tokenizer.json", folder / "tokenizer.json")
    encoded, section = encodings(folder), image_section(64)
    images = golden_images(folder, section, 2)
    ids, mask = bundle.text_tensors(encoded[:3], TEXT_INPUTS)
    network = bundle.save_network(packing.packed(load_cross_encoder(work)), (ids, mask, torch.randn(3, 3, 64, 64)),
                                  folder / "pair.pt")
    pairs = []
    for i, (words, encoding) in enumerate(zip(GOLDEN_TEXTS, encoded)):
        file, raw, pixels = images[i % len(images)]
        with torch.no_grad():
            score = network(*bundle.text_tensors([encoding], TEXT_INPUTS), pixels)
        pairs.append({"text": words, "file": file, "input_ids": encoding.ids, "pixels": raw, "score": score.item()})
    bundle.write_manifest(folder, {
        "name": "sextant-demo-rerank", "kind": "cross-encoder", "family": "sextant-demo",
        "source": "examples/train_demo", "licence": "Apache-2.0", "dimensions": 1, "normalize": False,
        "score": {"metric": "logit", "logit_scale": 1.0, "logit_bias": 0.0, "activation": "identity"},
        "text": text_section(), "image": section,
        "networks": {"pair": {"file": "pair.pt", "inputs": [*TEXT_INPUTS, "pixel_values"], "pooling": "none"}},
        "figures": figures_of(work, "rerank"),
    }, {"pair": pairs})


def figures_of(work, which):
    path = work / "figures.json"
    return json.loads(path.read_text()).get(which, {}) if path.exists() else {}


def main(work, out, which):
    if which == "dual":
        export_dual(work, out / "demo")
    else:
        export_rerank(work, out / "demo-rerank")


if __name__ == "__main__":
    torch.set_num_threads(2)
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
