"""GIF files for parity_decode.py, written by hand, as Pillow writes only some."""
import struct

import numpy as np
from decode_content import SIZES, levels

FULL = 4096


def lzw(indices, bits, rng):
    """The codes of the indices. The table is emptied when it is full, at times long after, and at times before."""
    clear, end = 1 << bits, (1 << bits) + 1
    stream, filled, at, out = 0, 0, 0, bytearray()

    def put(code, width):
        nonlocal stream, filled
        stream |= code << filled
        filled += width
        while filled >= 8:
            out.append(stream & 255)
            stream >>= 8
            filled -= 8

    patience = int(rng.choice([0, 0, 1, 500]))
    table, width, kept = {(i,): i for i in range(clear)}, bits + 1, 0
    put(clear, width)
    following = clear + 2
    run = ()
    for index in indices:
        if run + (index,) in table:
            run += (index,)
            continue
        put(table[run], width)
        if following < FULL:
            table[run + (index,)] = following
            following += 1
            if following > 1 << width and width < 12:
                width += 1
        else:
            kept += 1
        if kept > patience or (following > clear + 40 and rng.random() < .002):
            put(clear, width)
            table, width, kept, following = {(i,): i for i in range(clear)}, bits + 1, 0, clear + 2
        run = (index,)
    put(table[run], width)
    if following < FULL and following + 1 > 1 << width and width < 12:
        width += 1
    put(end, width)
    if filled:
        out.append(stream & 255)
    return bytes(out)


def blocks(data, size=255):
    return b"".join(bytes([len(data[i:i + size])]) + data[i:i + size] for i in range(0, len(data), size)) + b"\0"


def rows_in_order(rows, interlaced):
    """The rows as the file has them."""
    passes = ((0, 8), (4, 8), (2, 4), (1, 2)) if interlaced else ((0, 1),)
    return np.concatenate([rows[first::step] for first, step in passes])


def frame(rng, rows, depth, left=0, top=0, palette=None, interlaced=False, transparent=None, disposal=0, bits=None):
    """A picture of the indices `rows`; its palette, if it has one of its own, holds 2 ** depth colours."""
    out = b""
    if transparent is not None or disposal:
        flags = disposal << 2 | (transparent is not None)
        out += b"!\xf9" + blocks(struct.pack("<BHB", flags, 10, transparent or 0))
    flags = (interlaced << 6) | (0x80 | depth - 1 if palette else 0)
    height, width = rows.shape
    bits = bits or max(depth, 2)
    codes = lzw([int(i) for i in rows_in_order(rows, interlaced).reshape(-1)], bits, rng)
    return (out + b"," + struct.pack("<HHHHB", left, top, width, height, flags) + (palette or b"") + bytes([bits])
            + blocks(codes, int(rng.integers(1, 256))))


def gif(width, height, frames, palette=None, version=b"GIF89a", background=0):
    depth = max(len(palette) // 3 - 1, 1).bit_length() if palette else 1
    flags = 0x80 | depth - 1 if palette else 0
    comment = b"!\xfe" + blocks(b"made by hand")
    return (version + struct.pack("<HHBBB", width, height, flags, background, 0) + (palette or b"") + comment
            + b"".join(frames) + b";")


def greys(depth):
    return bytes(level for i in range(2 ** depth) for level in (i, i, i))


def colours(rng, depth):
    return rng.integers(0, 256, 3 * 2 ** depth, dtype=np.uint8).tobytes()


def see_through(rng, width, height):
    """Pictures of which one colour is transparent, as large as the screen, smaller and larger."""
    depth = int(rng.integers(1, 9))
    clear = int(rng.integers(0, 2 ** depth))
    for interlaced in (False, True):
        word = " interlaced" if interlaced else ""
        rows = levels(rng, height, width, 1, 2 ** depth - 1)[..., 0]
        part = frame(rng, rows, depth, interlaced=interlaced, transparent=clear, disposal=int(rng.integers(4)))
        yield f"gif transparent{word}", gif(width, height, [part, part], colours(rng, depth))
        yield f"gif of greys transparent{word}", gif(width, height, [part], greys(depth))
        left, top = (int(v) for v in rng.integers(0, 20, 2))
        part = frame(rng, rows, depth, left, top, interlaced=interlaced, transparent=clear)
        yield f"gif within transparent{word}", gif(width + 20, height + 20, [part, part], colours(rng, depth))
        yield f"gif beyond transparent{word}", gif(max(width // 2, 1), 1, [part], colours(rng, depth))


def gifs(rng, rounds):
    for _ in range(rounds):
        for width, height in SIZES:
            yield from see_through(rng, width, height)
            depth = int(rng.integers(1, 9))
            rows = levels(rng, height, width, 1, 2 ** depth - 1)[..., 0]
            for interlaced in (False, True):
                word = " interlaced" if interlaced else ""
                part = frame(rng, rows, depth, interlaced=interlaced)
                yield "gif" + word, gif(width, height, [part], colours(rng, depth))
                yield f"gif of greys{word}", gif(width, height, [part], greys(depth))
                yield f"gif without a palette{word}", gif(width, height, [part])
                yield f"gif with colours missing{word}", gif(width, height, [part], colours(rng, 1))
                own = frame(rng, rows, depth, palette=colours(rng, depth), interlaced=interlaced)
                yield f"gif with a palette of its own{word}", gif(width, height, [own])
                yield f"gif with two palettes{word}", gif(width, height, [own], colours(rng, depth), b"GIF87a")
                yield f"gif of colours in greys{word}", gif(width, height, [own], greys(depth))
                own = frame(rng, rows, depth, palette=greys(depth), interlaced=interlaced)
                yield f"gif of greys in colours{word}", gif(width, height, [own], colours(rng, depth))
                # What few programs write, and Pillow reads.
                whole = gif(width, height, [part], colours(rng, depth))
                yield f"gif without its end{word}", whole[:-2]
                yield f"gif with bytes between its blocks{word}", gif(width, height, [b"\0?", part], colours(rng, depth))
                part = frame(rng, rows, depth, interlaced=interlaced, bits=int(rng.integers(depth + 1, 12)))
                yield f"gif of longer codes{word}", gif(width, height, [part], colours(rng, depth))
                left, top = (int(v) for v in rng.integers(0, 20, 2))
                part = frame(rng, rows, depth, left, top, interlaced=interlaced)
                yield f"gif within{word}", gif(width + 20, height + 20, [part, part], colours(rng, depth), background=1)
                yield f"gif beyond{word}", gif(max(width // 2, 1), 1, [part], colours(rng, depth))
