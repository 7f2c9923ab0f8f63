"""ColBERT checkpoints of stanford-futuredata (v1 and v2): BERT and a projection, a vector per token. Queries are filled up
with [MASK], whose vectors search too; of documents the vectors of punctuation are dropped."""

import string

import torch

import bundle
import texts
from source import ExportError

# What a checkpoint's artifact.metadata may leave out: the defaults of ColBERT's settings.py.
SETTINGS = {"query_maxlen": 32, "doc_maxlen": 220, "dim": 128, "mask_punctuation": True, "attend_to_mask_tokens": False,
            "similarity": "cosine", "query_token_id": "[unused0]", "doc_token_id": "[unused1]"}


class Projected(torch.nn.Module):
    def __init__(self, model, weight):
        super().__init__()
        self.model, self.linear = model, torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
        self.linear.weight.data.copy_(weight)

    def forward(self, input_ids, attention_mask):
        return self.linear(self.model(input_ids=input_ids, attention_mask=attention_mask, return_dict=True).last_hidden_state)


def projection(source):
    if source.has("model.safetensors"):
        from safetensors import safe_open
        with safe_open(source.folder / "model.safetensors", "pt") as file:
            return file.get_tensor("linear.weight") if "linear.weight" in file.keys() else None
    if source.has("pytorch_model.bin"):
        return torch.load(source.folder / "pytorch_model.bin", map_location="cpu", weights_only=True).get("linear.weight")
    return None


def skipped(tokenizer, settings):
    """The ids whose vectors a document does not keep: padding, and what punctuation begins with."""
    punctuation = {tokenizer.encode(symbol, add_special_tokens=False)[0] for symbol in string.punctuation}
    return sorted({tokenizer.pad_token_id} | (punctuation if settings["mask_punctuation"] else set()))


def tensors(tokenizer, text, settings, query):
    """ColBERT's tensorize: tokenized one shorter, then the marker is set behind [CLS]. Also how many ids are no padding."""
    length = settings["query_maxlen" if query else "doc_maxlen"] - 1
    made = tokenizer([text], padding="max_length" if query else "longest", truncation=True, max_length=length, return_tensors="pt")
    marker = tokenizer.convert_tokens_to_ids(settings["query_token_id" if query else "doc_token_id"])
    ids, mask = (torch.cat([made[name][:, :1], torch.tensor([[value]]), made[name][:, 1:]], 1)
                 for name, value in (("input_ids", marker), ("attention_mask", 1)))
    count = int(mask.sum())
    if query:
        ids[ids == tokenizer.pad_token_id] = tokenizer.mask_token_id
        if settings["attend_to_mask_tokens"]:
            mask[ids == tokenizer.mask_token_id] = 1
    return ids, mask, count


def represented(network, tokenizer, text, settings, query):
    """ids, padding left out, and vectors of one text, as ColBERT's query() and doc() return them."""
    ids, mask, count = tensors(tokenizer, text, settings, query)
    with torch.no_grad():
        vectors = torch.nn.functional.normalize(network(ids, mask)[0], dim=-1)
    kept = [query or token not in skipped(tokenizer, settings) for token in ids[0].tolist()]
    return ids[0, :count].tolist(), vectors[torch.tensor(kept)]


def export(source, folder, options):
    from transformers import AutoModel, AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(source.folder)
    weight, settings = projection(source), SETTINGS | source.object("artifact.metadata")
    if weight is None:
        raise ExportError(f"{source.name} has no tensor linear.weight, the projection of ColBERT. Late interaction models of "
                          "PyLate and sentence-transformers keep it elsewhere and are not known here")
    if settings["similarity"] != "cosine":
        raise ExportError(f"{source.name} compares with {settings['similarity']}; only ColBERT's cosine is known here")
    model = AutoModel.from_pretrained(source.folder, attn_implementation="eager", dtype=torch.float32)
    network = Projected(model, weight).eval()
    documents = texts.section(tokenizer, folder, settings["doc_maxlen"],
                              single=f"{tokenizer.cls_token} {settings['doc_token_id']} $A {tokenizer.sep_token}")
    queries = texts.section(tokenizer, folder, settings["query_maxlen"], file="tokenizer-query.json",
                            single=f"{tokenizer.cls_token} {settings['query_token_id']} $A {tokenizer.sep_token}",
                            pad_to_max_length=True, pad_id=tokenizer.mask_token_id,
                            **({"attend_to_padding": True} if settings["attend_to_mask_tokens"] else {}))
    inputs = ["input_ids", "attention_mask"]
    bundle.save_general_network(network, texts.examples(tokenizer, texts.GOLDEN_TEXTS, inputs, settings["doc_maxlen"]),
                                folder / "text.pt")
    goldens = []
    for query in (False, True):
        for text in texts.GOLDEN_TEXTS:
            ids, vectors = represented(network, tokenizer, text, settings, query)
            goldens.append({"text": text, "query": query, "input_ids": ids, "multi": [bundle.rounded(row) for row in vectors]})
    bundle.write_manifest(folder, bundle.head(source, options) | {
        "kind": "dual-encoder", "dimensions": 0, "normalize": False, "score": bundle.score("cosine"),
        "text": documents, "text_query": queries,
        "multi": {"dimensions": network.linear.out_features, "normalize": True, "keep": "attended", "keep_query": "all",
                  "drop_ids": skipped(tokenizer, settings), "score": "max_sim_sum"},
        "networks": {"text": {"file": "text.pt", "inputs": inputs, "pooling": "none", "outputs": ["multi"]}},
    }, {"text": goldens})
