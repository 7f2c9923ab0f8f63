"""Judges finished towers on the held-out pictures, which nothing before this has looked at.

Every held-out picture's own title (then title and keywords) is the query; the picture itself is the one right answer
among all held-out pictures, so that others of the same name count as wrong. Chance is k / pictures.
"""

import torch

import bundle
from common import figures, ranks, unit
from networks import MAX_LENGTH
from teacher import caption_texts

SHARE = 100  # candidates that are reranked
QUERIES = {"title": 0, "title_and_keywords": 2}


def text_vectors(network, tokenizer_file, texts):
    encodings = [bundle.tokenize(tokenizer_file, MAX_LENGTH, text) for text in texts]
    with torch.no_grad():
        return torch.cat([unit(network(*bundle.text_tensors(encodings[i:i + 64], ["input_ids", "attention_mask"])))
                          for i in range(0, len(encodings), 64)])


def image_vectors(network, pixels):
    with torch.no_grad():
        return torch.cat([unit(network(part)) for part in pixels.split(64)])


def retrieval(pictures, side, text_network, image_network, tokenizer_file):
    """The score matrix [query, picture] of each kind of query."""
    rows = pictures.side[side]
    images = image_vectors(image_network, pictures.pixels(rows))
    texts = {name: text_vectors(text_network, tokenizer_file,
                                [caption_texts(pictures.records[i])[kind] for i in rows.tolist()])
             for name, kind in QUERIES.items()}
    return {name: vectors @ images.T for name, vectors in texts.items()}


def any_of_the_title(scores, keys):
    """Figures when each picture of the same normalised title is right, and what chance would give."""
    same = torch.tensor([[a == b for b in keys] for a in keys])
    order = scores.argsort(dim=1, descending=True)
    rank = same.gather(1, order).float().argmax(dim=1) + 1
    n, right = len(keys), same.sum(1)
    lucky = torch.ones(n, dtype=torch.float64)
    for i in range(10):
        lucky = lucky * (n - right - i).clamp(min=0) / (n - i)
    return {**figures(rank), "chance@10": round(1 - lucky.mean().item(), 4)}


def reranked(scores, pair_scores):
    """The order after the first SHARE candidates were sorted again by pair_scores; the rest stay behind them."""
    result = scores - 1000.0
    top = scores.topk(min(SHARE, scores.shape[1]), dim=1).indices
    return result.scatter(1, top, pair_scores.gather(1, top))


def summary(pictures, side, scores):
    keys = [pictures.records[i]["key"] for i in pictures.side[side].tolist()]
    return {name: {**figures(ranks(matrix)), "any_of_the_title": any_of_the_title(matrix, keys)}
            for name, matrix in scores.items()}
