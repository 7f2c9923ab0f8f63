"""What the training programs share: the packed data, running averages of weights, learning rates, ranks."""

import copy
import json
import math
import time

import numpy as np
import torch


class Pictures:
    """The packed pictures with captions' vectors, and index lists of the three sides."""

    def __init__(self, work):
        self.records = json.loads((work / "records.json").read_text())
        arrays = np.load(work / "pictures.npz")
        self.colours, self.opacity = torch.from_numpy(arrays["colours"]), torch.from_numpy(arrays["opacity"])
        self.vectors = torch.from_numpy(np.load(work / "captions.npz")["vectors"])
        sides = ["held_out" if r["held_out"] else "validation" if r["validation"] else "training" for r in self.records]
        self.side = {name: torch.tensor([i for i, s in enumerate(sides) if s == name])
                     for name in ("training", "validation", "held_out")}

    def pixels(self, rows):
        return (self.colours[rows].float() / 255 - 0.5) / 0.5


class Average:
    """The running average of a network's weights: the network that is kept."""

    def __init__(self, network, decay):
        self.network, self.decay, self.steps = copy.deepcopy(network).eval(), decay, 0
        self.network.requires_grad_(False)

    def update(self, network):
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        with torch.no_grad():
            for mine, theirs in zip(self.network.state_dict().values(), network.state_dict().values()):
                if mine.dtype.is_floating_point:
                    mine.lerp_(theirs, 1 - decay)
                else:
                    mine.copy_(theirs)


class Schedule:
    """A cosine learning rate over a fixed number of steps, so that a slower machine trains longer instead of less."""

    def __init__(self, steps, peak, warm=0.03):
        self.begun, self.cpu, self.steps, self.peak, self.warm = time.time(), time.process_time(), steps, peak, warm

    def rate(self, step):
        done = step / self.steps
        if done < self.warm:
            return self.peak * (0.05 + 0.95 * done / self.warm)
        return self.peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (done - self.warm) / (1 - self.warm))))

    def set(self, optimizer, step):
        for group in optimizer.param_groups:
            group["lr"] = self.rate(step)

    def spent(self):
        return f"{time.time() - self.begun:.0f} s, {time.process_time() - self.cpu:.0f} s of CPU"


def parameter_groups(network, decay):
    """Weight decay for matrices and kernels only."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    return [{"params": [p for p in parameters if p.dim() > 1], "weight_decay": decay},
            {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0}]


def unit(x):
    return torch.nn.functional.normalize(x, dim=-1)


def ranks(scores):
    """Rank of the right picture for each query, 1 best; ties count against us. scores[i, i] is the right one."""
    return (scores >= scores.diagonal().unsqueeze(1)).sum(1)


def figures(rank):
    rank = rank.float()
    return {**{f"recall@{k}": round((rank <= k).float().mean().item(), 4) for k in (1, 5, 10)},
            "mrr": round((1 / rank).mean().item(), 4)}
