"""What parity_decode.py draws: levels of pictures that are smooth, noisy or extreme, of all sizes."""
import io

import numpy as np

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


def save(image, kind, **options):
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def noise(rng, count, top=256):
    return rng.integers(0, top, count, dtype=np.uint8).tobytes()
