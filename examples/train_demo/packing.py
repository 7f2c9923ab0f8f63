"""Turns trained networks into small ones: batch norms folded in, weights as 8-bit integers with a scale per channel.

The integers are cast to float32 inside forward, so any libtorch computes the same numbers from them.
"""

import copy

import torch
import torch.nn.functional as F
from torch import nn


def integers(weight):
    """int8 values and the float32 scale of each row that give the weight back within half a step."""
    scale = weight.abs().flatten(1).amax(dim=1).clamp(min=1e-8) / 127
    return torch.round(weight / scale.view(-1, *[1] * (weight.dim() - 1))).to(torch.int8), scale


class PackedConv(nn.Module):
    def __init__(self, conv):
        super().__init__()
        weight, scale = integers(conv.weight.detach())
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale.view(-1, 1, 1, 1))
        self.register_buffer("bias", conv.bias.detach() if conv.bias is not None else torch.zeros(len(weight)))
        self.stride, self.padding = conv.stride, conv.padding

    def forward(self, x):
        return F.conv2d(x, self.weight.to(torch.float32) * self.scale, self.bias, self.stride, self.padding)


class PackedLinear(nn.Module):
    def __init__(self, linear):
        super().__init__()
        weight, scale = integers(linear.weight.detach())
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale.view(-1, 1))
        self.register_buffer("bias", linear.bias.detach())

    def forward(self, x):
        return F.linear(x, self.weight.to(torch.float32) * self.scale, self.bias)


class PackedEmbedding(nn.Module):
    def __init__(self, embedding):
        super().__init__()
        weight, scale = integers(embedding.weight.detach())
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale.view(-1, 1))
        self.embedding_dim = embedding.embedding_dim

    def forward(self, ids):
        return F.embedding(ids, self.weight).to(torch.float32) * F.embedding(ids, self.scale)


def folded(conv, norm):
    """The convolution that does what it and the batch norm after it did."""
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    result = nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding)
    result.weight.data = conv.weight.detach() * gain.detach().view(-1, 1, 1, 1)
    result.bias.data = (norm.bias - norm.running_mean * gain).detach()
    return result


def fold_norms(module):
    """Folds every convolution and batch norm that follow each other as neighbours."""
    names = list(module._modules)
    for name, following in zip(names, names[1:]):
        conv, norm = module._modules[name], module._modules[following]
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            module._modules[name], module._modules[following] = folded(conv, norm), nn.Identity()
    for child in module.children():
        fold_norms(child)


def pack_weights(module):
    for name, child in module._modules.items():
        for kind, packed in ((nn.Conv2d, PackedConv), (nn.Linear, PackedLinear), (nn.Embedding, PackedEmbedding)):
            if isinstance(child, kind):
                module._modules[name] = packed(child)
                break
        else:
            if child is not None:
                pack_weights(child)


def packed(network):
    network = copy.deepcopy(network).eval()
    fold_norms(network)
    pack_weights(network)
    return network.requires_grad_(False)
