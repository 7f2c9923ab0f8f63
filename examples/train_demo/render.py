"""Draws every record once, at most 160 pixels long, as an RGBA PNG in the work folder; then packs the training arrays."""

import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import data

LONG_SIDE = 160
SECONDS_PER_DRAWING = 20
EMOJI_SIZE = 109  # the only size the bitmaps of Noto Color Emoji come in
_font = None


def draw_clipart(path):
    """Rendered large, cut to what is drawn (many drawings are a corner of an A4 page), then made small."""
    done = subprocess.run(["rsvg-convert", "--keep-aspect-ratio", "--width", "400", "--height", "400", path],
                          capture_output=True, timeout=SECONDS_PER_DRAWING, check=True)
    image = Image.open(io.BytesIO(done.stdout)).convert("RGBA")
    pixels = np.asarray(image).astype(np.int16)
    on_white = 255 - (255 - pixels[..., :3]) * pixels[..., 3:] // 255
    drawn = (on_white < 250).any(axis=2)
    if not drawn.any():
        drawn = pixels[..., 3] > 8  # white ink on nothing
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    if rows.size < 6 or columns.size < 6:
        raise ValueError("nothing drawn")
    margin = max(2, max(rows[-1] - rows[0], columns[-1] - columns[0]) // 32)
    image = image.crop((max(0, columns[0] - margin), max(0, rows[0] - margin),
                        min(image.width, columns[-1] + 1 + margin), min(image.height, rows[-1] + 1 + margin)))
    scale = LONG_SIDE / max(image.size)
    size = [max(8, round(side * scale)) for side in image.size]
    return image.resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.LANCZOS)


def draw_emoji(glyphs):
    global _font
    if _font is None:
        _font = ImageFont.truetype(str(data.EMOJI_FONT), EMOJI_SIZE, layout_engine=ImageFont.Layout.RAQM)
    if _font.getlength(glyphs) > 150:
        raise ValueError("the font draws this sequence as several pictures")
    image = Image.new("RGBA", (136, 128))
    ImageDraw.Draw(image).text((0, 0), glyphs, font=_font, embedded_color=True)
    box = image.getbbox()
    if not box or box[2] - box[0] < 40 or len(np.unique(np.asarray(image.resize((16, 16))).reshape(-1, 4), axis=0)) < 4:
        raise ValueError("not in the font")
    return image.crop(box)


def draw(record, folder):
    """Writes the picture and returns None, or what went wrong."""
    target = folder / (record["id"].replace("/", "+") + ".png")
    if target.exists():
        return None
    try:
        image = draw_emoji(record["glyphs"]) if "glyphs" in record else draw_clipart(record["path"])
        image.save(target)
        return None
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"{record['id']}: {type(error).__name__}"


def on_white(image):
    """The picture as the shipped files hold it: RGB, transparent parts white."""
    canvas = Image.new("RGBA", image.size, "white")
    canvas.alpha_composite(image)
    return canvas.convert("RGB")


def squash(image, side):
    """The manifest's preprocessing: exactly side x side, bicubic, 8 bits."""
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC))


def pack(records, folder, side):
    """Arrays [n, 3, side, side] of pictures on white and [n, 1, side, side] of their opacity."""
    colours = np.empty((len(records), 3, side, side), np.uint8)
    opacity = np.empty((len(records), 1, side, side), np.uint8)
    for i, record in enumerate(records):
        image = Image.open(folder / (record["id"].replace("/", "+") + ".png"))
        colours[i] = squash(on_white(image), side).transpose(2, 0, 1)
        opacity[i, 0] = squash(image.getchannel("A"), side)
    return colours, opacity


def without_twins(records, colours):
    """Drops training pictures that look the same as a held-out or validation picture, or as one before them."""
    small = colours.reshape(len(records), 3, 16, colours.shape[2] // 16, 16, colours.shape[3] // 16)
    small = small.mean(axis=(3, 5)).reshape(len(records), -1) / 255.0
    order = sorted(range(len(records)), key=lambda i: (not records[i]["held_out"], not records[i]["validation"], i))
    kept = []
    for i in order:
        if not kept or np.abs(small[kept] - small[i]).mean(axis=1).min() > 0.008:
            kept.append(i)
    return sorted(kept)


def main(work, side):
    folder = work / "drawings"
    folder.mkdir(parents=True, exist_ok=True)
    records = data.all_records()
    with ThreadPoolExecutor(2) as pool:
        faults = list(pool.map(lambda r: draw(r, folder), records))
    (work / "skipped.txt").write_text("\n".join(f for f in faults if f) + "\n")
    records = [r for r, fault in zip(records, faults) if not fault]
    colours, opacity = pack(records, folder, side)
    kept = without_twins(records, colours)
    print(f"{sum(map(bool, faults))} records could not be drawn, {len(records) - len(kept)} look like another one")
    records = [records[i] for i in kept]
    (work / "records.json").write_text(json.dumps(records, indent=0, ensure_ascii=False))
    np.savez(work / "pictures.npz", colours=colours[kept], opacity=opacity[kept])
    for side_name, test in (("training", lambda r: not r["held_out"] and not r["validation"]),
                            ("validation", lambda r: r["validation"]), ("held out", lambda r: r["held_out"])):
        chosen = [r for r in records if test(r)]
        print(f"{side_name}: {len(chosen)} pictures, {len({r['key'] for r in chosen})} normalised titles, "
              f"{sum(r['source'] == 'openclipart' for r in chosen)} of openclipart")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
