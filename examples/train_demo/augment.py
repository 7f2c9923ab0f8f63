"""Random views of drawings, made on the fly for a whole batch: colours, background, shape, place, holes, mixtures."""

import math

import torch
import torch.nn.functional as F


def chance(n, p, generator):
    return torch.rand(n, generator=generator) < p


def uniform(n, low, high, generator):
    return low + (high - low) * torch.rand(n, generator=generator)


def on_background(colours, opacity, g):
    """Transparent drawings stand on a random colour now and then; `colours` were blended with white."""
    n = len(colours)
    background = torch.where(chance(n, 0.35, g).view(n, 1), torch.rand(n, 3, generator=g), torch.ones(n, 3))
    return colours - (1 - opacity) * (1 - background).view(n, 3, 1, 1)


def recoloured(x, opacity, g):
    """Hue turns, brightness, contrast, grey, and silhouettes: archives hold many drawings in black alone."""
    n = len(x)
    angle = uniform(n, -0.35, 0.35, g) * math.pi * chance(n, 0.5, g)
    cosine, sine = torch.cos(angle), torch.sin(angle) / math.sqrt(3)
    third = (1 - cosine) / 3
    turn = torch.stack([cosine + third, third - sine, third + sine,
                        third + sine, cosine + third, third - sine,
                        third - sine, third + sine, cosine + third], dim=1).view(n, 3, 3)
    grey = chance(n, 0.12, g).view(n, 1, 1)
    turn = torch.where(grey, torch.full((n, 3, 3), 1 / 3), turn)
    x = torch.matmul(turn, x.flatten(2)).view_as(x)
    gain, shift = uniform(n, 0.7, 1.25, g).view(n, 1, 1, 1), uniform(n, -0.12, 0.12, g).view(n, 1, 1, 1)
    x = (x - 0.5) * gain + 0.5 + shift
    dark = chance(n, 0.06, g).view(n, 1, 1, 1) & ((opacity.mean(dim=(1, 2, 3)) < 0.9).view(n, 1, 1, 1))
    x = torch.where(dark, 1 - opacity.expand_as(x), x)
    return x.clamp(0, 1)


def moved(x, g):
    """Mirrored, turned, stretched and shifted; what comes in from outside is the nearest border pixel."""
    n = len(x)
    angle = torch.randn(n, generator=g).clamp(-2.5, 2.5) * 0.16
    size, shape = torch.exp(uniform(n, -0.2, 0.3, g)), torch.exp(uniform(n, -0.2, 0.2, g))
    mirror = torch.where(chance(n, 0.5, g), -1.0, 1.0)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = mirror * size * shape * torch.cos(angle), -size * shape * torch.sin(angle)
    theta[:, 1, 0], theta[:, 1, 1] = mirror * size / shape * torch.sin(angle), size / shape * torch.cos(angle)
    theta[:, :, 2] = (torch.rand(n, 2, generator=g) - 0.5) * 0.3
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def with_holes(x, g):
    n, side = len(x), x.shape[-1]
    centre, half = torch.rand(n, 2, generator=g) * side, uniform(n, 0.1, 0.25, g) * side * chance(n, 0.4, g)
    line = torch.arange(side).view(1, side)
    rows = (line - centre[:, :1]).abs() < half.view(n, 1)
    columns = (line - centre[:, 1:]).abs() < half.view(n, 1)
    hole = (rows.unsqueeze(2) & columns.unsqueeze(1)).unsqueeze(1)
    return torch.where(hole, torch.rand(n, 3, 1, 1, generator=g), x)


def views(colours, opacity, g):
    """uint8 pictures on white and their opacity to float views in -1 .. 1."""
    x, alpha = colours.float() / 255, opacity.float() / 255
    x = recoloured(on_background(x, alpha, g), alpha, g)
    x = with_holes(moved(x, g), g)
    x = x + torch.randn(len(x), 1, 1, 1, generator=g).abs() * 0.02 * torch.randn(x.shape, generator=g)
    return (x.clamp(0, 1) - 0.5) / 0.5


def mixed(x, targets, share, g):
    """A part of the batch is blended with other pictures, its targets likewise."""
    n = len(x)
    other = torch.randperm(n, generator=g)
    keep = torch.where(chance(n, share, g), uniform(n, 0.5, 1.0, g), torch.ones(n))
    x = x * keep.view(n, 1, 1, 1) + x[other] * (1 - keep).view(n, 1, 1, 1)
    return x, targets * keep.view(n, 1) + targets[other] * (1 - keep).view(n, 1)
