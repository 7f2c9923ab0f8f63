"""The reranker's network: the two towers' own agreement, plus words that look at the picture's maps."""

import torch
import torch.nn.functional as F
from torch import nn

from hubs import marked
from networks import Layer

WIDTH = 128


class Glance(nn.Module):
    """Words attend to the places of both towers' last maps; one number comes out."""

    def __init__(self, channels, text_width, layers=1, dropout=0.1):
        super().__init__()
        self.words = nn.Linear(text_width, WIDTH)
        self.places = nn.ModuleList(nn.Linear(c, WIDTH) for c in channels)
        self.where = nn.Parameter(torch.randn(16 * len(channels), WIDTH) * 0.02)
        self.places_norm = nn.LayerNorm(WIDTH)
        self.layers = nn.ModuleList(Layer(WIDTH, 4, crossed=True, dropout=dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(WIDTH)
        self.score = nn.Linear(WIDTH, 1)

    def memory(self, maps):
        places = [place(m.flatten(2).transpose(1, 2)) for place, m in zip(self.places, maps)]
        return self.places_norm(torch.cat(places, dim=1) + self.where)

    def forward(self, states, mask, memory):
        x = self.words(states)
        bias = (1.0 - mask.to(x.dtype)).unsqueeze(1).unsqueeze(1) * -1e4
        for layer in self.layers:
            x = layer(x, bias, memory)
        weight = mask.to(x.dtype).unsqueeze(-1)
        return self.score((self.norm(x) * weight).sum(1) / weight.sum(1)).squeeze(1)


class CrossEncoder(nn.Module):
    """score(words, picture) = the dual encoder's cosine + share of what the glance adds."""

    def __init__(self, text, towers, hubs, glance):
        super().__init__()
        self.text, self.towers, self.hubs, self.glance = text, nn.ModuleList(towers), hubs, glance
        self.register_buffer("share", torch.tensor(0.0))

    def plain_text(self, ids, mask):
        words, states = self.text.states(ids, mask)
        weight = mask.to(states.dtype).unsqueeze(-1)
        both = (torch.cat([states, words], dim=-1) * weight).sum(1) / weight.sum(1)
        return F.normalize(self.text.head(both), dim=1), states

    def text_side(self, ids, mask):
        vector, states = self.plain_text(ids, mask)
        return marked(vector), states

    def image_side(self, pixels):
        """The dual encoder's vector, and the glance's memory of the picture as it is."""
        both = torch.cat([pixels, torch.flip(pixels, [3])], dim=0)
        total, maps = torch.zeros(1), []
        for tower in self.towers:
            m = tower.features(both)
            vectors = F.normalize(tower.head(tower.pooled(m)), dim=1)
            total = total + vectors.view(2, -1, vectors.size(1)).sum(dim=0)
            maps.append(m.view(2, -1, m.size(1), m.size(2), m.size(3))[0])
        return self.hubs(F.normalize(total, dim=1)), self.glance.memory(maps)

    def forward(self, ids, mask, pixels):
        vector, states = self.text_side(ids, mask)
        picture, memory = self.image_side(pixels)
        return (vector * picture).sum(1) + self.share * self.glance(states, mask, memory)
