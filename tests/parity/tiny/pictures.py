"""Odd pictures as files, and what the originals of models of pictures share."""
import numpy as np
import torch
from PIL import Image

SEED = 6


def write(folder, count):
    """Files of odd sizes and modes, as paths; without the thinnest, at which some originals give up."""
    from preprocess_originals import odd_pictures
    paths = []
    for path in odd_pictures(np.random.default_rng(SEED), count + 10, folder):
        with Image.open(path) as picture:
            if max(picture.size) < 100 * min(picture.size):
                paths.append(str(path))
    return paths[:count]


def opened(path):
    with Image.open(path) as picture:
        return picture.convert("RGB")


def pixels(processor, path):
    """What a processor of transformers makes of one picture. The format is given: of a picture 1 or 3 pixels high it would
    be guessed wrong."""
    return processor(images=[opened(path)], return_tensors="pt", input_data_format="channels_last")


def dense(text=None, image=None):
    """An original of two functions, of a text and of a path, that return [1, dimensions]."""
    def answer(kind, items):
        encode = image if kind == "images" else text
        with torch.no_grad():
            return {"dense": torch.nn.functional.normalize(torch.cat([encode(item) for item in items]), dim=-1).numpy()}
    return answer


def multi(text, image):
    """An original of two functions, of a text and of a path, that return [1, vectors, dimensions]; a text's is told whether
    it is a query."""
    def answer(kind, items):
        with torch.no_grad():
            rows = [image(item) if kind == "images" else text(item, kind == "queries") for item in items]
            return {"multi": [torch.nn.functional.normalize(row[0], dim=-1).numpy() for row in rows]}
    return answer
