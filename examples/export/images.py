"""What every family that sees pictures shares: the manifest's `image` section out of a processor's own settings, golden
pictures. A setting that the section cannot say is refused by name: guessed preprocessing would make wrong vectors."""

import numpy as np
from PIL import Image

from source import ExportError

FILTERS = {Image.Resampling.NEAREST: "nearest", Image.Resampling.BOX: "box", Image.Resampling.BILINEAR: "bilinear",
           Image.Resampling.HAMMING: "hamming", Image.Resampling.BICUBIC: "bicubic", Image.Resampling.LANCZOS: "lanczos"}
# Slow processors of transformers that resize, crop, rescale and normalise, in this order and nothing else.
PLAIN = {"CLIPImageProcessor", "SiglipImageProcessor", "BlipImageProcessor", "EfficientNetImageProcessor", "BeitImageProcessor",
         "FlavaImageProcessor", "ViTImageProcessor"}
# Settings that do something else to a picture when they are true, or are other than None.
OTHER_STEPS = ("do_pad", "do_flip_channel_order", "do_color_quantize", "do_thumbnail", "do_align_long_axis", "do_image_splitting",
               "include_top", "size_divisor", "crop_pct", "crop_to_patches")


def processor_of(source, name="AutoImageProcessor"):
    """The slow processor, which scales with Pillow; the fast one differs from it by a level here and there."""
    import transformers
    return getattr(transformers, name).from_pretrained(str(source.folder), use_fast=False)


def joint_processor_of(source, name):
    """A processor of texts and pictures, with the slow one for pictures and the fast one for texts."""
    import transformers
    processor = getattr(transformers, name).from_pretrained(str(source.folder))
    processor.image_processor = processor_of(source)
    return processor


def section(processor):
    """The manifest's `image` section for a processor of pictures of transformers."""
    kind = type(processor).__name__
    geometry = {"Siglip2ImageProcessor": patch_budget, "Qwen2VLImageProcessor": smart}.get(kind, plain if kind in PLAIN else None)
    if geometry is None:
        raise ExportError(f"the pictures of this model are prepared by {kind}, which is not known here; known are "
                          f"{', '.join(sorted(PLAIN | {'Siglip2ImageProcessor', 'Qwen2VLImageProcessor'}))}")
    for name in OTHER_STEPS:
        if getattr(processor, name, None):
            raise ExportError(f"{kind} has {name} = {getattr(processor, name)}, which the bundle's `image` section cannot say")
    return geometry(processor) | numbers(processor)


def filter_of(processor):
    if processor.resample not in FILTERS:
        raise ExportError(f"{type(processor).__name__} has resample = {processor.resample}, which is no filter of Pillow")
    return FILTERS[processor.resample]


def numbers(processor):
    """How levels become the network's values."""
    if not processor.do_rescale:
        raise ExportError("do_rescale is false: the network takes levels of 0 to 255, which the `image` section cannot say")
    factor = processor.rescale_factor
    divisor = next((d for d in (255.0, 127.5) if 1 / d == factor), 1 / factor)
    offset = getattr(processor, "rescale_offset", False)
    if offset and processor.do_normalize:
        raise ExportError("rescale_offset and do_normalize are both true, which the `image` section cannot say")
    mean, std = (processor.image_mean, processor.image_std) if processor.do_normalize else ([1.0] * 3 if offset else [0.0] * 3, [1.0] * 3)
    mean, std = (list(x) if isinstance(x, (list, tuple)) else [x] * 3 for x in (mean, std))
    return {"rescale": "multiply_reciprocal", "divisor": divisor, "mean": mean, "std": std}


def plain(processor):
    found = {"resize": resize(processor) if processor.do_resize else {"mode": "none"}}
    if getattr(processor, "do_center_crop", False):
        found["crop"] = {"size": [processor.crop_size["height"], processor.crop_size["width"]], "rounding": "floor"}
    return found


def resize(processor):
    size = dict(processor.size)
    if set(size) == {"height", "width"}:
        return {"mode": "squash", "size": [size["height"], size["width"]], "filter": filter_of(processor)}
    if set(size) == {"shortest_edge"}:
        return {"mode": "shortest_edge", "size": size["shortest_edge"], "filter": filter_of(processor)}
    raise ExportError(f"{type(processor).__name__} has size = {size}, which the bundle's `image` section cannot say")


def patch_budget(processor):
    if not processor.do_resize:
        raise ExportError("do_resize is false, but patches need a picture that divides into them")
    budget = processor.max_num_patches
    return {"resize": {"mode": "patch_budget", "multiple": processor.patch_size, "max_patches": budget, "filter": filter_of(processor)},
            "patches": {"size": processor.patch_size, "order": "row_column_channel", "pad_to": budget}}


def smart(processor):
    if not processor.do_resize:
        raise ExportError("do_resize is false, but patches need a picture that divides into them")
    side, merge = processor.patch_size, processor.merge_size
    return {"resize": {"mode": "smart", "multiple": side * merge, "min_pixels": processor.size["shortest_edge"],
                       "max_pixels": processor.size["longest_edge"], "filter": filter_of(processor)},
            "patches": {"size": side, "order": "channel_time_row_column", "merge": merge, "repeat": processor.temporal_patch_size}}


def golden_pictures():
    """Small pictures of odd sizes, smooth and noisy."""
    rng = np.random.default_rng(5)
    for width, height in ((61, 37), (40, 83), (235, 227)):
        smooth = np.add.outer(np.arange(height) * 3, np.arange(width) * 2)
        levels = np.stack([smooth % 256, 255 - smooth % 256, (smooth * 5 + rng.integers(0, 64, smooth.shape)) % 256], axis=2)
        yield Image.fromarray(levels.astype(np.uint8))


def write_goldens(folder, pixels, results):
    """Writes the golden pictures and what `pixels` makes of each, and returns their records with those of `results`."""
    (folder / "golden").mkdir(exist_ok=True)
    records = []
    for i, picture in enumerate(golden_pictures()):
        file, values = f"golden/{i}.png", f"golden/{i}.f32"
        picture.save(folder / file)
        pixels(picture).numpy().astype("<f4").tofile(folder / values)
        records.append({"file": file, "pixels": values, **results(picture)})
    return records
