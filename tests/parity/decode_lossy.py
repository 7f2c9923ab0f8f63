"""JPEG and WebP files for parity_decode.py. What Pillow does not write of JPEG, decode_make writes with libjpeg."""
import io
import struct
import subprocess

import numpy as np
from decode_content import SIZES, levels, save
from PIL import Image

SAMPLINGS = {"4:4:4": "11 11 11", "4:2:2": "21 11 11", "4:2:0": "22 11 11", "4:4:0": "12 11 11", "4:1:1": "41 11 11",
             "4:1:0": "42 11 11", "1:4": "14 11 11", "4:2:0 of halves": "22 21 12", "chroma fuller": "11 21 12",
             "third": "31 11 11", "luma half": "11 22 22"}


def picture(rng, width, height, channels):
    return levels(rng, height, width, channels).astype(np.uint8)


def pillow_jpegs(rng, rounds):
    for _ in range(rounds):
        for width, height in SIZES:
            rgb = Image.fromarray(picture(rng, width, height, 3))
            for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
                for progressive in (False, True):
                    quality = int(rng.choice([5, 30, 75, 90, 100]))
                    yield (f"jpeg {subsampling}{' progressive' if progressive else ''}",
                           save(rgb, "JPEG", quality=quality, subsampling=subsampling, progressive=progressive,
                                restart_marker_rows=int(rng.integers(0, 3))))
            yield "jpeg grey", save(rgb.convert("L"), "JPEG", quality=int(rng.integers(1, 101)))
            cmyk = Image.fromarray(picture(rng, width, height, 4), "CMYK")
            yield "jpeg cmyk", save(cmyk, "JPEG", quality=int(rng.integers(1, 101)))
            yield "jpeg cmyk progressive", save(cmyk, "JPEG", progressive=True)
            yield "jpeg rgb", save(rgb, "JPEG", keep_rgb=True)


def recipes(rng, rounds):
    """What decode_make is asked for: a kind, the number of components, flags."""
    for _ in range(rounds):
        for name, factors in SAMPLINGS.items():
            for coding in ("", " progressive", " arithmetic", " progressive arithmetic"):
                yield f"jpeg {name}{coding} by hand", 3, factors + coding
            yield f"jpeg {name} restarts", 3, f"{factors} restart={rng.integers(1, 9)}"
        for coding in ("", " progressive", " arithmetic"):
            yield f"jpeg ycck{coding}", 4, "ycck" + coding
            yield f"jpeg ycck 4:2:0{coding}", 4, "22 11 11 22 ycck" + coding
            yield f"jpeg cmyk odd sampling{coding}", 4, "22 21 12 11" + coding
            yield f"jpeg grey{coding} by hand", 1, coding
            yield f"jpeg grey 2 x 2{coding}", 1, "22" + coding
        yield "jpeg without markers", 3, "bare"
        yield "jpeg cmyk without markers", 4, "bare"
        yield "jpeg ycck without markers", 4, "bare ycck"
        yield "jpeg rgb without markers", 3, "bare rgb"
        yield "jpeg rgb 4:2:0", 3, "rgb 22 11 11"


def made_jpegs(maker, rng, rounds):
    wanted, request = [], b""
    for kind, channels, flags in recipes(rng, rounds):
        for width, height in [SIZES[n] for n in rng.choice(len(SIZES), 3, replace=False)]:
            quality = int(rng.choice([5, 30, 75, 90, 100]))
            wanted.append(kind)
            request += b"%d %d %d %d %s\n" % (width, height, channels, quality, flags.encode())
            request += picture(rng, width, height, channels).tobytes()
    answer = io.BytesIO(subprocess.run([maker], input=request, capture_output=True, check=True).stdout)
    for kind in wanted:
        yield kind, answer.read(int(answer.readline()))


def altered_jpegs(rng, rounds):
    """Headers that were written over: Adobe's transform, 12 bits, lossless, a fraction of sampling."""
    for _ in range(rounds):
        for width, height in SIZES:
            rgb = Image.fromarray(picture(rng, width, height, 3))
            plain = save(rgb, "JPEG", subsampling="4:4:4")
            for transform in (0, 1, 2):
                adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])
                yield f"jpeg adobe transform {transform}", plain[:2] + adobe + plain[2:]
                yield f"jpeg adobe transform {transform} without jfif", plain[:2] + adobe + plain[20:]
                cmyk = bytearray(save(Image.fromarray(picture(rng, width, height, 4), "CMYK"), "JPEG"))
                cmyk[cmyk.index(b"Adobe") + 11] = transform
                yield f"jpeg cmyk adobe transform {transform}", bytes(cmyk)
            frame = plain.index(b"\xff\xc0")
            yield "jpeg 12 bit", plain[:frame + 1] + b"\xc1" + plain[frame + 2:frame + 4] + b"\x0c" + plain[frame + 5:]
            yield "jpeg lossless", plain[:frame + 1] + b"\xc3" + plain[frame + 2:]


# ---- WebP

def webps(rng, rounds):
    for _ in range(rounds):
        for width, height in [*SIZES, (257, 129)]:
            rgb = Image.fromarray(picture(rng, width, height, 3))
            rgba = Image.fromarray(picture(rng, width, height, 4))
            for quality in (1, 40, 80, 100):
                method = int(rng.integers(0, 7))
                yield "webp lossy", save(rgb, "WEBP", quality=quality, method=method)
                yield "webp lossy alpha", save(rgba, "WEBP", quality=quality, method=method,
                                               alpha_quality=int(rng.choice([1, 50, 100])))
            for exact in (False, True):
                method = int(rng.integers(0, 7))
                yield "webp lossless", save(rgb, "WEBP", lossless=True, method=method)
                yield "webp lossless alpha", save(rgba, "WEBP", lossless=True, exact=exact, method=method)
            yield "webp lossless of few colours", save(rgb.quantize(7).convert("RGB"), "WEBP", lossless=True)
            yield "webp with notes", save(rgb, "WEBP", exif=exif(6), icc_profile=b"no profile", xmp=b"<x/>")
            frames = [Image.fromarray(picture(rng, width, height, 4)) for _ in range(3)]
            for options in ({"lossless": True}, {"quality": 60}, {"allow_mixed": True}, {"minimize_size": True}):
                yield "webp animated", save(frames[0], "WEBP", save_all=True, append_images=frames[1:], **options)
            yield "webp animated opaque", save(rgb, "WEBP", save_all=True, append_images=[rgb.rotate(90), rgb])
            for lossless in (False, True):
                yield "webp animated frame within", frame_within(rng, rgba, lossless)


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def size24(*values):
    return b"".join(struct.pack("<I", value)[:3] for value in values)


def frame_within(rng, image, lossless):
    """An animation whose first frame does not fill the canvas."""
    file = save(image, "WEBP", lossless=lossless, exact=True)
    chunks = file[12:] if file[12:16] == b"VP8L" else file[30:]
    x, y, right, below = (int(v) for v in rng.integers(0, 5, 4))
    frame = size24(x, y, image.width - 1, image.height - 1, 100) + bytes([int(rng.integers(0, 4))]) + chunks
    canvas = bytes([0x12, 0, 0, 0]) + size24(2 * x + image.width + right - 1, 2 * y + image.height + below - 1)
    body = chunk(b"VP8X", canvas) + chunk(b"ANIM", b"\x10\x80\xf0\xff\0\0") + chunk(b"ANMF", frame)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def exif(orientation):
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">HHI", orientation, 0, 0)


# Named, and not read.
REFUSED = {"jpeg 12 bit", "jpeg lossless"}
