"""An encoder that only computes: what normalisation does is part of the weights."""

from __future__ import annotations

import copy

import torch
from torch import nn

from graftwork.nn.conv.gin import GINConv
from graftwork.nn.conv.gine import GINEConv
from graftwork.nn.encoder import Encoder
from graftwork.nn.linear import Linear


def folded(encoder: Encoder) -> Encoder:
    """Return a copy in evaluation mode without batch normalisation, where that is possible.

    With its running statistics batch normalisation is an affine map of every row. Where a layer
    ends with a linear map, the two are one; other layers keep it. The copy must not be trained.
    """
    encoder = copy.deepcopy(encoder)
    for place, (conv, norm) in enumerate(zip(encoder.convs, encoder.norms, strict=True)):
        last = conv.mlp[-1] if isinstance(conv, GINConv | GINEConv) else None
        if isinstance(last, Linear) and isinstance(norm, nn.BatchNorm1d):
            _fold(last, norm)
            encoder.norms[place] = nn.Identity()
    return encoder.eval()


@torch.no_grad()
def _fold(linear: Linear, norm: nn.BatchNorm1d) -> None:
    mean, variance = (norm.get_buffer(f"running_{name}").double() for name in ("mean", "var"))
    scale = norm.weight.double() * (variance + norm.eps).rsqrt()
    linear.weight.copy_(linear.weight.double() * scale[:, None])
    linear.bias.copy_((linear.bias.double() - mean) * scale + norm.bias.double())
