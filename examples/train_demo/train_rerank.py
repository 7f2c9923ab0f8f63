"""Trains the reranker's glance on hard candidates of the training side: python train_rerank.py WORK STEPS SEED

The towers are frozen. They know the training pictures by heart, so their own agreement is left out while the glance
learns; how much of it counts beside that agreement is then chosen on the validation slice, and may be nothing.
"""

import random
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer

import augment
import bundle
import export
from common import Average, Pictures, Schedule, figures, parameter_groups, ranks, unit
from cross_encoder import CrossEncoder, Glance
from evaluate import QUERIES, reranked
from networks import MAX_LENGTH
from teacher import caption_texts

VIEWS = 2
QUERIES_PER_STEP, CANDIDATES = 24, 16
POOL = 64  # candidates are drawn from the dual encoder's first POOL
HEAT = 0.08


def features_of_views(network, pictures, rows, generator):
    """Maps of VIEWS random views of each picture: [view][tower] -> float16 [n, channels, 4, 4]."""
    result = []
    with torch.no_grad():
        for _ in range(VIEWS):
            parts = []
            for part in rows.split(256):
                x = augment.views(pictures.colours[part], pictures.opacity[part], generator)
                with torch.autocast("cpu", torch.bfloat16):
                    parts.append([tower.features(x).half() for tower in network.towers])
            result.append([torch.cat(column) for column in zip(*parts)])
    return result


def batch_of_text(tokenizer_file):
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.enable_truncation(MAX_LENGTH)
    return lambda texts: bundle.text_tensors(tokenizer.encode_batch(texts), ["input_ids", "attention_mask"])


def sides(network, tensors, pictures, rows, kind):
    """Everything of the queries and the pictures of `rows` that does not depend on the pairing."""
    texts = [caption_texts(pictures.records[i])[kind] for i in rows.tolist()]
    ids, mask = tensors(texts)
    with torch.no_grad():
        vector, states = network.text_side(ids, mask)
        image = [network.image_side(part) for part in pictures.pixels(rows).split(64)]
    return vector, states, mask, torch.cat([v for v, _ in image]), torch.cat([m for _, m in image])


def glance_scores(network, states, mask, memory, candidates):
    """[query, candidate] scores of the glance alone."""
    rows = []
    with torch.no_grad():
        for i in range(len(states)):
            n = int(mask[i].sum())
            chosen = candidates[i]
            rows.append(network.glance(states[i:i + 1, :n].expand(len(chosen), -1, -1), mask[i:i + 1, :n].expand(
                len(chosen), -1), memory[chosen]))
    return torch.stack(rows)


def both_scores(network, tensors, pictures, side, kind, candidates=100):
    """(towers' agreement, glance) as [query, picture]; the glance only where the agreement is among the best."""
    vector, states, mask, picture, memory = sides(network, tensors, pictures, pictures.side[side], kind)
    agreement = vector @ picture.T
    top = agreement.topk(min(candidates, agreement.shape[1]), dim=1).indices
    glance = torch.zeros_like(agreement)
    return agreement, glance.scatter(1, top, glance_scores(network, states, mask, memory, top))


def query_text(record, chooser):
    kind = chooser.random()
    if kind < 0.45 or not record["keywords"]:
        return record["title"]
    if kind < 0.75:
        return chooser.choice(record["keywords"])
    return caption_texts(record)[2]


def validate(network, tensors, pictures, shares=(0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2)):
    result = {}
    for name, kind in QUERIES.items():
        agreement, glance = both_scores(network, tensors, pictures, "validation", kind)
        result[name] = {share: figures(ranks(reranked(agreement, agreement + share * glance))) for share in shares}
        result[name]["glance alone"] = figures(ranks(reranked(agreement, glance)))
    return result


def train(work, steps, seed):
    torch.manual_seed(seed)
    chooser, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    pictures, tensors = Pictures(work), batch_of_text(work / "tokenizer.json")
    rows = pictures.side["training"]
    text, towers = export.load_text_tower(work), export.load_image_towers(work)
    glance = Glance([tower.head.in_features // 2 for tower in towers], text.tokens.embedding_dim)
    network = CrossEncoder(text, towers, export.load_hubs(work), glance)
    network.text.requires_grad_(False), network.towers.requires_grad_(False)
    schedule = Schedule(steps, 1e-3)
    maps = features_of_views(network, pictures, rows, generator)
    with torch.no_grad():
        own = sum(unit(tower.head(tower.pooled(m.float()))) for view in maps[:2] for tower, m in zip(towers, view))
        own = unit(own)
    meanings = pictures.vectors[rows, 2]
    print(f"{sum(p.numel() for p in glance.parameters()) / 1e6:.2f} M new parameters, {schedule.spent()}", flush=True)
    optimizer = torch.optim.AdamW(parameter_groups(glance, 0.05))
    average = Average(glance, 0.998)
    for step in range(1, steps + 1):
        schedule.set(optimizer, step)
        glance.train()
        asked = torch.randint(len(rows), (QUERIES_PER_STEP,), generator=generator)
        ids, mask = tensors([query_text(pictures.records[rows[i]], chooser) for i in asked.tolist()])
        with torch.no_grad():
            vector, states = network.plain_text(ids, mask)
        near = (vector @ own.T).topk(POOL, dim=1).indices
        pick = torch.rand(QUERIES_PER_STEP, POOL, generator=generator).topk(CANDIDATES - 5, dim=1).indices
        chosen = torch.cat([asked.unsqueeze(1), near.gather(1, pick),
                            torch.randint(len(rows), (QUERIES_PER_STEP, 4), generator=generator)], dim=1)
        flat = chosen.flatten()
        view = maps[chooser.randrange(VIEWS)]
        memory = glance.memory([m[flat].float() for m in view])
        scores = glance(states.repeat_interleave(CANDIDATES, 0), mask.repeat_interleave(CANDIDATES, 0), memory)
        goal = torch.softmax((vector.unsqueeze(1) * meanings[chosen]).sum(2) / HEAT, dim=1)
        loss = -(goal * torch.log_softmax(scores.view(chosen.shape), dim=1)).sum(1).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(glance.parameters(), 1.0)
        optimizer.step()
        average.update(glance)
        if step % 400 == 0:
            print(f"step {step} loss {loss.item():.3f} {schedule.spent()}", flush=True)
    network.glance = average.network
    found = validate(network, tensors, pictures)
    for name, table in found.items():
        for share, values in table.items():
            print(f"validation {name} share {share}: {values}")
    best = max((s for s in found["title"] if s != "glance alone"),
               key=lambda s: sum(table[s]["mrr"] + table[s]["recall@10"] for table in found.values()))
    print(f"share {best}, {steps} steps, {schedule.spent()}")
    torch.save({"glance": average.network.state_dict(), "share": best}, work / "rerank.pt")


if __name__ == "__main__":
    train(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
