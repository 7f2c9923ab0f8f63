"""BGE-M3: a dense vector, weights of tokens and a vector per token, out of one pass, as FlagEmbedding makes them."""

import torch

import bundle
import texts
from source import ExportError

MAX_LENGTH = 512  # FlagEmbedding's default; the network reads up to 8192: --max-length


class ThreeWays(torch.nn.Module):
    """(dense [batch, size], weights [batch, tokens], vectors [batch, tokens, size]), none normalised."""

    def __init__(self, model, sparse, colbert):
        super().__init__()
        self.model, self.sparse, self.colbert = model, sparse, colbert

    def forward(self, input_ids, attention_mask):
        hidden = self.model(input_ids=input_ids, attention_mask=attention_mask, return_dict=True).last_hidden_state
        return hidden[:, 0], torch.relu(self.sparse(hidden)).squeeze(-1), self.colbert(hidden)


def linear(source, name):
    if not source.has(name):
        raise ExportError(f"{source.name} has no {name}, one of the two layers that BGE-M3 has behind its network; use BAAI/bge-m3 as it is")
    state = torch.load(source.folder / name, map_location="cpu", weights_only=True)
    layer = torch.nn.Linear(state["weight"].shape[1], state["weight"].shape[0])
    layer.load_state_dict(state)
    return layer.float()


def unused(tokenizer):
    """The ids whose weights mean nothing."""
    return sorted({tokenizer.cls_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id} - {None})


def represented(network, tokenizer, text, length):
    """What FlagEmbedding's M3Embedder returns for one text: ids, dense vector, weights by id, vectors."""
    ids, mask = texts.batch(tokenizer, [text], ["input_ids", "attention_mask"], length)
    with torch.no_grad():
        dense, weights, vectors = (output[0] for output in network(ids, mask))
    best, dropped = {}, unused(tokenizer)
    for token, weight in zip(ids[0].tolist(), weights.tolist()):
        if token not in dropped and weight > 0:
            best[token] = max(weight, best.get(token, 0.0))
    normalize = torch.nn.functional.normalize
    return ids[0].tolist(), normalize(dense, dim=-1), best, normalize(vectors[1:], dim=-1)


def export(source, folder, options):
    from transformers import AutoModel, AutoTokenizer
    sparse, colbert = (linear(source, f"{name}_linear.pt") for name in ("sparse", "colbert"))
    tokenizer = AutoTokenizer.from_pretrained(source.folder)
    model = AutoModel.from_pretrained(source.folder, attn_implementation="eager", dtype=torch.float32)
    network = ThreeWays(model, sparse, colbert).eval()
    length = texts.longest(options, tokenizer, model.config, usual=MAX_LENGTH)
    inputs = ["input_ids", "attention_mask"]
    section = texts.section(tokenizer, folder, length, options.query_prompt or "", options.document_prompt or "")
    bundle.save_general_network(network, texts.examples(tokenizer, texts.GOLDEN_TEXTS, inputs, length), folder / "text.pt")
    goldens = []
    for text, prompt, more in texts.asked(section["prompts"]):
        ids, dense, weights, vectors = represented(network, tokenizer, prompt + text, length)
        goldens.append({"text": text, **more, "input_ids": ids, "vector": bundle.rounded(dense),
                        "sparse": bundle.weights(weights), "multi": [bundle.rounded(row) for row in vectors]})
    bundle.write_manifest(folder, bundle.head(source, options) | {
        "kind": "dual-encoder", "dimensions": model.config.hidden_size, "normalize": True,
        "score": bundle.score("cosine"), "text": section,
        "sparse": {"form": "token_weights", "size": len(tokenizer), "ignore_ids": unused(tokenizer)},
        "multi": {"dimensions": network.colbert.out_features, "normalize": True, "keep": "attended", "skip_first": 1,
                  "score": "max_sim_mean"},
        "networks": {"text": {"file": "text.pt", "inputs": inputs, "pooling": "none", "outputs": ["dense", "sparse", "multi"]}},
    }, {"text": goldens})
