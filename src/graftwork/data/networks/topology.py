"""What the shape of a network alone says of its nodes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graftwork.data.networks.network import Network

Floats = npt.NDArray[np.float64]

DESCRIPTORS = (
    "degree",
    "log_degree",
    "mean_neighbour_degree",
    "largest_neighbour_degree",
    "clustering",
    "triangles",
    "core_number",
    "nodes_within_two_hops",
    "density_of_neighbourhood",
)
_WEDGES = 1 << 24  # products of one step of a sparse matrix product


def topology(network: Network) -> Floats:
    """Describe every node by numbers that need no feature and no label.

    Directions are left out of account. Counts other than ``degree`` enter as ``log(1 + count)``.

    Returns
    -------
    array
        float64 ``[nodes, len(DESCRIPTORS)]``, columns in the order of ``DESCRIPTORS``; a node
        without neighbours has zeros.
    """
    links = _links(network)
    degree = np.diff(links.indptr).astype(np.float64)
    neighbours = np.maximum(degree, 1)
    summed = links @ degree
    largest = np.zeros(len(degree))
    ends = np.repeat(np.arange(len(degree)), degree.astype(np.int64))
    np.maximum.at(largest, ends, degree[links.indices])
    triangles, within = _triangles_and_reach(links, degree)
    pairs = degree * (degree - 1) / 2
    density = 2 * (triangles + degree) / np.maximum(degree * (degree + 1), 1)
    return np.stack(
        [
            degree,
            np.log1p(degree),
            np.log1p(summed / neighbours),
            np.log1p(largest),
            triangles / np.maximum(pairs, 1),
            np.log1p(triangles),
            np.log1p(core_numbers(network)),
            np.log1p(within),
            density,
        ],
        axis=1,
    )


def core_numbers(network: Network) -> npt.NDArray[np.int64]:
    """Return the largest k for which each node lies in the k-core (Seidman, Social Networks 1983).

    The k-core is what remains when nodes with fewer than k neighbours are removed again and again.
    """
    links = _links(network)
    degree = np.diff(links.indptr).astype(np.int64)
    core = np.zeros(len(degree), np.int64)
    left = np.ones(len(degree), np.bool_)
    k = 0
    while left.any():
        peeled = left & (degree <= k)
        if not peeled.any():
            k = int(degree[left].min())
            continue
        core[peeled], left = k, left & ~peeled
        lost = links[np.flatnonzero(peeled)].indices
        degree -= np.bincount(lost, minlength=len(degree))
    return core


def _links(network: Network) -> sparse.csr_array:
    """Return the symmetric 0/1 matrix of neighbours."""
    source, target = network.edge_index.T.astype(np.int64)
    nodes = network.num_nodes
    ends = np.concatenate([source, target]), np.concatenate([target, source])
    matrix = sparse.csr_array((np.ones(len(ends[0])), ends), shape=(nodes, nodes))
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    matrix.data[:] = 1
    return matrix


def _triangles_and_reach(links: sparse.csr_array, degree: Floats) -> tuple[Floats, Floats]:
    """Count the triangles at each node, and the other nodes within two hops, block by block."""
    triangles, within = np.zeros(len(degree)), np.zeros(len(degree))
    work = np.floor(np.cumsum(links @ degree) / _WEDGES)
    for rows in np.split(np.arange(len(degree)), np.flatnonzero(np.diff(work)) + 1):
        block = links[rows]
        two_steps = block @ links
        triangles[rows] = np.asarray(two_steps.multiply(block).sum(1)).ravel() / 2
        reached = sparse.csr_array(two_steps + block)
        itself = reached[np.arange(len(rows)), rows] != 0
        within[rows] = np.diff(reached.indptr) - np.asarray(itself).ravel()
    return triangles, within
