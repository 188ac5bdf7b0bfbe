"""Message-passing layers, one per file. ``CONVS`` maps a name to its class."""

from __future__ import annotations

from torch import nn

from graftwork.nn.conv.gat import GATConv
from graftwork.nn.conv.gatv2 import GATv2Conv
from graftwork.nn.conv.gcn import GCNConv
from graftwork.nn.conv.gin import GINConv
from graftwork.nn.conv.gine import GINEConv
from graftwork.nn.conv.graphsage import GraphSAGEConv

__all__ = [
    "CONVS",
    "GATConv",
    "GATv2Conv",
    "GCNConv",
    "GINConv",
    "GINEConv",
    "GraphSAGEConv",
]

CONVS: dict[str, type[nn.Module]] = {
    "gin": GINConv,
    "gcn": GCNConv,
    "graphsage": GraphSAGEConv,
    "gat": GATConv,
    "gatv2": GATv2Conv,
    "gine": GINEConv,
}
