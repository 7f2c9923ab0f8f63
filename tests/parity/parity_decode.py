"""Compares decoding with Pillow's Image.open(f).convert("RGB"), and what is kept of the mode that a picture has there: no byte
may differ.

    programs=build/dev/tests/parity
    python tests/parity/parity_decode.py --probe $programs/decode_probe --make $programs/decode_make [--rounds 20]
                                         [--seed 1] [--scaled FOLDER]

Pictures are made here: JPEG of every sampling, coding and colour space; PNG of all 15 pairs of colour type and depth,
plain and interlaced; WebP lossy, lossless, with alpha and animated; GIF; BMP, PNM, TGA and PSD. The forms in REFUSED must be
refused by name. What DecodeOptions departs in is compared with what Pillow and numpy make of the same file. --scaled
prints instead what scaled decoding of the JPEG files in a folder costs in accuracy. Exit code 1 on any failure.
"""
import argparse
import collections
import io
import pathlib
import subprocess
import sys
import tempfile
import warnings

import decode_gif
import decode_lossless
import decode_lossy
import numpy as np
import PIL
from decode_content import SIZES, levels, save
from PIL import Image, ImageOps, features

REFERENCE = "reference"


# ---- what DecodeOptions departs in

def departures(rng, rounds):
    """Kind, options and file."""
    for kind, data in decode_lossy.pillow_jpegs(rng, rounds):
        for scale in (2, 4, 8):
            if min(Image.open(io.BytesIO(data)).size) >= scale:
                yield f"{kind} at 1/{scale}", f"jpeg_scale={scale}", data
    for _ in range(rounds):
        for width, height in SIZES:
            image = Image.fromarray(levels(rng, height, width, 4).astype(np.uint8))
            for orientation in range(0, 10):
                block = decode_lossy.exif(orientation)
                for kind in ("JPEG", "PNG", "WEBP"):
                    yield (f"orientation {orientation} of {kind}", "apply_orientation",
                           save(image.convert("RGB"), kind, exif=block))
            colour = f"background={rng.integers(0, 1 << 24):06x}"
            for lossless in (False, True):
                yield "background of webp", colour, save(image, "WEBP", lossless=lossless, exact=True)
                yield "background of webp animated", colour, decode_lossy.frame_within(rng, image, lossless)
            for mode in ("RGBA", "LA", "RGB"):
                yield f"background of tga {mode}", colour, save(image.convert(mode), "TGA")
            for interlaced in (0, 1):
                for colour_type, depth in ((0, 1), (0, 8), (2, 8), (3, 2), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)):
                    yield (f"background of png type {colour_type} depth {depth}", colour,
                           transparent_png(rng, width, height, colour_type, depth, interlaced))
                samples = levels(rng, height, width, 1, 65535)
                yield "png of 16 bit scaled", "scale_16_bit", decode_lossless.png(rng, samples, 0, 16, interlaced)
            yield "pnm of 16 bit scaled", "scale_16_bit", decode_lossless.pnm(rng, 5, width, height, 65535)
            for kind, data in decode_gif.see_through(rng, width, height):
                yield f"background of {kind}", colour, data


def transparent_png(rng, width, height, colour, depth, interlaced):
    samples = levels(rng, height, width, decode_lossless.CHANNELS[colour], 2 ** depth - 1)
    extra = decode_lossless.transparency(rng, colour, depth)
    palette = rng.integers(0, 256, 3 * 2 ** depth, dtype=np.uint8).tobytes() if colour == 3 else None
    return decode_lossless.png(rng, samples, colour, depth, interlaced, extra, palette)


def native_of(image):
    """The number of the mode that sextant has for Pillow's, and the bytes that it keeps."""
    if image.mode in ("RGBA", "LA"):
        alpha = image.getchannel("A").tobytes()
        return (0, b"") if alpha == b"\xff" * len(alpha) else (1, alpha)
    if image.mode == "P" or image.palette:  # a GIF of greys may have the palette that it does not use
        return 2, bytes(image.getpalette()[:768]).ljust(768, b"\0")
    if image.mode == "1":
        return 2, b"\0" * 3 + b"\xff" * 765
    if image.mode == "CMYK":
        return 3, image.tobytes()
    grey = {"I;16": 4, "I": 5}.get(image.mode, 0)
    return (grey, np.asarray(image).astype(">u2").tobytes()) if grey else (0, b"")


def expected_picture(options, data):
    """What Pillow, and numpy where Pillow has no such way, make of a file: RGB and `native_of`."""
    image = Image.open(io.BytesIO(data))
    name, _, value = options.partition("=")
    if name == "jpeg_scale":
        image.draft(None, tuple(max(side // int(value), 1) for side in image.size))
    elif name == "apply_orientation":
        image = ImageOps.exif_transpose(image)
    elif name == "scale_16_bit":
        image = Image.fromarray(((np.asarray(image).astype(int) + 128) // 257).astype(np.uint8))
    elif name == "background":
        rgba = np.asarray(image.convert("RGBA")).astype(int)
        below = np.frombuffer(bytes.fromhex(value), np.uint8).astype(int)
        mixed = (rgba[..., :3] * rgba[..., 3:] + below * (255 - rgba[..., 3:]) + 127) // 255
        return Image.fromarray(mixed.astype(np.uint8)), native_of(image) if image.mode in ("P", "1") else (0, b"")
    return image.convert("RGB"), native_of(image)


# ---- comparison

def decode_all(probe, jobs, folder):
    """The first line and the pixels of each answer. Jobs are options and files."""
    lines = []
    for i, (options, data) in enumerate(jobs):
        (folder / str(i)).write_bytes(data)
        lines.append(f"{folder / str(i)}\t{options}\t{folder / str(i)}.out\n")
    subprocess.run([probe], input="".join(lines), text=True, check=True)
    for i in range(len(jobs)):
        first, _, pixels = (folder / f"{i}.out").read_bytes().partition(b"\n")
        yield first.decode(errors="replace"), pixels


def difference(kind, options, data, first, pixels):
    """None, or what differs."""
    if kind in decode_lossless.REFUSED | decode_lossy.REFUSED:
        by_name = first.startswith("error unsupported") and (kind.startswith("jpeg") or "save it as PNG" in first)
        return None if by_name else f"not refused by name: {first}"
    try:
        expected, (mode, native) = expected_picture(options, data)
    except Exception as error:  # whatever Pillow raises means that it does not read the file
        refused_too = first.startswith("error") or kind in decode_lossless.NOT_IN_OLD_PILLOW
        return None if refused_too else f"Pillow refuses it: {error}"
    if kind in decode_lossless.WITHOUT_ALPHA:
        mode, native = 0, b""
    if first.startswith("error"):
        return "refused: " + first.split(": ", 1)[-1]
    if first != f"{expected.width} {expected.height} {mode}":
        return f"size and mode {first} instead of {expected.size} {mode}"
    got, want = np.frombuffer(pixels, np.uint8).astype(int), np.frombuffer(expected.tobytes() + native, np.uint8).astype(int)
    if got.shape != want.shape:
        return f"{got.size} bytes instead of {want.size}"
    wrong = np.count_nonzero(got != want)
    return f"{wrong} of {want.size} bytes differ, by up to {abs(got - want).max()}" if wrong else None


def compare(args):
    rng = np.random.default_rng(args.seed)
    plain = [*decode_lossy.pillow_jpegs(rng, args.rounds), *decode_lossy.made_jpegs(args.make, rng, args.rounds),
             *decode_lossy.altered_jpegs(rng, args.rounds), *decode_lossy.webps(rng, args.rounds),
             *decode_lossless.pngs(rng, 3 * args.rounds), *decode_lossless.rest(rng, args.rounds), *decode_gif.gifs(rng, args.rounds)]
    pictures = [(kind, REFERENCE, data) for kind, data in plain] + [*departures(rng, args.rounds)]
    tried, wrong, example = collections.Counter(), collections.Counter(), {}
    unread = 0
    with tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        answers = decode_all(args.probe, [picture[1:] for picture in pictures], pathlib.Path(folder))
        for (kind, options, data), (first, pixels) in zip(pictures, answers):
            tried[kind] += 1
            unread += first.startswith("error")
            problem = difference(kind, options, data, first, pixels)
            if problem:
                wrong[kind] += 1
                example.setdefault(kind, problem)
    for kind in wrong:
        print(f"{kind}: {wrong[kind]} of {tried[kind]} wrong, for example {example[kind]}")
    versions = (f"Pillow {PIL.__version__} with libjpeg-turbo {features.version('libjpeg_turbo')} and libwebp "
                f"{features.version('webp')}")
    print(f"decode parity, seed {args.seed}, {versions}: {len(pictures)} pictures of {len(tried)} kinds ({len(plain)} "
          f"as the references decode them, {len(pictures) - len(plain)} otherwise; {unread} refused, as they should "
          f"be), {sum(wrong.values())} failures")
    return 1 if wrong else 0


# ---- what scaled decoding costs

def clip_levels(pixels, size):
    """The levels that CLIP's preprocessing makes: the shorter side to 224, bicubic, and the centre."""
    image = Image.frombytes("RGB", size, pixels)
    short = min(size)
    target = tuple(int(224 * side / short) for side in size)
    image = image.resize(target, Image.Resampling.BICUBIC)
    left, top = (round((side - 224) / 2) for side in target)
    return np.asarray(image.crop((left, top, left + 224, top + 224))).astype(int)


def measured_jpegs(folder):
    """The JPEG files of a folder, and mosaics of 2 x 2 and 4 x 4 of each, as larger photographs."""
    for path in sorted(pathlib.Path(folder).rglob("*.jp*g")):
        yield path.read_bytes()
        tile = Image.open(path).convert("RGB")
        for times in (2, 4):
            mosaic = Image.new("RGB", (times * tile.width, times * tile.height))
            for n in range(times * times):
                mosaic.paste(tile, (n % times * tile.width, n // times * tile.height))
            yield save(mosaic, "JPEG", quality=90)


def measure_scaled(args):
    files = list(measured_jpegs(args.scaled))
    tensors = {}
    with tempfile.TemporaryDirectory() as folder:
        for scale in (1, 2, 4, 8):
            options = REFERENCE if scale == 1 else f"jpeg_scale={scale}"
            answers = decode_all(args.probe, [(options, file) for file in files], pathlib.Path(folder))
            sizes = [(tuple(int(side) for side in first.split()[:2]), pixels) for first, pixels in answers]
            tensors[scale] = [clip_levels(pixels, size) if min(size) >= 224 else None for size, pixels in sizes]
            pairs = [(a, b) for a, b in zip(tensors[1], tensors[scale]) if a is not None and b is not None]
            if scale > 1 and pairs:
                errors = np.stack([abs(a - b) for a, b in pairs])
                print(f"1/{scale}: {len(pairs)} of {len(files)} pictures stay at least 224 pixels wide and high; "
                      f"levels off by {errors.mean():.2f} on average, at most {errors.max()}, "
                      f"{np.mean(errors <= 2):.1%} by at most 2; CLIP tensor off by {errors.mean() / 255 / .27:.4f} "
                      "on average")
    return 0


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--probe", required=True)
    options.add_argument("--make")
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--scaled")
    args = options.parse_args()
    return measure_scaled(args) if args.scaled else compare(args)


if __name__ == "__main__":
    sys.exit(main())
