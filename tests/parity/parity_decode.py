"""Compares decoding with Pillow's Image.open(f).convert("RGB"): no byte may differ.

    python tests/parity/parity_decode.py --probe build/dev/tests/parity/decode_probe [--rounds 4] [--seed 1]

Pictures are made here: JPEG of every subsampling, quality and colour space; PNG of all 15 pairs of colour type and
depth, plain and interlaced (written by hand, as Pillow writes only some); BMP, PNM, TGA and PSD. The forms in
REFUSED must be refused by name. Exit code 1 on any failure.
"""
import argparse
import collections
import io
import pathlib
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib

import numpy as np
import PIL
from PIL import Image, features

SIZES = [(1, 1), (2, 1), (1, 3), (7, 5), (8, 8), (9, 17), (16, 16), (33, 31), (64, 48), (131, 77)]


def levels(rng, height, width, channels, top=255):
    """Smooth, noisy or extreme content."""
    kind = rng.integers(3)
    if kind == 0:
        return rng.integers(0, top + 1, (height, width, channels))
    if kind == 1:
        return rng.integers(0, 2, (height, width, channels)) * top
    y, x = np.mgrid[0:height, 0:width]
    waves = [(np.sin(x / 9 + c) + np.cos(y / (7 + c))) * .25 + .5 for c in range(channels)]
    return np.clip(np.stack(waves, axis=2) * top, 0, top).astype(np.int64)


# ---- JPEG

def jpegs(rng, rounds):
    for n in range(rounds):
        for width, height in SIZES:
            rgb = Image.fromarray(levels(rng, height, width, 3).astype(np.uint8))
            for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
                for progressive in (False, True):
                    quality = int(rng.choice([5, 30, 75, 90, 100]))
                    yield (f"jpeg {subsampling}{' progressive' if progressive else ''}",
                           save(rgb, "JPEG", quality=quality, subsampling=subsampling, progressive=progressive,
                                restart_marker_rows=int(rng.integers(0, 3))))
            yield "jpeg grey", save(rgb.convert("L"), "JPEG", quality=int(rng.integers(1, 101)))
            cmyk = Image.fromarray(levels(rng, height, width, 4).astype(np.uint8), "CMYK")
            yield "jpeg cmyk", save(cmyk, "JPEG", quality=int(rng.integers(1, 101)))
            yield "jpeg cmyk progressive", save(cmyk, "JPEG", progressive=True)
            yield "jpeg rgb", save(rgb, "JPEG", keep_rgb=True)


def save(image, kind, **options):
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def resampled(jpeg, factors):
    """The same JPEG whose header claims other sampling factors: a way to 4:4:0 and 4:1:1, which Pillow does not write.
    The picture is scrambled, but the number of blocks must stay the same."""
    at = jpeg.index(b"\xff\xc0") + 11
    data = bytearray(jpeg)
    for i, factor in enumerate(factors):
        data[at + 3 * i] = factor
    return bytes(data)


def odd_jpegs(rng, rounds):
    for _ in range(rounds):
        for size in (32, 64, 96):
            rgb = Image.fromarray(levels(rng, size, size, 3).astype(np.uint8))
            two, four = save(rgb, "JPEG", subsampling="4:2:2"), save(rgb, "JPEG", subsampling="4:2:0")
            yield "jpeg 4:4:0", resampled(two, (0x12, 0x11, 0x11))
            yield "jpeg 4:1:1", resampled(four, (0x41, 0x11, 0x11))
            yield "jpeg 1:4", resampled(four, (0x14, 0x11, 0x11))


# ---- PNG, by hand

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def pack(row, depth):
    row = row.reshape(-1)
    if depth == 16:
        return row.astype(">u2").tobytes()
    if depth == 8:
        return row.astype(np.uint8).tobytes()
    bits = ((row[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
    return np.packbits(bits).tobytes()


def filtered(rows, bytes_per_pixel, rng):
    """Each row with a filter of its own (PNG specification, section 9)."""
    out, previous = bytearray(), None
    for row in rows:
        kind = int(rng.integers(5))
        line = np.frombuffer(row, np.uint8).astype(int)
        up = np.zeros_like(line) if previous is None else previous
        left = np.concatenate([np.zeros(bytes_per_pixel, int), line])[:len(line)]
        corner = np.concatenate([np.zeros(bytes_per_pixel, int), up])[:len(line)]
        estimate = left + up - corner
        a, b, c = abs(estimate - left), abs(estimate - up), abs(estimate - corner)
        paeth = np.where((a <= b) & (a <= c), left, np.where(b <= c, up, corner))
        guess = [0, left, up, (left + up) // 2, paeth][kind]
        out += bytes([kind]) + ((line - guess) % 256).astype(np.uint8).tobytes()
        previous = line
    return bytes(out)


def png(rng, samples, colour, depth, interlaced, extra=b"", palette=None):
    height, width, channels = samples.shape
    step = max(channels * depth // 8, 1)
    if interlaced:
        passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7]
        raw = b"".join(filtered([pack(row, depth) for row in part], step, rng) for part in passes if part.size)
    else:
        raw = filtered([pack(row, depth) for row in samples], step, rng)
    body = zlib.compress(raw, int(rng.integers(0, 10)))
    parts = [body[i:i + 97] for i in range(0, len(body), 97)] if rng.random() < .3 else [body]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    chunks = [(b"IHDR", header), *([(b"PLTE", palette)] if palette else [])]
    pixels = [(b"IDAT", part) for part in parts]
    return (b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks) + extra
            + b"".join(chunk(*c) for c in [*pixels, (b"IEND", b"")]))


def transparency(rng, colour, depth):
    if colour == 0:
        return chunk(b"tRNS", struct.pack(">H", int(rng.integers(0, 2 ** depth))))
    if colour == 2:
        return chunk(b"tRNS", struct.pack(">HHH", *(int(v) for v in rng.integers(0, 2 ** depth, 3))))
    if colour == 3:
        return chunk(b"tRNS", bytes(int(v) for v in rng.integers(0, 256, 2 ** depth)))
    return b""


def pngs(rng, rounds):
    for n in range(rounds):
        for colour, depths in DEPTHS.items():
            for depth in depths:
                for interlaced in (0, 1):
                    width, height = SIZES[rng.integers(len(SIZES))]
                    samples = levels(rng, height, width, CHANNELS[colour], 2 ** depth - 1)
                    extra = transparency(rng, colour, depth) if rng.random() < .5 else b""
                    if rng.random() < .5:
                        extra = chunk(b"gAMA", struct.pack(">I", 45455)) + extra + chunk(b"tEXt", b"a\0b")
                    palette = rng.integers(0, 256, 3 * 2 ** depth, dtype=np.uint8).tobytes() if colour == 3 else None
                    if colour == 3 and rng.random() < .2:
                        palette = palette[:3 * max(2 ** depth // 2, 1)]
                    name = f"png type {colour} depth {depth}{' interlaced' if interlaced else ''}"
                    yield name, png(rng, samples, colour, depth, interlaced, extra, palette)


# ---- the rest

def rest(rng, rounds):
    for n in range(rounds):
        for width, height in SIZES:
            rgb = Image.fromarray(levels(rng, height, width, 3).astype(np.uint8))
            rgba = Image.fromarray(levels(rng, height, width, 4).astype(np.uint8))
            for image in (rgb, rgb.convert("L"), rgb.convert("P"), rgb.convert("1"), rgba):
                yield f"bmp {image.mode}", save(image, "BMP")
            yield "pnm P6", save(rgb, "PPM")
            yield "pnm P5", save(rgb.convert("L"), "PPM")
            for compression in (None, "tga_rle"):
                for image in (rgb, rgb.convert("L"), rgb.convert("P"), rgba, rgba.convert("LA")):
                    yield f"tga {image.mode} {compression or 'plain'}", save(image, "TGA", compression=compression)
            yield "tga upwards", save(rgb, "TGA", orientation=1)
            yield "psd rgb", psd(rng, width, height, 3, 3)
            yield "psd grey", psd(rng, width, height, 1, 1)
            yield "psd rgba", psd(rng, width, height, 4, 3)
            yield "psd rgb packed", psd(rng, width, height, 3, 3, packed=True)
            size, area = b"%d %d" % (width, height), width * height
            yield "pnm P6 maxval 100", b"P6\n" + size + b"\n100\n" + noise(rng, 3 * area, 101)
            yield "pnm P6 16 bit", b"P6 " + size + b" 65535\n" + noise(rng, 6 * area)
            yield "pnm P5 16 bit", b"P5 " + size + b" 65535\n" + noise(rng, 2 * area)
            yield "pnm P6 comment", b"P6\n# made by hand\n" + size + b" # size\n255\n" + rgb.tobytes()
            yield "bmp 16 bit 555", bmp16(rng, width, height)
            yield "bmp 16 bit 565", bmp16(rng, width, height, (0xF800, 0x07E0, 0x001F))
            yield "bmp 32 bit downwards", bmp32(rng, width, height)
            yield "bmp 4 bit", bmp_indexed(rng, width, height, 4)
            yield "bmp 8 bit of 20 colours", bmp_indexed(rng, width, height, 8, 20)
            os2 = struct.pack("<2sIHHIIHHHH", b"BM", 0, 0, 0, 26, 12, width, height, 1, 24)
            yield "bmp OS/2", os2 + bytes((3 * width + 3) // 4 * 4 * height)
            yield "bmp run-length", bmp_indexed(rng, width, height, 8)[:30] + struct.pack("<I", 1) + bytes(2000)
            for depth in (15, 16, 24, 32):
                yield f"tga palette of {depth} bit", tga(rng, 1, width, height, 8, 0x20, depth)
                yield f"tga {depth} bit", tga(rng, 2, width, height, depth, 0x20)
            yield "tga right to left", tga(rng, 2, width, height, 24, 0x10)
            yield "tga with a comment", tga(rng, 2, width, height, 24, 0x00, comment=b"made by hand")


def noise(rng, count, top=256):
    return rng.integers(0, top, count, dtype=np.uint8).tobytes()


def packbits(row):
    return b"".join(bytes([len(row[i:i + 128]) - 1]) + row[i:i + 128] for i in range(0, len(row), 128))


def psd(rng, width, height, channels, mode, packed=False):
    planes = levels(rng, height, width, channels).astype(np.uint8).transpose(2, 0, 1)
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, channels, height, width, 8, mode) + struct.pack(">III", 0, 0, 0)
    if not packed:
        return head + struct.pack(">H", 0) + planes.tobytes()
    rows = [packbits(row.tobytes()) for plane in planes for row in plane]
    return head + struct.pack(">H", 1) + b"".join(struct.pack(">H", len(row)) for row in rows) + b"".join(rows)


def bmp16(rng, width, height, masks=None):
    stride = (2 * width + 3) // 4 * 4
    extra = struct.pack("<III", *masks) if masks else b""
    start = 54 + len(extra)
    head = struct.pack("<2sIHHI", b"BM", start + stride * height, 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 16, 3 if masks else 0, stride * height, 0, 0, 0, 0)
    return head + info + extra + noise(rng, stride * height)


def bmp32(rng, width, height):
    head = struct.pack("<2sIHHI", b"BM", 54 + 4 * width * height, 0, 0, 54)
    info = struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 32, 0, 4 * width * height, 0, 0, 0, 0)
    return head + info + noise(rng, 4 * width * height)


def bmp_indexed(rng, width, height, depth, colours=None):
    colours = colours or 2 ** depth
    rows = levels(rng, height, width, 1, colours - 1)
    packed = [pack(row, depth) for row in rows]
    packed = b"".join(row + bytes(-len(row) % 4) for row in packed)
    start = 54 + 4 * colours
    head = struct.pack("<2sIHHI", b"BM", start + len(packed), 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, 0, len(packed), 0, 0, colours, 0)
    return head + info + noise(rng, 4 * colours) + packed


def tga(rng, kind, width, height, depth, order, palette_depth=0, comment=b""):
    colours = 256 if palette_depth else 0
    head = struct.pack("<BBBHHBHHHHBB", len(comment), bool(colours), kind, 0, colours, palette_depth, 0, 0, width,
                       height, depth, order)
    palette = noise(rng, colours * ((palette_depth + 7) // 8))
    return head + comment + palette + noise(rng, (depth + 7) // 8 * width * height)


# Forms that stb_image decodes unlike Pillow, or not at all; sextant names them and asks for PNG.
REFUSED = {"bmp 16 bit 555", "bmp 16 bit 565", "bmp OS/2", "bmp run-length", "psd grey", "psd rgba",
           "pnm P6 maxval 100", "pnm P6 16 bit", "pnm P5 16 bit", "tga right to left", "tga 15 bit",
           "tga palette of 15 bit"}
NOT_IN_OLD_PILLOW = {"tga palette of 32 bit"}


# ---- comparison

def decode_all(probe, pictures, folder):
    jobs = []
    for i, (_, data) in enumerate(pictures):
        (folder / str(i)).write_bytes(data)
        jobs.append(f"{folder / str(i)}\t{folder / str(i)}.out\n")
    subprocess.run([probe], input="".join(jobs), text=True, check=True)
    for i in range(len(pictures)):
        first, _, pixels = (folder / f"{i}.out").read_bytes().partition(b"\n")
        yield first.decode(errors="replace"), pixels


def difference(kind, data, first, pixels):
    """None, or what differs."""
    if kind in REFUSED:
        by_name = first.startswith("error unsupported") and "save it as PNG" in first
        return None if by_name else f"not refused by name: {first}"
    try:
        expected = Image.open(io.BytesIO(data)).convert("RGB")
    except Exception as error:  # whatever Pillow raises means that it does not read the file
        return None if first.startswith("error") or kind in NOT_IN_OLD_PILLOW else f"Pillow refuses it: {error}"
    if first.startswith("error"):
        return "refused: " + first.split(": ", 1)[-1]
    if first != f"{expected.width} {expected.height}":
        return f"size {first} instead of {expected.size}"
    got, want = np.frombuffer(pixels, np.uint8).astype(int), np.frombuffer(expected.tobytes(), np.uint8).astype(int)
    if got.shape != want.shape:
        return f"{got.size} bytes instead of {want.size}"
    wrong = np.count_nonzero(got != want)
    return f"{wrong} of {want.size} bytes differ, by up to {abs(got - want).max()}" if wrong else None


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--probe", required=True)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()

    rng = np.random.default_rng(args.seed)
    pictures = [*jpegs(rng, args.rounds), *odd_jpegs(rng, args.rounds), *pngs(rng, 3 * args.rounds),
                *rest(rng, args.rounds)]
    tried, wrong, example = collections.Counter(), collections.Counter(), {}
    with tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        for (kind, data), (first, pixels) in zip(pictures, decode_all(args.probe, pictures, pathlib.Path(folder))):
            tried[kind] += 1
            problem = difference(kind, data, first, pixels)
            if problem:
                wrong[kind] += 1
                example.setdefault(kind, problem)
    for kind in wrong:
        print(f"{kind}: {wrong[kind]} of {tried[kind]} wrong, for example {example[kind]}")
    versions = f"Pillow {PIL.__version__} with libjpeg-turbo {features.version('libjpeg_turbo')}"
    by_name = sum(tried[kind] for kind in REFUSED)
    print(f"decode parity, seed {args.seed}, {versions}: {len(pictures)} pictures of {len(tried)} kinds "
          f"({by_name} of kinds that are refused by name), {sum(wrong.values())} failures")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
