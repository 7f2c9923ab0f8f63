"""BGE-M3 and ColBERT as their own packages run them, which are not installed: their pipelines out of transformers' classes."""
import json
import string

import torch
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, BertPreTrainedModel, XLMRobertaConfig, XLMRobertaModel

from tiny import tokens
from tiny.case import Case, seeded, spread
from tiny.sentence_encoders import LENGTH, ROBERTA_POSITIONS, SMALL, saved

normalize = torch.nn.functional.normalize


def bge_m3(folder, colbert=32, **more):
    seeded(21)
    tokenizer = tokens.xlm_roberta(LENGTH)
    config = XLMRobertaConfig(vocab_size=len(tokenizer), **SMALL | ROBERTA_POSITIONS | more)
    saved(folder, tokenizer, XLMRobertaModel(config))
    for name, size in (("sparse_linear", 1), ("colbert_linear", colbert)):
        torch.save(torch.nn.Linear(config.hidden_size, size).state_dict(), folder / f"{name}.pt")


def m3_embedder(folder):
    """M3Embedder.encode of FlagEmbedding (inference/embedder/encoder_only/m3.py and finetune/.../m3/modeling.py)."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    sparse, colbert = (torch.load(folder / f"{name}_linear.pt", weights_only=True) for name in ("sparse", "colbert"))
    unused = {tokenizer.cls_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id}

    def encode(_, texts):
        answer = {"dense": [], "sparse": [], "multi": []}
        for text in texts:
            inputs = tokenizer([text], truncation=True, max_length=LENGTH, return_tensors="pt")
            with torch.no_grad():
                hidden = model(**inputs, return_dict=True).last_hidden_state[0]
            answer["dense"].append(normalize(hidden[0], dim=-1).numpy())
            weights = {}
            for token, weight in zip(inputs["input_ids"][0].tolist(), torch.relu(hidden @ sparse["weight"][0] + sparse["bias"]).tolist()):
                if token not in unused and weight > weights.get(token, 0):
                    weights[token] = weight
            answer["sparse"].append(weights)
            answer["multi"].append(normalize(hidden[1:] @ colbert["weight"].T + colbert["bias"], dim=-1).numpy())
        return answer
    return encode


class HF_ColBERT(BertPreTrainedModel):  # noqa: N801, the name that checkpoints have
    """As in colbert/modeling/hf_colbert.py."""

    def __init__(self, config, dim):
        super().__init__(config)
        self.linear = torch.nn.Linear(config.hidden_size, dim, bias=False)
        self.bert = BertModel(config)
        self.init_weights()


def colbert(dim, settings, **more):
    def make(folder):
        seeded(22)
        tokenizer = tokens.bert(512)
        saved(folder, tokenizer, HF_ColBERT(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=256, **SMALL | more), dim))
        (folder / "artifact.metadata").write_text(json.dumps({"dim": dim, **settings}))
    return make


def checkpoint(dim, settings):
    """queryFromText and docFromText of colbert/modeling/checkpoint.py, in float32 as on a CPU."""
    settings = {"query_maxlen": 32, "doc_maxlen": 220, "mask_punctuation": True, "attend_to_mask_tokens": False} | settings

    def original(folder):
        tokenizer, model = AutoTokenizer.from_pretrained(folder), HF_ColBERT.from_pretrained(folder, dim=dim).eval()
        skiplist = {tokenizer.encode(symbol, add_special_tokens=False)[0] for symbol in string.punctuation if settings["mask_punctuation"]}

        def encode(kind, texts):
            query, rows = kind == "queries", []
            for text in texts:
                length = settings["query_maxlen" if query else "doc_maxlen"]
                inputs = tokenizer([text], padding="max_length" if query else "longest", truncation=True, max_length=length - 1,
                                   return_tensors="pt")
                ids, mask = inputs["input_ids"], inputs["attention_mask"]
                marker = tokenizer.convert_tokens_to_ids("[unused0]" if query else "[unused1]")
                ids = torch.cat((ids[:, :1], torch.tensor([[marker]]), ids[:, 1:]), 1)
                mask = torch.cat((mask[:, :1], torch.tensor([[1]]), mask[:, 1:]), 1)
                if query:
                    ids[ids == tokenizer.pad_token_id] = tokenizer.mask_token_id
                    if settings["attend_to_mask_tokens"]:
                        mask[ids == tokenizer.mask_token_id] = 1
                with torch.no_grad():
                    vectors = normalize(model.linear(model.bert(ids, attention_mask=mask)[0]), p=2, dim=2)[0]
                keep = [query or (i not in skiplist and i != tokenizer.pad_token_id) for i in ids[0].tolist()]
                rows.append(vectors[torch.tensor(keep)].numpy())
            return {"multi": rows}
        return encode
    return original


SHORT = {"query_maxlen": 16, "doc_maxlen": 40, "mask_punctuation": False, "attend_to_mask_tokens": True}
CASES = [
    Case("bge-m3", "XLM-R, 2 layers", bge_m3, m3_embedder),
    Case("bge-m3", "XLM-R, 48 wide, vectors of 16", lambda f: bge_m3(f, 16, hidden_size=48), m3_embedder),
    Case("colbert", "BERT, 128 dimensions, as ColBERTv2", colbert(128, {}), checkpoint(128, {})),
    Case("colbert", "BERT, 24 dimensions, 16 and 40 tokens, [MASK] attended to, punctuation kept", colbert(24, SHORT, num_hidden_layers=3),
         checkpoint(24, SHORT)),
]
