"""Static embeddings of sentence-transformers and model2vec: the mean of a vector per token, with no transformer at all."""

import json

import torch

import bundle
import texts
from families.sentence_transformer import METRICS, prompts_of
from source import ExportError

INPUTS = ["input_ids", "attention_mask"]


class Mean(torch.nn.Module):
    """The mean over the tokens; zeros where there is none, as torch's EmbeddingBag has it. Then the further modules."""

    def __init__(self, vectors, steps):
        super().__init__()
        self.vectors, self.steps = torch.nn.Embedding.from_pretrained(vectors.float()), torch.nn.ModuleList(steps)

    def forward(self, input_ids, attention_mask):
        mask = attention_mask.unsqueeze(-1).to(torch.float32)
        features = {"sentence_embedding": (self.vectors(input_ids) * mask).sum(1) / mask.sum(1).clamp(min=1)}
        for step in self.steps:
            features = step(features)
        return features["sentence_embedding"]


def export(source, folder, options):
    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer(str(source.folder), device="cpu", prompts=texts.chosen_prompts(options)).eval()
    first, *steps = model
    kinds = [type(step).__name__ for step in steps]
    if not set(kinds) <= {"Dense", "LayerNorm", "Normalize"}:
        raise ExportError(f"{source.name} has modules behind its embeddings that are not known here: {', '.join(kinds)}")
    tokenizer, (query, document) = first.tokenizer, prompts_of(model)
    content = json.loads(tokenizer.to_str()) | {"post_processor": None}  # nothing is set around a text
    bundle.write_tokenizer_content(content, folder / "tokenizer.json")
    some = [text for text in texts.GOLDEN_TEXTS if text]
    def tensors(rows):
        encodings = [tokenizer.encode(text, add_special_tokens=False) for text in rows]
        return tuple(bundle.text_tensors(encodings, INPUTS))
    bundle.save_general_network(Mean(first.embedding.weight.data, steps), [tensors(some), tensors(some[:1]), tensors(some[1:])],
                                folder / "text.pt")
    prompts = {"query": query, "document": document}
    goldens = [{"text": text, **more, "input_ids": model.preprocess([text], prompt=prompt)["input_ids"].tolist(),
                "vector": bundle.rounded((model.encode_query if more else model.encode_document)(text))}
               for text, prompt, more in texts.asked(prompts, some)]
    bundle.write_manifest(folder, bundle.head(source, options) | {
        "kind": "dual-encoder", "dimensions": len(goldens[0]["vector"]), "normalize": False,
        "score": bundle.score(METRICS[model.similarity_fn_name]),
        "text": {"tokenizer": "tokenizer.json", "max_length": (tokenizer.truncation or {}).get("max_length", texts.LONGEST),
                 "prompts": prompts},
        "networks": {"text": {"file": "text.pt", "inputs": INPUTS, "pooling": "none"}},
    }, {"text": goldens})
