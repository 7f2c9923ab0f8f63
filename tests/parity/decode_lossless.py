"""PNG, BMP, PNM, TGA and PSD files for parity_decode.py, most of them written by hand, as Pillow writes only some."""
import struct
import zlib

import numpy as np
from decode_content import SIZES, levels, noise, save
from PIL import Image

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
            size = b"%d %d" % (width, height)
            yield "pnm P6 comment", b"P6\n# made by hand\n" + size + b" # size\n255\n" + rgb.tobytes()
            for form in range(1, 7):
                for top in (1, 7, 100, 254, 255, 256, 1023, 4095, 65534, 65535):
                    yield f"pnm P{form} to {top}", pnm(rng, form, width, height, top)
            yield "bmp 16 bit 555", bmp16(rng, width, height)
            yield "bmp 16 bit 565", bmp16(rng, width, height, (0xF800, 0x07E0, 0x001F))
            yield "bmp 32 bit downwards", bmp32(rng, width, height)
            yield "bmp 32 bit with alpha", bmp_masks(rng, width, height, 0xFF000000)
            yield "bmp 32 bit with masks", bmp_masks(rng, width, height, 0)
            yield "bmp 8 bit of greys", bmp_indexed(rng, width, height, 8, palette=greys(range(256)))
            yield "bmp 8 bit of 20 greys", bmp_indexed(rng, width, height, 8, 20, greys(range(20)))
            yield "bmp 1 bit of colours", bmp_indexed(rng, width, height, 1)
            yield "bmp 1 bit white first", bmp_indexed(rng, width, height, 1, palette=greys((255, 0)))
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


def pnm(rng, form, width, height, top):
    """P1 to P6, its levels up to `top`, and now and then beyond where they are bytes."""
    samples = levels(rng, height, width, 3 if form in (3, 6) else 1, 1 if form in (1, 4) else top)
    space = [b" ", b"\n", b"\t\r\n", b" # by hand\n"][rng.integers(4)]
    header = space.join([b"P%d" % form, b"%d" % width, b"%d" % height] + ([b"%d" % top] if form not in (1, 4) else []))
    if form < 4:
        words = [b"%d" % sample for sample in samples.reshape(-1)]
        if form == 1 and rng.random() < .5:
            return header + b"\n" + b"".join(words)
        return header + b"\n" + b"".join(word + (b"\n#a 1 2\n" if rng.random() < .02 else b" ") for word in words)
    if form == 4:
        return header + b"\n" + b"".join(pack(row, 1) for row in samples)
    if rng.random() < .3:
        samples = rng.integers(0, 65536 if top > 255 else 256, samples.shape)
    return header + b"\n" + samples.astype(">u2" if top > 255 else np.uint8).tobytes()


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


def bmp_masks(rng, width, height, alpha):
    """A header of version 4."""
    head = struct.pack("<2sIHHI", b"BM", 122 + 4 * width * height, 0, 0, 122)
    info = struct.pack("<IiiHHIIiiII", 108, width, height, 1, 32, 3, 4 * width * height, 0, 0, 0, 0)
    return head + info + struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, alpha) + bytes(52) + noise(rng, 4 * width * height)


def greys(levels_of):
    return b"".join(bytes((level, level, level, 0)) for level in levels_of)


def bmp_indexed(rng, width, height, depth, colours=None, palette=None):
    colours = colours or 2 ** depth
    rows = levels(rng, height, width, 1, colours - 1)
    packed = [pack(row, depth) for row in rows]
    packed = b"".join(row + bytes(-len(row) % 4) for row in packed)
    start = 54 + 4 * colours
    head = struct.pack("<2sIHHI", b"BM", start + len(packed), 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, 0, len(packed), 0, 0, colours, 0)
    return head + info + (palette or noise(rng, 4 * colours)) + packed


def tga(rng, kind, width, height, depth, order, palette_depth=0, comment=b""):
    colours = 256 if palette_depth else 0
    head = struct.pack("<BBBHHBHHHHBB", len(comment), bool(colours), kind, 0, colours, palette_depth, 0, 0, width,
                       height, depth, order)
    palette = noise(rng, colours * ((palette_depth + 7) // 8))
    return head + comment + palette + noise(rng, (depth + 7) // 8 * width * height)


# Forms that stb_image decodes unlike Pillow, or not at all; sextant names them and asks for PNG.
REFUSED = {"bmp 16 bit 555", "bmp 16 bit 565", "bmp OS/2", "bmp run-length", "psd grey", "psd rgba",
           "tga right to left", "tga 15 bit", "tga palette of 15 bit"}
NOT_IN_OLD_PILLOW = {"tga palette of 32 bit"}
# Their one bit of alpha is not kept; the pixels are Pillow's.
WITHOUT_ALPHA = {"tga 16 bit"}
