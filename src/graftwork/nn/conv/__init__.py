"""Message-passing layers, one per file. ``CONVS`` maps a name to its class."""

from __future__ import annotations

from torch import nn

from graftwork.nn.conv.gin import GINConv

__all__ = ["CONVS", "GINConv"]

CONVS: dict[str, type[nn.Module]] = {"gin": GINConv}
