"""How networks compute while they are traced: out of operations that every libtorch since 1.13 knows."""

import contextlib
import math
import sys

import torch


def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """torch's scaled_dot_product_attention in evaluation, out of operations that every libtorch since 1.13 knows."""
    if enable_gqa:
        key, value = (x.repeat_interleave(query.shape[-3] // x.shape[-3], -3) for x in (key, value))
    weights = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        weights = weights.masked_fill(torch.ones_like(weights[0, 0], dtype=torch.bool).triu(1), -math.inf)
    if attn_mask is not None:
        weights = weights.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == torch.bool else weights + attn_mask
    return weights.softmax(-1) @ value


def broadcast_mask(rule, bh_indices=True):
    """What transformers' masking_utils computes with vmap, which cannot be traced: a rule of (batch, head, query, key) for
    all of them at once."""
    return lambda batch, head, query, key: rule(
        *((batch[:, None, None, None], head[None, :, None, None]) if bh_indices else (batch, head)),
        query[None, None, :, None], key[None, None, None, :])


@contextlib.contextmanager
def plain_attention():
    """Traces made within hold no fused attention, which older versions of libtorch lack, and the masks of decoders."""
    fused, fast = torch.nn.functional.scaled_dot_product_attention, torch.backends.mha.get_fastpath_enabled()
    masking = sys.modules.get("transformers.masking_utils")
    kept = (masking._vmap_for_bhqkv, masking.TransformGetItemToIndex) if masking else ()
    torch.nn.functional.scaled_dot_product_attention = attention
    torch.backends.mha.set_fastpath_enabled(False)
    if masking:
        masking._vmap_for_bhqkv, masking.TransformGetItemToIndex = broadcast_mask, contextlib.nullcontext
    try:
        yield
    finally:
        torch.nn.functional.scaled_dot_product_attention = fused
        torch.backends.mha.set_fastpath_enabled(fast)
        if masking:
            masking._vmap_for_bhqkv, masking.TransformGetItemToIndex = kept
