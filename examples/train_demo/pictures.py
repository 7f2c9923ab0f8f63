"""Writes examples/pictures: held-out public domain drawings as small JPEG and PNG files, with titles and keywords."""

import hashlib
import json
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

import render

PER_TITLE = 3
THEME_ICONS = 40  # of the desktop icon themes, which are many and look alike
# Public domain by their authors' word, but a trademark, a character or a person all the same; and one nude.
NOT_SHIPPED = re.compile(r"porcinet|tux|yahoo|martin_luther|bpoe|sprint|pantyhose|pong|pa[ck]+man|/ms_"
                         r"|atari|gnome|ink_?scape|pimp|wmd|silhouette|rca_|switch_hp|mascot", re.I)


def chosen(records):
    """Held-out drawings of openclipart, at most PER_TITLE of one normalised title, picked by hash."""
    drawings = [r for r in records if r["held_out"] and r["source"] == "openclipart" and not NOT_SHIPPED.search(r["id"])]
    drawings.sort(key=lambda r: hashlib.sha256(r["id"].encode()).hexdigest())
    count, kept = Counter(), []
    for record in drawings:
        count[record["key"]] += 1
        theme = "-theme/" in record["id"]
        count["theme"] += theme
        if count[record["key"]] <= PER_TITLE and not (theme and count["theme"] > THEME_ICONS):
            kept.append(record)
    return sorted(kept, key=lambda r: r["id"])


def save(image, stem, folder, turn):
    """Every other picture a JPEG; of the PNG files, grey drawings as grey, every third as a palette, the rest RGB."""
    if turn % 2 == 0:
        name = stem + ".jpg"
        image.save(folder / name, quality=88)
        return name
    name = stem + ".png"
    pixels = np.asarray(image).astype(int)
    if np.abs(pixels - pixels.mean(axis=2, keepdims=True)).max() < 2:
        image = image.convert("L")
    elif turn % 3 == 0:
        image = image.quantize(128)
    image.save(folder / name, optimize=True)
    return name


def main(work, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for old in list(folder.glob("*.jpg")) + list(folder.glob("*.png")):
        old.unlink()
    names, rows = Counter(), []
    for turn, record in enumerate(chosen(json.loads((work / "records.json").read_text()))):
        stem = "-".join(re.findall(r"[a-z0-9]+", record["title"].lower()))[:40].strip("-") or "drawing"
        names[stem] += 1
        if names[stem] > 1:
            stem += f"-{names[stem]}"
        image = render.on_white(Image.open(work / "drawings" / (record["id"].replace("/", "+") + ".png")))
        rows.append({"file": save(image, stem, folder, turn), "title": record["title"], "keywords": record["keywords"],
                     "source": "openclipart-svg: " + record["id"]})
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "pictures.json").write_text("[\n" + lines + "\n]\n", encoding="utf-8")
    size = sum(p.stat().st_size for p in folder.iterdir())
    print(f"{len(rows)} pictures, {size} bytes, files {dict(Counter(r['file'][-3:] for r in rows))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
