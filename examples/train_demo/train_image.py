"""Trains one image tower against MiniLM's vectors of the captions.

    python train_image.py WORK NAME STEPS SEED HEAT

HEAT says how far a caption's weight spreads to captions that mean nearly the same; two towers that were taught with
different heats err differently, and their mean is better than either.
"""

import sys
from collections import Counter
from pathlib import Path

import torch
import torch.nn.functional as F

import augment
import data
import wordnet
from common import Average, Pictures, Schedule, figures, parameter_groups, ranks, unit
from networks import ImageTower

BATCH = 192
MIXED = 0.3


def label_matrix(records):
    """Words of each caption and what WordNet says they are kinds of, as 0/1 columns; words of at least 4 pictures."""
    bags = []
    for record in records:
        words = {data.singular(w) for text in [record["title"], *record["keywords"]] for w in data.words_of(text)}
        bags.append({kind for word in words for kind in [word, *wordnet.kinds_of(word)[1:5]]})
    count = Counter(word for record, bag in zip(records, bags) if not record["held_out"] for word in bag)
    names = sorted(word for word, n in count.items() if 4 <= n < len(records) // 4 and len(word) > 2)
    column = {name: i for i, name in enumerate(names)}
    matrix = torch.zeros(len(records), len(names))
    for row, bag in enumerate(bags):
        for word in bag & column.keys():
            matrix[row, column[word]] = 1
    return matrix


def validate(network, pictures, side="validation"):
    """Ranks of pictures by MiniLM's own vectors of their titles, so that the image tower is judged alone."""
    rows = pictures.side[side]
    with torch.no_grad():
        pixels = pictures.pixels(rows)
        vectors = unit(unit(network(pixels)) + unit(network(pixels.flip(3))))
    return {name: figures(ranks(pictures.vectors[rows, i] @ vectors.T)) for i, name in ((0, "title"), (2, "both"))}


def batches(count, generator):
    """Endless batches of row numbers; every row once before any comes again."""
    while True:
        order = torch.randperm(count, generator=generator)
        yield from order[:count // BATCH * BATCH].split(BATCH)


def train(work, name, steps, seed, heat):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    pictures = Pictures(work)
    rows = pictures.side["training"]
    labels = label_matrix(pictures.records)[rows]
    network = ImageTower(labels=labels.shape[1]).to(memory_format=torch.channels_last)
    scale = torch.nn.Parameter(torch.tensor(2.7))
    optimizer = torch.optim.AdamW([*parameter_groups(network, 0.05), {"params": [scale], "weight_decay": 0.0}],
                                  betas=(0.9, 0.98))
    average, schedule = Average(network, 0.998), Schedule(steps, 2e-3)
    print(f"{len(rows)} pictures, {labels.shape[1]} labels, "
          f"{sum(p.numel() for p in network.parameters()) / 1e6:.2f} M parameters", flush=True)
    variant_odds = torch.tensor([0.45, 0.15, 0.4])  # title, keywords, both
    for step, batch in zip(range(1, steps + 1), batches(len(rows), generator)):
        schedule.set(optimizer, step)
        network.train()
        variants = torch.multinomial(variant_odds, len(rows), replacement=True, generator=generator)
        bank = pictures.vectors[rows, variants]  # every training picture's caption stands against every picture
        goal = torch.softmax((bank[batch] @ bank.T) / heat, dim=1)
        x = augment.views(pictures.colours[rows[batch]], pictures.opacity[rows[batch]], generator)
        x, both = augment.mixed(x, torch.cat([goal, labels[batch]], dim=1), MIXED, generator)
        goal, wanted = both[:, :len(rows)], both[:, len(rows):]
        with torch.autocast("cpu", torch.bfloat16):
            pooled = network.pooled(network.features(x.contiguous(memory_format=torch.channels_last)))
            pooled = F.dropout(pooled, 0.15)
            vector, guess = network.head(pooled), network.labels(pooled)
        logits = unit(vector.float()) @ bank.T * scale.clamp(max=4.0).exp()
        loss = -(goal * torch.log_softmax(logits, dim=1)).sum(1).mean()
        loss = loss + 20 * F.binary_cross_entropy_with_logits(guess.float(), wanted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        average.update(network)
        if step % 250 == 0:
            print(f"step {step} loss {loss.item():.3f} scale {scale.exp().item():.1f} "
                  f"{validate(average.network, pictures)} {schedule.spent()}", flush=True)
            torch.save({"network": average.network.state_dict(), "labels": labels.shape[1]}, work / f"{name}.pt")
    print(f"{name}: {steps} steps, validation {validate(average.network, pictures)}, {schedule.spent()}")
    torch.save({"network": average.network.state_dict(), "labels": labels.shape[1]}, work / f"{name}.pt")


if __name__ == "__main__":
    train(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
