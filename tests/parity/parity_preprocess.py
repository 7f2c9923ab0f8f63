"""Compares resizing with Pillow, and image tensors with torchvision's and Hugging Face's rules.

    python tests/parity/parity_preprocess.py --probe build/dev/tests/parity/preprocess_probe [--cases 2400] [--seed 1]

Resized bytes must be equal; tensors must agree within 1e-6. torchvision is written out here from its documentation
(it need not be installed); Hugging Face's is its own CLIPImageProcessor. Exit code 1 on any difference.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import PIL
from PIL import Image

NAMES = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
FILTERS = {name: Image.Resampling[name.upper()] for name in NAMES}


class Probe:
    """Collects jobs, runs them all in one program, and hands the results back."""

    def __init__(self, program, folder):
        self.program, self.folder, self.jobs, self.checks = program, pathlib.Path(folder), [], []

    def add(self, picture, verb, words, check):
        n = len(self.jobs)
        source, result = self.folder / f"{n}.in", self.folder / f"{n}.out"
        source.write_bytes(picture.tobytes())
        height, width, _ = picture.shape
        self.jobs.append(f"{verb} {source} {width} {height} {words} {result}")
        self.checks.append((check, result))

    def run(self):
        subprocess.run([self.program], input="\n".join(self.jobs) + "\n", text=True, check=True)
        failures = []
        for job, (check, result) in zip(self.jobs, self.checks):
            problem = check(result.read_bytes())
            if problem:
                failures.append(f"{job}: {problem}")
        return failures


def picture_of(rng, width, height):
    """Noise, extremes, a smooth ramp or flat colour: each shows other mistakes."""
    kind = rng.integers(4)
    if kind == 0:
        return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if kind == 1:
        return rng.integers(0, 2, (height, width, 3), dtype=np.uint8) * np.uint8(255)
    if kind == 2:
        ramp = np.add.outer(np.arange(height) * 3, np.arange(width) * 2)
        return np.stack([ramp, ramp // 2, 255 - ramp], axis=2).astype(np.uint8)
    return np.broadcast_to(rng.integers(0, 256, 3, dtype=np.uint8), (height, width, 3)).copy()


def side_of(rng):
    """1 often, then small, then up to a few hundred."""
    return int(rng.choice([1, rng.integers(2, 12), rng.integers(12, 80), rng.integers(80, 420)], p=[.12, .28, .4, .2]))


def resize_sizes(rng, n):
    """Yields (width, height, new width, new height); every eighth shape is one of the rules' edges."""
    for i in range(n):
        w, h, W, H = (side_of(rng) for _ in range(4))
        edge = i % 16
        if edge == 0:
            W, H = w, h
        elif edge == 2:
            W = w
        elif edge == 4:
            H = h
        elif edge == 6:  # on both sides of "a hundred times as tall as wide"
            w = int(rng.integers(1, 5))
            h = 100 * w + int(rng.integers(-2, 4))
            H = int(rng.choice([h - 1, h // 2, h // 7 + 1, h, h + 1]))
            W = int(rng.integers(1, 40))
        elif edge == 8:  # very wide
            h = int(rng.integers(1, 4))
            w = 100 * h + int(rng.integers(-2, 300))
        elif edge == 10:
            w, h = int(rng.integers(1, 3)), int(rng.integers(500, 3000))
        yield w, h, W, H


def resize_in_new_order(image, size, resample=Image.Resampling.BICUBIC, box=None, reducing_gap=None):
    """Image.resize of Pillow 13 out of an older one: 13 chooses the order of the two passes anew, which changes last
    bits, so the passes are run one by one in the new order."""
    if resample == Image.Resampling.NEAREST:
        return old_resize(image, size, resample)
    rows_lost, columns_lost = image.height - size[1], image.width - size[0]
    columns_first = rows_lost > 0 and rows_lost > 2 * columns_lost
    between = (image.width, size[1]) if columns_first else (size[0], image.height)
    return old_resize(old_resize(image, between, resample), size, resample)


old_resize = Image.Image.resize
if int(PIL.__version__.split(".")[0]) < 13:
    Image.Image.resize = resize_in_new_order


def add_resizes(probe, rng, n):
    for i, (w, h, W, H) in enumerate(resize_sizes(rng, n)):
        name = list(FILTERS)[i % 6 if i % 16 else rng.integers(6)]
        picture = picture_of(rng, w, h)
        expected = Image.fromarray(picture).resize((W, H), FILTERS[name]).tobytes()

        def check(got, expected=expected):
            if len(got) != len(expected):
                return f"{len(got)} bytes instead of {len(expected)}"
            different = np.count_nonzero(np.frombuffer(got, np.uint8) != np.frombuffer(expected, np.uint8))
            return f"{different} of {len(expected)} bytes differ" if different else None

        probe.add(picture, "resize", f"{W} {H} {name}", check)


# ---- torchvision's rules: Resize, Pad, CenterCrop (transforms/functional.py), ToTensor, Normalize

def crop_or_pad(image, crop, fill):
    """torchvision.transforms.functional.center_crop."""
    width, height = image.size
    crop_height, crop_width = crop
    if crop_width > width or crop_height > height:
        left, top = max((crop_width - width) // 2, 0), max((crop_height - height) // 2, 0)
        right, bottom = max((crop_width - width + 1) // 2, 0), max((crop_height - height + 1) // 2, 0)
        padded = Image.new("RGB", (width + left + right, height + top + bottom), fill)
        padded.paste(image, (left, top))
        image, (width, height) = padded, padded.size
    top, left = int(round((height - crop_height) / 2.0)), int(round((width - crop_width) / 2.0))
    return image.crop((left, top, left + crop_width, top + crop_height))


def torchvision_tensor(picture, mode, size, filter_, crop, pad, mean, std):
    image = Image.fromarray(picture)
    width, height = image.size
    if mode == "squash":
        image = image.resize((size[1], size[0]), filter_)
    elif mode == "shortest_edge":
        short, long = sorted((width, height))
        new_long = int(size[0] * long / short)
        image = image.resize((size[0], new_long) if width <= height else (new_long, size[0]), filter_)
    elif mode == "longest_edge":  # open_clip, ResizeKeepRatio(longest=1)
        ratio = max(height / size[0], width / size[0])
        image = image.resize((max(round(width / ratio), 1), max(round(height / ratio), 1)), filter_)
    if crop:
        image = crop_or_pad(image, crop, 0)
    if pad:
        image = crop_or_pad(image, pad, 0)
    x = np.asarray(image).transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    column = lambda v: np.asarray(v, dtype=np.float32).reshape(3, 1, 1)
    return (x - column(mean)) / column(std)


def hugging_face_tensor(picture, mode, size, filter_, crop, mean, std):
    from transformers.models.clip.image_processing_clip import CLIPImageProcessor
    shape = {"height": size[0], "width": size[1]} if mode == "squash" else {"shortest_edge": size[0]}
    crop_size = {"height": crop[0], "width": crop[1]} if crop else None
    processor = CLIPImageProcessor(do_resize=mode != "none", size=shape, resample=filter_, do_center_crop=bool(crop),
                                   crop_size=crop_size, rescale_factor=1 / 255, image_mean=mean, image_std=std)
    return np.asarray(processor(Image.fromarray(picture), return_tensors="np",
                                input_data_format="channels_last")["pixel_values"][0])


def tensor_check(expected, worst):
    def check(got):
        shape = tuple(np.frombuffer(got[:24], np.int64))
        if shape != expected.shape:
            return f"shape {shape} instead of {expected.shape}"
        difference = float(np.abs(np.frombuffer(got[24:], np.float32).reshape(shape) - expected).max())
        worst[0] = max(worst[0], difference)
        return f"tensors differ by {difference}" if difference > 1e-6 else None
    return check


MEANS = [([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]), ([0.5] * 3, [0.5] * 3),
         ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]), ([0.0] * 3, [1.0] * 3)]


def add_tensors(probe, rng, n, worst):
    for i in range(n):
        hugging_face = i % 2 == 0
        modes = ["squash", "shortest_edge", "none"] + ([] if hugging_face else ["longest_edge"])
        mode = str(rng.choice(modes))
        w, h = int(rng.integers(2, 160)), int(rng.integers(2, 160))
        size = (int(rng.integers(4, 64)), int(rng.integers(4, 64)))
        name = str(rng.choice(["bilinear", "bicubic", "lanczos", "box"]))
        crop = (int(rng.integers(1, 90)), int(rng.integers(1, 90))) if rng.random() < .6 else None
        pad = None
        if mode == "longest_edge" and not crop:
            pad = (size[0] + int(rng.integers(0, 9)), size[0] + int(rng.integers(0, 9)))
        mean, std = MEANS[rng.integers(len(MEANS))]
        picture = picture_of(rng, w, h)
        if hugging_face:
            expected = hugging_face_tensor(picture, mode, size, FILTERS[name], crop, mean, std)
        else:
            expected = torchvision_tensor(picture, mode, size, FILTERS[name], crop, pad, mean, std)
        c, p = crop or (0, 0), pad or (0, 0)
        words = [mode, *size, name, *c, "floor" if hugging_face else "round_even", *p,
                 "multiply_reciprocal" if hugging_face else "divide_255", *mean, *std]
        probe.add(picture, "transform", " ".join(map(str, words)), tensor_check(expected, worst[hugging_face]))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--probe", required=True)
    options.add_argument("--cases", type=int, default=2400, help="resizes; half as many tensors")
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()

    rng = np.random.default_rng(args.seed)
    worst = {True: [0.0], False: [0.0]}
    with tempfile.TemporaryDirectory() as folder:
        probe = Probe(args.probe, folder)
        add_resizes(probe, rng, args.cases)
        add_tensors(probe, rng, args.cases // 2, worst)
        failures = probe.run()
    for failure in failures[:20]:
        print(failure)
    print(f"preprocess parity, seed {args.seed}, Pillow {PIL.__version__}: {args.cases} resizes (bytes must be equal), "
          f"{args.cases // 2} tensors (largest difference: torchvision's rules {worst[False][0]}, "
          f"Hugging Face {worst[True][0]}); "
          f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
