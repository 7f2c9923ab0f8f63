"""Judges both finished bundles on the held-out pictures and writes the figures into them: python report.py WORK OUT"""

import json
import sys
from pathlib import Path

import torch

import bundle
import cards
import export
import packing
from common import Pictures
from evaluate import QUERIES, SHARE, reranked, retrieval, summary
from teacher import caption_texts
from train_rerank import batch_of_text, glance_scores, sides


def pair_scores(work, folder, pictures, scores, kind):
    """The reranker's scores [query, picture] of each query's first candidates, zero elsewhere. Each picture's and each
    text's own half is computed once; a sample is compared with the bundle's network run as a whole."""
    network, tensors = packing.packed(export.load_cross_encoder(work)), batch_of_text(folder / "tokenizer.json")
    rows = pictures.side["held_out"]
    vector, states, mask, picture, memory = sides(network, tensors, pictures, rows, kind)
    top = scores.topk(SHARE, dim=1).indices
    agreement = (vector @ picture.T).gather(1, top)
    pairs = agreement + network.share * glance_scores(network, states, mask, memory, top)
    whole = torch.jit.load(str(folder / "pair.pt"))
    for i in range(0, len(rows), 100):
        n = int(mask[i].sum())
        ids = tensors([caption_texts(pictures.records[rows[i]])[kind]])
        assert ids[1].shape[1] == n
        with torch.no_grad():
            score = whole(*ids, pictures.pixels(rows[top[i, :1]]))
        assert abs(score.item() - pairs[i, 0].item()) < 1e-4, "the halves and the whole differ"
    return torch.zeros_like(scores).scatter(1, top, pairs)


def write_figures(folder, figures, card):
    (folder / "README.md").write_text(card, encoding="utf-8")
    manifest = json.loads((folder / bundle.MANIFEST).read_text(encoding="utf-8"))
    manifest["figures"] = figures
    bundle.write_manifest(folder, {k: v for k, v in manifest.items() if k not in ("format", "version", "files")})


def main(work, out):
    pictures = Pictures(work)
    dual, rerank = out / "demo", out / "demo-rerank"
    count = len(pictures.side["held_out"])
    alone = retrieval(pictures, "held_out", torch.jit.load(str(dual / "text.pt")),
                      torch.jit.load(str(dual / "image.pt")), dual / "tokenizer.json")
    general = {"held_out_pictures": count, "chance_recall@10": round(10 / count, 4),
               "training_pictures": len(pictures.side["training"])}
    general["size_mb"] = round(sum(p.stat().st_size for p in dual.rglob("*") if p.is_file()) / 1e6, 1)
    found = {"retrieval": summary(pictures, "held_out", alone)}
    print(json.dumps({**general, **found}, indent=1), flush=True)
    write_figures(dual, {**general, **found}, cards.dual(general, found))
    if (rerank / "pair.pt").exists():
        again = {name: reranked(scores, pair_scores(work, rerank, pictures, scores, QUERIES[name]))
                 for name, scores in alone.items()}
        found["retrieval_and_rerank"] = summary(pictures, "held_out", again)
        print(json.dumps(found["retrieval_and_rerank"], indent=1))
        share = torch.load(work / "rerank.pt")["share"]
        write_figures(rerank, {**general, "candidates": SHARE, "glance_share": share, **found},
                      cards.rerank(general, found, share))
        write_figures(dual, {**general, **found}, cards.dual(general, found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
