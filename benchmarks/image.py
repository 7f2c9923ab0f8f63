"""From a JPEG file to CLIP's tensor, and resizing alone, beside the Python originals on the same picture: one thread each.

    python benchmarks/image.py build/bench/benchmarks/image_benchmark

Sextant and the originals take turns, twelve rounds; each has the median of its calls in its best round. The peers of the whole
way are transformers' slow and fast CLIP processors and torchvision's transforms, the peer of resizing is Pillow. Of the JPEG
Sextant decodes the part that the crop needs, to the same pixels (`decode_image`'s `needed`); the originals decode all of it.
"""
import io
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests/parity"))
import preprocess_originals as originals  # also lets torchvision be imported

import numpy as np
import PIL
import torch
import transformers
from PIL import Image
from torchvision import transforms

SEED, WIDTH, HEIGHT, QUALITY, ROUNDS, SECONDS = 1, 640, 480, 90, 12, 0.12
torch.set_num_threads(1)


def photo():
    """Waves and noise: as many bytes as a photograph of that size and quality has."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = np.stack([80 * np.sin(x / 37) + 40 * np.cos(y / 11), 90 * np.cos((x + y) / 53), 60 * np.sin(x * y / 9000)], axis=2)
    noise = np.random.default_rng(SEED).normal(0, 8, (HEIGHT, WIDTH, 3))
    file = io.BytesIO()
    Image.fromarray((128 + waves + noise).clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def microseconds(call):
    call(), call()
    times, end = [], time.perf_counter() + SECONDS
    while len(times) < 10 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)


def peers(jpeg):
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    short = 224 / min(WIDTH, HEIGHT)
    size = int(WIDTH * short), int(HEIGHT * short)
    slow, fast = transformers.CLIPImageProcessor(), transformers.CLIPImageProcessorFast()
    pipeline = transforms.Compose([transforms.Resize(224, transforms.InterpolationMode.BICUBIC), transforms.CenterCrop(224),
                                   transforms.ToTensor(), transforms.Normalize(originals.CLIP["mean"], originals.CLIP["std"])])
    return {
        "Pillow decode": lambda: Image.open(io.BytesIO(jpeg)).convert("RGB"),
        "Pillow resize": lambda: picture.resize(size, Image.Resampling.BICUBIC),
        "transformers slow": lambda: slow(Image.open(io.BytesIO(jpeg)), return_tensors="np"),
        "transformers fast": lambda: fast(Image.open(io.BytesIO(jpeg)), return_tensors="pt"),
        "torchvision": lambda: pipeline(Image.open(io.BytesIO(jpeg)).convert("RGB")),
    }


def sextant(program, jpeg, folder):
    (folder / "photo.jpg").write_bytes(jpeg)
    (folder / "photo.raw").write_bytes(Image.open(io.BytesIO(jpeg)).convert("RGB").tobytes())
    output = subprocess.run([program, folder / "photo.jpg", folder / "photo.raw", str(WIDTH), str(HEIGHT), str(SECONDS)],
                            check=True, capture_output=True, text=True).stdout
    return {name: (float(time_), int(count)) for name, time_, count in (line.split() for line in output.splitlines())}


def main():
    jpeg = photo()
    print(f"{platform.processor() or platform.machine()}, {originals.versions()}, Pillow {PIL.__version__}; "
          f"{WIDTH} x {HEIGHT} JPEG of {len(jpeg)} bytes (seed {SEED}, quality {QUALITY}), one thread")
    ours, theirs, calls = {}, {}, peers(jpeg)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for name, (time_, count) in sextant(sys.argv[1], jpeg, pathlib.Path(folder)).items():
                ours[name] = min(ours.get(name, (time_, count)), (time_, count))
            for name, call in calls.items():
                theirs[name] = min(theirs.get(name, float("inf")), microseconds(call))
    for name, (time_, count) in ours.items():
        print(f"  sextant {name}: {time_:.0f} us, {count} allocations in the steady state")
    for name, time_ in theirs.items():
        print(f"  {name}: {time_:.0f} us")
    fastest = min(("transformers slow", "transformers fast", "torchvision"), key=theirs.get)
    print(f"the fastest original is {fastest}")
    print(f"figure jpeg_to_clip_tensor {theirs[fastest] / ours['jpeg_to_tensor'][0]:.2f} goal 2")
    print(f"figure resize {theirs['Pillow resize'] / ours['resize'][0]:.2f} goal 2")


main()
