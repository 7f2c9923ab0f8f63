"""Against hubs: pictures that lie near every caption and so would be found for any words.

How near a picture lies to captions in general is measured against a bank of training captions inside the image network.
The first of the 256 dimensions carries it: every text has the same mark there, and a picture the less, the more it is a
hub. So a plain cosine of two vectors already allows for it.
"""

import torch
import torch.nn.functional as F
from torch import nn

from networks import DIMENSIONS

BANK = 512
HEAT = 0.05     # a soft maximum over the bank
WEIGHT = 0.7    # how much of the nearness is taken off the cosine
MARK = 0.5      # the texts' mark, so that pictures need only a small one


def marked(text):
    """Text vectors with the mark in front; the last of their own dimensions, the least telling one, makes room."""
    text = F.normalize(text[:, :DIMENSIONS - 1], dim=1)
    return F.normalize(torch.cat([text[:, :1] * 0 + MARK, text], dim=1), dim=1)


class Hubs(nn.Module):
    """Picture vectors with what is taken off for nearness to captions in general in front."""

    def __init__(self):
        super().__init__()
        self.bank = nn.Linear(DIMENSIONS - 1, BANK)
        self.register_buffer("usual", torch.zeros(1))

    def nearness(self, picture):
        return HEAT * torch.logsumexp(self.bank(picture) / HEAT, dim=1, keepdim=True)

    def forward(self, picture):
        picture = F.normalize(picture[:, :DIMENSIONS - 1], dim=1)
        first = (self.usual - self.nearness(picture)) * (WEIGHT / MARK)
        return F.normalize(torch.cat([first, picture], dim=1), dim=1)

    @staticmethod
    def fitted(captions, pictures):
        """The bank from captions; the usual nearness from pictures that the towers were not trained on."""
        hubs = Hubs()
        with torch.no_grad():
            hubs.bank.weight.copy_(F.normalize(captions[:, :DIMENSIONS - 1], dim=1))
            hubs.bank.bias.zero_()
            hubs.usual.fill_(hubs.nearness(F.normalize(pictures[:, :DIMENSIONS - 1], dim=1)).mean())
        return hubs


class MarkedText(nn.Module):
    def __init__(self, tower):
        super().__init__()
        self.tower = tower

    def forward(self, ids, mask):
        return marked(self.tower(ids, mask))


class MarkedImage(nn.Module):
    """The picture as several towers see it, each of them as it is and mirrored; the mean of all, and its mark."""

    def __init__(self, towers, hubs):
        super().__init__()
        self.towers, self.hubs = nn.ModuleList(towers), hubs

    def plain(self, pixels):
        both = torch.cat([pixels, torch.flip(pixels, [3])], dim=0)
        total = torch.zeros(1)
        for tower in self.towers:
            vectors = F.normalize(tower(both), dim=1)
            total = total + vectors.view(2, -1, vectors.size(1)).sum(dim=0)
        return F.normalize(total, dim=1)

    def forward(self, pixels):
        return self.hubs(self.plain(pixels))
