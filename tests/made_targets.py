"""Targets of any graphs, as if they had been computed: numbers, some missing, and bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from graftwork.data.targets import ComputedTargets

NAMES = {
    "descriptors": ("size", "edges", "noise"),
    "fingerprints": tuple(f"bit/{place}" for place in range(11)),
    "motifs": ("small>=1", "large>=1", "odd>=1"),
}


def made_rows(sizes, edges, seed=0):
    """Compact rows by name, for graphs of so many nodes and edges."""
    rng = np.random.default_rng(seed)
    sizes, edges = np.asarray(sizes), np.asarray(edges)
    numbers = np.stack([sizes, edges, rng.normal(size=len(sizes))], 1)
    numbers[rng.random(numbers.shape) < 0.2] = np.nan
    numbers[: len(numbers) // 4, 0] = np.inf
    bits = np.stack([sizes > level for level in range(3, 25, 2)], 1)
    motifs = np.stack([sizes < 10, sizes > 16, sizes % 2 == 1], 1)
    return {
        "descriptors": numbers.astype(np.float16),
        "fingerprints": np.packbits(bits, axis=1),
        "motifs": np.packbits(motifs, axis=1),
    }


def made_targets(sizes, edges, seed=0):
    """Computed targets by name."""
    rows = made_rows(sizes, edges, seed)
    return {name: ComputedTargets.of(NAMES[name], values) for name, values in rows.items()}


def with_targets(batch, seed=0):
    """Return the batch with targets of its graphs, and what their columns are."""
    edges = torch.bincount(batch.graph_of_node[batch.edge_index[1]], minlength=batch.num_graphs)
    made = made_targets(batch.node_ptr.diff().tolist(), edges.tolist(), seed)
    values = {name: torch.from_numpy(found[range(len(found))]) for name, found in made.items()}
    return replace(batch, targets=values), {name: found.tasks for name, found in made.items()}
