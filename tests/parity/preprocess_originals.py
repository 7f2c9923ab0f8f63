"""The image processors that sextant must equal, each with the specification that says the same in sextant's words.

Hugging Face's slow and fast processors come with transformers. open_clip and torchvision are optional packages beside the others:
torchvision's compiled part wants another torch, so they are installed without dependencies into the folder `vision` of
the Python environment (bash cmake/setup.sh --tests), seen only here, and torchvision._meta_registrations is left out.
"""
import math
import pathlib
import sys
import types

import numpy as np
from PIL import Image

sys.path.append(str(pathlib.Path(sys.prefix) / "vision"))
sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")

try:
    import open_clip
    import torch
    import torchvision
    import transformers
    from open_clip.transform import image_transform
    from torchvision import transforms
except ImportError as error:
    sys.exit(f"{error}: run  bash cmake/setup.sh --tests")

CLIP = {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]}
HALF = {"mean": [0.5] * 3, "std": [0.5] * 3}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
ZERO_ONE = {"mean": [0.0] * 3, "std": [1.0] * 3}
HF = {"rescale": "multiply_reciprocal"}
FAST = {"rescale": "fused", "resampler": "torch_uint8"}
TV = {"rescale": "divide_255"}


def versions():
    return f"torch {torch.__version__}, transformers {transformers.__version__}, torchvision {torchvision.__version__}, open_clip {open_clip.__version__}"


# ---- pictures

MODES = ("RGB", "L", "RGBA", "P", "LA", "I;16", "1", "CMYK", "RGB", "I")
KINDS = {"CMYK": ("jpg",), "RGBA": ("png", "webp", "tga"), "LA": ("png", "tga"), "P": ("png", "bmp", "tga", "gif"),
         "L": ("png", "bmp", "pgm", "gif"), "1": ("png", "bmp", "pbm"), "I": ("pgm",)}


def odd_pictures(rng, n, folder):
    """Files of pictures: sizes that rules stumble over, in every mode of Pillow. The first are the oddest; their modes come
    round often enough that each of the sizes up to 1 x 5000 is once in colour."""
    sizes = [(1, 1), (1, 5000), (5000, 1), (2, 3), (3, 2), (3, 3), (1, 224), (224, 224), (223, 225), (227, 224), (235, 224),
             (224, 229), (226, 301), (300, 399), (640, 480), (480, 641), (16, 16), (15, 17), (28, 29), (500, 10)]
    sizes += [(224 + w, 336 + h) for w in range(4) for h in range(4)]  # every remainder of the difference by 4
    sizes += [(1, 1), (5000, 1), (1, 5000)]
    while len(sizes) < n:
        sizes.append((int(rng.integers(1, 500)), int(rng.integers(1, 500))))
    return [saved(of_mode(rng, size, i), folder, i) for i, size in enumerate(sizes[:n])]


def saved(picture, folder, i):
    """The file of picture number i, in one of the kinds that hold its mode."""
    kinds = KINDS.get(picture.mode, ("png",))
    file = folder / f"{i}.{kinds[i // len(MODES) % len(kinds)]}"
    picture.save(file, **({"lossless": True, "exact": True} if file.suffix == ".webp" else {}))
    return file


def described(files):
    """How many pictures of each mode there are."""
    modes = [Image.open(file).mode for file in files]
    return ", ".join(f"{modes.count(mode)} {mode}" for mode in sorted(set(modes)))


def of_mode(rng, size, i):
    """Grey, alpha, palettes, 16 bits, CMYK, or plain colour: smooth here, noisy there."""
    width, height = size
    smooth = np.add.outer(np.arange(height) * 2, np.arange(width) * 3) % 256
    if i % 3 == 0:
        smooth = rng.integers(0, 256, (height, width))
    colour = np.stack([smooth, 255 - smooth, (smooth * 7) % 256], axis=2).astype(np.uint8)
    mode = MODES[i % len(MODES)]
    if mode in ("I;16", "I"):
        return Image.fromarray((smooth * (3, 1, 257)[i // len(MODES) % 3]).astype(np.uint16 if mode == "I;16" else np.int32))
    if mode in ("RGBA", "LA"):
        picture = Image.fromarray(colour).convert(mode)
        picture.putalpha(Image.fromarray(smooth[::-1].astype(np.uint8)))
        return picture
    return Image.fromarray(colour).convert(mode)


def shortest_edge(spec):
    return spec["edge"] if spec["mode"] in ("shortest_edge", "short_side") else max(spec["size"]) if spec["mode"] == "cover" else 0


# ---- Hugging Face, slow

def prepared(picture, processor):
    """A processor that does not turn pictures into RGB wants them in RGB, which the models' own pipelines see to."""
    return picture if getattr(processor, "do_convert_rgb", None) else picture.convert("RGB")


def hugging_face(processor, keys=("pixel_values",), tensors="np", layout="channels_last"):
    def transform(picture):
        picture = prepared(picture, processor)
        try:  # the layout is given: of a picture 1 or 3 pixels high it would be guessed wrong
            output = processor(picture, return_tensors=tensors, input_data_format=layout)
        except ValueError as error:
            if "aspect ratio" in str(error):
                return None
            raise
        values = {key: np.asarray(output[key]) for key in keys}
        # Qwen2-VL does not have an axis for the pictures of a batch in its patches.
        return {key: value if key == "pixel_values" and "image_grid_thw" in keys else value[0] for key, value in values.items()}
    return transform


def hugging_face_originals():
    bilinear = Image.Resampling.BILINEAR
    for edge in (224, 16):
        yield (f"CLIPImageProcessor {edge}",
               {"mode": "shortest_edge", "edge": edge, "filter": "bicubic", "crop": (edge, edge), "rounding": "floor", **HF, **CLIP},
               hugging_face(transformers.CLIPImageProcessor(size={"shortest_edge": edge}, crop_size={"height": edge, "width": edge})))
    for name, edge in (("SiglipImageProcessor", 224), ("SiglipImageProcessor, as ColPali has it", 448)):
        yield (name, {"mode": "squash", "size": (edge, edge), "filter": "bicubic", **HF, **HALF},
               hugging_face(transformers.SiglipImageProcessor(size={"height": edge, "width": edge})))
    yield ("BlipImageProcessor", {"mode": "squash", "size": (384, 384), "filter": "bicubic", **HF, **CLIP},
           hugging_face(transformers.BlipImageProcessor(size={"height": 384, "width": 384})))
    yield ("EfficientNetImageProcessor, as ALIGN has it",
           {"mode": "squash", "size": (346, 346), "filter": "bilinear", "crop": (289, 289), "rounding": "floor", **HF,
            "divisor": 127.5, "mean": [1.0] * 3, "std": [1.0] * 3},
           hugging_face(transformers.EfficientNetImageProcessor(
               size={"height": 346, "width": 346}, resample=bilinear, do_center_crop=True,
               crop_size={"height": 289, "width": 289}, rescale_factor=1 / 127.5, rescale_offset=True, do_normalize=False,
               include_top=False)))
    for budget in (256, 60):
        yield (f"Siglip2ImageProcessor {budget}",
               {"mode": "patch_budget", "multiple": 16, "max_patches": budget, "filter": "bilinear", **HF, **HALF,
                "patch": 16, "order": "row_column_channel", "pad_to": budget},
               hugging_face(transformers.Siglip2ImageProcessor(patch_size=16, max_num_patches=budget),
                            ("pixel_values", "pixel_attention_mask", "spatial_shapes")))
    yield ("Qwen2VLImageProcessor",
           {"mode": "smart", "multiple": 28, "min_pixels": 56 * 56, "max_pixels": 28 * 28 * 200, "filter": "bicubic", **HF, **CLIP,
            "patch": 14, "order": "channel_time_row_column", "merge": 2, "repeat": 2},
           hugging_face(transformers.Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=28 * 28 * 200),
                        ("pixel_values", "image_grid_thw")))


# ---- Hugging Face, fast: torch's resampling of bytes

def hugging_face_fast(processor, keys=("pixel_values",)):
    return hugging_face(processor, keys, "pt", "channels_first")


def hugging_face_fast_originals():
    bilinear = Image.Resampling.BILINEAR
    for edge in (224, 16):
        yield (f"CLIPImageProcessorFast {edge}",
               {"mode": "shortest_edge", "edge": edge, "filter": "bicubic", "crop": (edge, edge), "rounding": "truncate", **FAST, **CLIP},
               hugging_face_fast(transformers.CLIPImageProcessorFast(size={"shortest_edge": edge}, crop_size={"height": edge, "width": edge})))
    # Sides that a crop must pad.
    yield ("CLIPImageProcessorFast, crop larger",
           {"mode": "shortest_edge", "edge": 20, "filter": "bilinear", "crop": (33, 36), "rounding": "truncate", **FAST, **CLIP},
           hugging_face_fast(transformers.CLIPImageProcessorFast(size={"shortest_edge": 20}, resample=bilinear,
                                                                 crop_size={"height": 33, "width": 36})))
    yield ("SiglipImageProcessorFast", {"mode": "squash", "size": (224, 224), "filter": "bicubic", **FAST, **HALF},
           hugging_face_fast(transformers.SiglipImageProcessorFast(size={"height": 224, "width": 224})))
    yield ("BlipImageProcessorFast", {"mode": "squash", "size": (384, 384), "filter": "bicubic", **FAST, **CLIP},
           hugging_face_fast(transformers.BlipImageProcessorFast(size={"height": 384, "width": 384})))
    yield ("EfficientNetImageProcessorFast, as ALIGN has it",
           {"mode": "squash", "size": (346, 346), "filter": "bilinear", "crop": (289, 289), "rounding": "truncate", **FAST,
            "rescale": "multiply_reciprocal", "divisor": 127.5, "mean": [1.0] * 3, "std": [1.0] * 3},
           hugging_face_fast(transformers.EfficientNetImageProcessorFast(
               size={"height": 346, "width": 346}, resample=bilinear, do_center_crop=True,
               crop_size={"height": 289, "width": 289}, rescale_factor=1 / 127.5, rescale_offset=True, do_normalize=False,
               include_top=False)))
    for budget in (256, 60):
        yield (f"Siglip2ImageProcessorFast {budget}",
               {"mode": "patch_budget", "multiple": 16, "max_patches": budget, "filter": "bilinear", **FAST, **HALF,
                "patch": 16, "order": "row_column_channel", "pad_to": budget},
               hugging_face_fast(transformers.Siglip2ImageProcessorFast(patch_size=16, max_num_patches=budget),
                                 ("pixel_values", "pixel_attention_mask", "spatial_shapes")))
    yield ("Qwen2VLImageProcessorFast",
           {"mode": "smart", "multiple": 28, "min_pixels": 56 * 56, "max_pixels": 28 * 28 * 200, "filter": "bicubic", **FAST, **CLIP,
            "patch": 14, "order": "channel_time_row_column", "merge": 2, "repeat": 2},
           hugging_face_fast(transformers.Qwen2VLImageProcessorFast(min_pixels=56 * 56, max_pixels=28 * 28 * 200),
                             ("pixel_values", "image_grid_thw")))


# ---- open_clip and torchvision

# Both get pictures in whatever mode they have: open_clip makes RGB after resizing, as does the first CLIP with torchvision.

OPEN_CLIP = {"convert": "after", "rescale": "divide_255"}


def tensor_transform(transform):
    return lambda picture: {"pixel_values": transform(picture).numpy()}


def to_rgb(picture):
    return picture.convert("RGB")


def open_clip_originals():
    def original(size, norm, mode, interpolation="bicubic", fill=0):
        return tensor_transform(image_transform(size, is_train=False, mean=tuple(norm["mean"]), std=tuple(norm["std"]),
                                                resize_mode=mode, interpolation=interpolation, fill_color=fill))
    for edge in (224, 16):
        yield (f"open_clip shortest {edge}",
               {"mode": "shortest_edge", "edge": edge, "filter": "bicubic", "crop": (edge, edge), "rounding": "round_even", **OPEN_CLIP, **CLIP},
               original(edge, CLIP, "shortest"))
    yield ("open_clip shortest, oblong",
           {"mode": "cover", "size": (20, 31), "filter": "bicubic", "crop": (20, 31), "rounding": "round_even", **OPEN_CLIP, **HALF},
           original((20, 31), HALF, "shortest"))
    yield ("open_clip squash", {"mode": "squash", "size": (378, 378), "filter": "bicubic", **OPEN_CLIP, **CLIP}, original(378, CLIP, "squash"))
    yield ("open_clip squash, CLIPA", {"mode": "squash", "size": (336, 336), "filter": "bilinear", **OPEN_CLIP, **IMAGENET},
           original(336, IMAGENET, "squash", "bilinear"))
    yield ("open_clip shortest, MobileCLIP",
           {"mode": "shortest_edge", "edge": 256, "filter": "bilinear", "crop": (256, 256), "rounding": "round_even", **OPEN_CLIP, **ZERO_ONE},
           original(256, ZERO_ONE, "shortest", "bilinear"))

    def longest(fill):
        def transform(picture):
            try:
                return original(224, HALF, "longest", fill=fill)(picture)
            except ValueError:  # the shorter side is rounded to 0, where sextant has 1
                return {}
        return transform
    for fill in (0, 7, 127):
        yield (f"open_clip longest, fill {fill}",
               {"mode": "longest_edge", "edge": 224, "filter": "bicubic", "pad": (224, 224), "fill": fill, **OPEN_CLIP, **HALF}, longest(fill))


def torchvision_originals():
    bicubic = transforms.InterpolationMode.BICUBIC

    def original(norm, *steps):
        return tensor_transform(transforms.Compose([*steps, transforms.ToTensor(), transforms.Normalize(norm["mean"], norm["std"])]))
    for edge in (224, 16):
        resize, crop = transforms.Resize(edge, bicubic), transforms.CenterCrop(edge)
        spec = {"mode": "shortest_edge", "edge": edge, "filter": "bicubic", "crop": (edge, edge), "rounding": "round_even", **TV, **CLIP}
        yield (f"torchvision Resize CenterCrop {edge}, the first CLIP", {**spec, "convert": "after"}, original(CLIP, resize, crop, to_rgb))
        yield (f"torchvision Resize CenterCrop {edge}, ImageBind", spec, original(CLIP, to_rgb, resize, crop))
    # Small pictures are padded by CenterCrop.
    for convert, steps in (("before", (to_rgb, transforms.CenterCrop((97, 130)))), ("after", (transforms.CenterCrop((97, 130)), to_rgb))):
        yield (f"torchvision CenterCrop alone, RGB {convert}",
               {"mode": "none", "filter": "nearest", "crop": (97, 130), "rounding": "round_even", "convert": convert, **TV, **IMAGENET},
               original(IMAGENET, *steps))

    def floats(antialias, mode, norm):
        normalize = transforms.Normalize(norm["mean"], norm["std"])

        def transform(picture):
            planes = transforms.functional.to_tensor(picture.convert("RGB"))[None]
            scaled = torch.nn.functional.interpolate(planes, size=(112, 96), mode=mode, align_corners=False, antialias=antialias)
            return {"pixel_values": normalize(scaled[0]).numpy()}
        return transform
    # No family has bicubic without antialias; its last bits differ, and would more after a division by CLIP's deviation.
    for resampler, antialias, mode, norm in (("torch", False, "bilinear", CLIP), ("torch", False, "bicubic", ZERO_ONE),
                                             ("torch_antialias", True, "bilinear", CLIP), ("torch_antialias", True, "bicubic", CLIP)):
        yield (f"interpolate {mode} of floats, {resampler}, as ImageBind's video",
               {"mode": "squash", "size": (112, 96), "filter": mode, "resampler": resampler, **TV, **norm}, floats(antialias, mode, norm))


# ---- ImageBind's frames of a video: imagebind/data.py (SpatialCrop) after pytorchvideo's ShortSideScale, both in their
# words, as pytorchvideo does not go with this torch

def image_bind_originals():
    normalize = transforms.Normalize(CLIP["mean"], CLIP["std"])

    def crop_of(which):
        def transform(picture):
            planes = transforms.functional.to_tensor(picture.convert("RGB"))
            height, width = planes.shape[1:]
            size = (math.floor(height / width * 224), 224) if width < height else (224, math.floor(width / height * 224))
            planes = normalize(torch.nn.functional.interpolate(planes[None], size=size, mode="bilinear", align_corners=False)[0])
            top, left = (math.ceil((side - 224) / 2) for side in size)
            if size[0] > size[1]:
                top = (0, top, size[0] - 224)[which]
            else:
                left = (0, left, size[1] - 224)[which]
            return {"pixel_values": planes[:, top:top + 224, left:left + 224].numpy()}
        return transform
    for which, place in enumerate(("start", "centre", "end")):
        yield (f"interpolate, ImageBind's video, crop {which}",
               {"mode": "short_side", "edge": 224, "filter": "bilinear", "resampler": "torch", "crop": (224, 224), "rounding": "ceil",
                "place": place, **TV, **CLIP}, crop_of(which))


def all_originals():
    yield from hugging_face_originals()
    yield from hugging_face_fast_originals()
    yield from image_bind_originals()
    yield from open_clip_originals()
    yield from torchvision_originals()
