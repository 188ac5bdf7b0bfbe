"""One graph as plain numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Graph:
    """One directed graph; an undirected edge is two directed ones.

    Parameters
    ----------
    node_cat
        Integer ids, shape ``[num_nodes, node columns]``.
    edge_index
        Pairs ``(source, target)``, shape ``[num_edges, 2]``.
    edge_cat
        Integer ids, shape ``[num_edges, edge columns]``.
    node_x, edge_x
        Continuous features, float32, shape ``[num_nodes, columns]`` and ``[num_edges, columns]``.
    root
        The centre of an ego network, or -1.
    """

    node_cat: npt.NDArray[np.integer[Any]]
    edge_index: npt.NDArray[np.integer[Any]]
    edge_cat: npt.NDArray[np.integer[Any]]
    node_x: npt.NDArray[np.float32] | None = None
    edge_x: npt.NDArray[np.float32] | None = None
    root: int = -1

    @property
    def num_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_cat)

    @property
    def num_edges(self) -> int:
        """Number of directed edges."""
        return len(self.edge_index)
