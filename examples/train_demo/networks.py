"""The networks: an image tower, a text tower and a cross-encoder, all of plain operations that libtorch 1.13 knows."""

import math

import torch
import torch.nn.functional as F
from torch import nn

DIMENSIONS = 256
MAX_LENGTH = 32


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the branch is dropped now and then while training."""

    def __init__(self, inner, outer, stride, drop):
        super().__init__()
        self.first = nn.Conv2d(inner, outer, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outer)
        self.second = nn.Conv2d(outer, outer, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outer)
        self.shortcut = nn.Conv2d(inner, outer, 1, bias=False) if inner != outer else None
        self.stride, self.drop = stride, drop
        nn.init.zeros_(self.second_norm.weight)

    def forward(self, x):
        y = self.second_norm(self.second(F.relu(self.first_norm(self.first(x)))))
        if self.training and self.drop > 0:
            y = y * (torch.rand(len(y), 1, 1, 1) > self.drop).to(y.dtype) / (1 - self.drop)
        if self.stride > 1:
            x = F.avg_pool2d(x, self.stride)
        if self.shortcut is not None:
            x = self.shortcut(x)
        return F.relu(x + y)


class ImageTower(nn.Module):
    """64 x 64 pixels to a vector; `features` stops at the last map, 4 x 4."""

    def __init__(self, widths=(32, 64, 128, 256), depths=(1, 2, 3, 1), drop=0.1, labels=0):
        super().__init__()
        layers = [nn.Conv2d(3, widths[0], 3, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
        inner, total, done = widths[0], sum(depths), 0
        for stage, (outer, depth) in enumerate(zip(widths, depths)):
            for i in range(depth):
                layers.append(Block(inner, outer, 2 if i == 0 and stage else 1, drop * done / total))
                inner, done = outer, done + 1
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(2 * inner, DIMENSIONS)
        self.labels = nn.Linear(2 * inner, labels) if labels else None

    def features(self, pixels):
        return self.body(pixels)

    def pooled(self, maps):
        return torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)

    def forward(self, pixels):
        return self.head(self.pooled(self.features(pixels)))


class Attention(nn.Module):
    """Several heads of attention, written out, since fused kernels differ between versions of libtorch."""

    def __init__(self, width, heads):
        super().__init__()
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)
        self.heads, self.width = heads, width

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.heads, self.width // self.heads).transpose(1, 2)

    def forward(self, x, memory, bias=None):
        scores = torch.matmul(self.split(self.query(x)), self.split(self.key(memory)).transpose(2, 3))
        scores = scores * (1.0 / math.sqrt(self.width // self.heads))
        if bias is not None:
            scores = scores + bias
        mixed = torch.matmul(torch.softmax(scores, dim=-1), self.split(self.value(memory)))
        return self.out(mixed.transpose(1, 2).reshape(x.size(0), x.size(1), self.width))


class Layer(nn.Module):
    """One transformer layer, normalised before each part; with `crossed` it also looks at a memory."""

    def __init__(self, width, heads, crossed=False, dropout=0.0):
        super().__init__()
        self.self_norm, self.self_attention = nn.LayerNorm(width), Attention(width, heads)
        self.cross_norm = nn.LayerNorm(width) if crossed else None
        self.cross_attention = Attention(width, heads) if crossed else None
        self.mlp_norm = nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, bias, memory=None):
        y = self.self_norm(x)
        x = x + self.dropout(self.self_attention(y, y, bias))
        if self.cross_attention is not None:
            x = x + self.dropout(self.cross_attention(self.cross_norm(x), memory))
        return x + self.dropout(self.narrow(F.gelu(self.wide(self.mlp_norm(x)))))


class TextTower(nn.Module):
    """Tokens to a vector: embeddings, two transformer layers, the mean over tokens."""

    def __init__(self, vocabulary, width=192, heads=6, layers=2):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.randn(MAX_LENGTH, width) * 0.02)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(2 * width, DIMENSIONS)
        nn.init.normal_(self.tokens.weight, std=0.02)

    def states(self, ids, mask):
        words = self.tokens(ids)
        x = words + self.positions[:ids.size(1)]
        bias = (1.0 - mask.to(x.dtype)).unsqueeze(1).unsqueeze(1) * -1e4
        for layer in self.layers:
            x = layer(x, bias)
        return words, self.norm(x)

    def forward(self, ids, mask):
        words, x = self.states(ids, mask)
        weight = mask.to(x.dtype).unsqueeze(-1)
        both = torch.cat([x, words], dim=-1)  # the plain mean of words is a strong start for short texts
        return self.head((both * weight).sum(1) / weight.sum(1))
