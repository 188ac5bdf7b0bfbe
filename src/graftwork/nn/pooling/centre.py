"""Readouts of ego networks: the embedding of the centre, alone or with the mean around it."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.segment import bag_mean


@final
class CentrePooling(nn.Module):
    """The embedding of each graph's centre.

    Shapes: ``[num_nodes, dim]`` -> ``[num_graphs, dim]``.

    Raises
    ------
    InputError
        When a batch has graphs without a centre.
    """

    def __init__(self, _dim: int = 0) -> None:
        super().__init__()

    def forward(self, nodes: Tensor, batch: GraphBatch) -> Tensor:
        """Pool."""
        return nodes.index_select(0, centres(batch))


@final
class CentreMeanPooling(nn.Module):
    """The embedding of each graph's centre beside the mean of its graph.

    The readout of the protein ego networks of Hu et al., ICLR 2020.
    Shapes: ``[num_nodes, dim]`` -> ``[num_graphs, 2 * dim]``.

    Raises
    ------
    InputError
        When a batch has graphs without a centre.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.out_dim = 2 * dim

    def forward(self, nodes: Tensor, batch: GraphBatch) -> Tensor:
        """Pool."""
        centre = nodes.index_select(0, centres(batch))
        return torch.cat([centre, bag_mean(nodes, batch.nodes_of_graph)], 1)


def centres(batch: GraphBatch) -> Tensor:
    """Return the positions of the graphs' centres: int64 ``[num_graphs]``.

    Raises
    ------
    InputError
        When a batch has graphs without a centre.
    """
    if batch.root is None:
        raise InputError(
            "These graphs have no centre, so it cannot be read out.",
            "Choose another pooling, e.g. mean; centre and centre-mean are for ego networks.",
        )
    return batch.root
