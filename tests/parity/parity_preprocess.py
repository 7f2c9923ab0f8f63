"""Compares resizing with Pillow and torch, and image tensors with the real processors.

    python tests/parity/parity_preprocess.py --probe build/dev/tests/parity/preprocess_probe [--cases 2400] [--seed 1]

Bytes resized as Pillow or torch does must be equal, in whatever mode a picture is; floats of 0 to 1 resized as torch does must agree within 1e-6, tensors too:
Hugging Face's slow and fast processors, open_clip's and torchvision's transforms (preprocess_originals.py), each on the files of
100 odd pictures, which the original opens as Pillow does and sextant decodes itself. Exit code 1 on any difference.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import PIL
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import preprocess_originals as originals

FILTERS = {name: Image.Resampling[name.upper()]
           for name in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos", "mks2013", "mks2021")}


class Probe:
    """Collects jobs, runs them all in one program, and hands the results back."""

    def __init__(self, program, folder):
        self.program, self.folder, self.jobs, self.checks, self.sources = program, pathlib.Path(folder), [], [], {}

    def add_file(self, file, verb, values, check):
        """`file` is a picture that the program decodes."""
        self.add_job(verb, file, 0, 0, values, check)

    def add(self, array, verb, values, check):
        """`array` is rows x columns x 3 bytes, or planes x rows x columns floats."""
        source = self.sources.get(id(array))
        if source is None:
            source = self.sources[id(array)] = (self.folder / f"{len(self.jobs)}.in", array)  # kept, so that ids stay unique
            source[0].write_bytes(array.tobytes())
        height, width = array.shape[:2] if array.dtype == np.uint8 else array.shape[1:]
        self.add_job(verb, source[0], width, height, values, check)

    def add_job(self, verb, source, width, height, values, check):
        result = self.folder / f"{len(self.jobs)}.out"
        words = " ".join(f"{key}={','.join(map(str, value)) if isinstance(value, (list, tuple)) else value}"
                         for key, value in values.items())
        self.jobs.append(f"{verb} {source} {width} {height} {result} {words}")
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
    """Yields (width, height, new width, new height); every other shape of 16 is one of the rules' edges."""
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
        elif edge == 12:  # on both sides of "twice as many rows lost as columns"
            w, W = w + W, w
            h = H + max(2 * (w - W) + int(rng.integers(-1, 2)), 0)
        yield w, h, W, H


def box_of(rng, width, height, new_width, new_height):
    """None, whole pixels, parts of pixels, or a box that only crops."""
    kind = rng.integers(4)
    if kind == 0 or (kind == 3 and (new_width > width or new_height > height)):
        return None
    if kind == 3:
        left, top = int(rng.integers(0, width - new_width + 1)), int(rng.integers(0, height - new_height + 1))
        return left, top, left + new_width, top + new_height
    x, y = np.sort(rng.random(2) * width), np.sort(rng.random(2) * height)
    if kind == 1:
        x, y = np.floor(x), np.floor(y)
        x[1], y[1] = min(x[1] + 1, width), min(y[1] + 1, height)
    return float(x[0]), float(y[0]), float(x[1]), float(y[1])


def bytes_check(expected):
    def check(got):
        if len(got) != len(expected):
            return f"{len(got)} bytes instead of {len(expected)}"
        different = np.count_nonzero(np.frombuffer(got, np.uint8) != np.frombuffer(expected, np.uint8))
        return f"{different} of {len(expected)} bytes differ" if different else None
    return check


def add_resizes(probe, rng, n):
    """Every filter; boxes in three quarters of the cases, reducing_gap in a third; L, RGB and P as Pillow's own modes."""
    with_box = with_gap = 0
    for i, (w, h, W, H) in enumerate(resize_sizes(rng, n)):
        name = list(FILTERS)[(i + i // 16) % len(FILTERS)]
        mode = str(rng.choice(["RGB", "RGB", "L", "P"]))
        picture = Image.fromarray(picture_of(rng, w, h)).convert(mode)
        box = box_of(rng, w, h, W, H)
        gap = float(rng.choice([1.0, 1.5, 2.0, 3.0, 1.0 + rng.random() * 3])) if rng.random() < .34 else None
        filter_ = "nearest" if mode == "P" else name  # Pillow does this by itself
        expected = picture.resize((W, H), FILTERS[name], box, gap).convert("RGB").tobytes()
        values = {"width": W, "height": H, "filter": filter_}
        if box:
            values["box"] = [repr(edge) for edge in box]
            with_box += 1
        if gap:
            values["gap"] = repr(gap)
            with_gap += 1
        probe.add(np.asarray(picture.convert("RGB")), "resize", values, bytes_check(expected))
    return f"{n} resizes ({with_box} with a box, {with_gap} with reducing_gap)"


def add_native_resizes(probe, rng, n):
    """Pictures in each mode of Pillow, which become RGB after they are resized."""
    for i, (w, h, W, H) in enumerate(resize_sizes(rng, n)):
        name = list(FILTERS)[(i // 10 + i) % len(FILTERS)]
        file = originals.saved(originals.of_mode(rng, (w, h), i), probe.folder, i)
        expected = Image.open(file).resize((W, H), FILTERS[name]).convert("RGB").tobytes()
        spec = {"mode": "squash", "size": (H, W), "filter": name, **originals.OPEN_CLIP, **originals.HALF}
        probe.add_file(file, "levels", spec, bytes_check(expected))
    return f"{n} resizes before RGB"


def add_reductions(probe, rng, n):
    for _ in range(n):
        picture = picture_of(rng, side_of(rng), side_of(rng))
        x, y = int(rng.integers(1, 9)), int(rng.choice([rng.integers(1, 9), rng.integers(1, 200)]))
        expected = Image.fromarray(picture).reduce((x, y)).tobytes()
        probe.add(picture, "reduce", {"x": x, "y": y}, bytes_check(expected))
    return f"{n} reductions"


def add_interpolations(probe, rng, n, worst):
    import torch
    torch.set_num_threads(1)
    for i in range(n):
        w, h, W, H = (side_of(rng) for _ in range(4))
        filter_, antialias = ("bilinear", "bicubic")[i % 2], bool(i // 2 % 2)
        planes = rng.random((3, h, w), dtype=np.float32)
        tensor = torch.from_numpy(planes)[None]
        if W == 1:  # torch 2.13 gives something else for a single column, but not with the channels last
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        expected = torch.nn.functional.interpolate(tensor, size=(H, W), mode=filter_,
                                                   align_corners=False, antialias=antialias)[0].numpy()

        def check(got, expected=expected):
            difference = float(np.abs(np.frombuffer(got, np.float32).reshape(expected.shape) - expected).max())
            worst[0] = max(worst[0], difference)
            return f"values differ by {difference}" if difference > 1e-6 else None

        probe.add(planes, "interpolate", {"planes": 3, "width": W, "height": H, "filter": filter_, "antialias": int(antialias)}, check)
    return f"{n} interpolations"


def add_byte_interpolations(probe, rng, n):
    """torch on 8-bit tensors, antialiased: what torchvision does to pictures and Hugging Face's fast processors with them."""
    import torch
    for i, (w, h, W, H) in enumerate(resize_sizes(rng, n)):
        filter_ = ("bilinear", "bicubic")[(i + i // 16) % 2]
        picture = picture_of(rng, w, h)
        tensor = torch.from_numpy(picture).permute(2, 0, 1)[None]  # channels last
        if (H, W) != (1, 1):  # where torch 2.13 fails with planes
            tensor = tensor.contiguous()
        expected = torch.nn.functional.interpolate(tensor, size=(H, W), mode=filter_, align_corners=False, antialias=True)
        probe.add(picture, "levels", {"mode": "squash", "size": (H, W), "filter": filter_, "resampler": "torch_uint8", **originals.TV, **originals.HALF},
                  bytes_check(expected[0].permute(1, 2, 0).contiguous().numpy().tobytes()))
    return f"{n} interpolations of bytes"


def read_tensors(data):
    tensors = {}
    while data:
        line, _, data = data.partition(b"\n")
        name, kind, *shape = line.decode().split()
        if name == "error":
            return kind
        shape = [int(extent) for extent in shape]
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        tensors[name] = np.frombuffer(data[:size], kind).reshape(shape)
        data = data[size:]
    return tensors


def tensor_check(expected, name, worst):
    """`expected` is a dictionary of arrays, or None where the original refuses the picture. Floats that torch resampled may
    differ by twice as much: its sums depend on the CPU, and the norm divides by about a fourth."""
    tolerance = 2e-6 if name.startswith("interpolate") else 1e-6
    def check(got):
        tensors = read_tensors(got)
        if expected is None or isinstance(tensors, str):
            return None if expected is None and tensors == "limit" else f"got {tensors}, the original has {expected}"
        for key, value in expected.items():
            if tensors[key].shape != value.shape:
                return f"{key} has the shape {tensors[key].shape} instead of {value.shape}"
            difference = float(np.abs(tensors[key].astype(np.float64) - value).max())
            worst[name] = max(worst.get(name, 0.0), difference)
            if not difference <= tolerance:
                return f"{key} differs by {difference}"
        return None
    return check


def compare_originals(program, rng, n, worst, full):
    """Each original opens the file as Pillow does, sextant decodes it itself."""
    failures, skipped = [], 0
    with tempfile.TemporaryDirectory() as folder:
        files = originals.odd_pictures(rng, n, pathlib.Path(folder))
        for name, spec, transform in originals.all_originals():
            with tempfile.TemporaryDirectory() as results:  # hundreds of megabytes for each
                probe = Probe(program, results)
                for file in files:
                    picture = Image.open(file)
                    width, height = picture.size
                    if not full and max(width, height) / min(width, height) * originals.shortest_edge(spec) ** 2 > 30e6:
                        skipped += 1  # the original would make a picture of a gigabyte and crop it
                        continue
                    probe.add_file(file, "transform", spec, tensor_check(transform(picture), name, worst))
                failures += [f"{name}: {failure}" for failure in probe.run()]
        kinds = originals.described(files)
    return failures, (f"{n} pictures for each processor ({kinds}), {skipped} of {n * len(worst)} left out as too large for the "
                      "original without --full")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--probe", required=True)
    options.add_argument("--cases", type=int, default=2400, help="resizes; a fourth as many reductions and interpolations")
    options.add_argument("--pictures", type=int, default=100, help="pictures for each original processor")
    options.add_argument("--full", action="store_true", help="1 x 5000 pictures also where they become gigabytes")
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()

    rng = np.random.default_rng(args.seed)
    worst, worst_float = {}, [0.0]
    with tempfile.TemporaryDirectory() as folder:
        probe = Probe(args.probe, folder)
        counts = [add_resizes(probe, rng, args.cases), add_native_resizes(probe, rng, args.cases // 2), add_reductions(probe, rng, args.cases // 4),
                  add_interpolations(probe, rng, args.cases // 4, worst_float),
                  add_byte_interpolations(probe, rng, args.cases // 2)]
        failures = probe.run()
    different, count = compare_originals(args.probe, rng, args.pictures, worst, args.full)
    failures += different
    counts.append(count)
    for failure in failures[:20]:
        print(failure[:1000])
    for name, difference in worst.items():
        print(f"  {name}: largest difference {difference:.3g}")
    print(f"preprocess parity, seed {args.seed}, Pillow {PIL.__version__}, {originals.versions()}: {', '.join(counts)}, "
          f"largest difference to torch's interpolate {worst_float[0]:.3g}; {len(worst)} processors; "
          f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
