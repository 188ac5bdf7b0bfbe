"""From data to what baselines read of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from graftwork.blend.molecules import describe
from graftwork.data.networks.topology import topology
from graftwork.evaluation.baselines.table import Numbers, Table

if TYPE_CHECKING:
    from graftwork.data.labelled import LabelledData

_SPARSE = 0.2  # share of entries that are not zero, below which a table is kept sparse


def _fingerprints(data: LabelledData) -> Table | None:
    return None if data.network is not None else describe(data.store.schema, data.structures)


def _features(data: LabelledData) -> Table | None:
    """Return the nodes' own columns, categorical ones as one column per id that occurs."""
    if data.network is None:
        return None
    rows = data.store.row
    one_hot = [
        np.eye(int(column.max(initial=0)) + 1, dtype=np.float32)[column]
        for column in data.network.node_cat[rows].T
    ]
    values = np.concatenate([data.network.node_x[rows], *one_hot], axis=1)
    values = values[:, values.min(0) < values.max(0)]
    if not values.shape[1]:
        return None
    small = np.count_nonzero(values) < _SPARSE * values.size
    return Numbers(sparse.csr_array(values) if small else values)


def _topology(data: LabelledData) -> Table | None:
    return None if data.network is None else Numbers(topology(data.network)[data.store.row])


TABLES: dict[str, Callable[[LabelledData], Table | None]] = {
    "fingerprints": _fingerprints,
    "features": _features,
    "topology": _topology,
}
"""What a baseline may read, by name; None where the data has no such thing."""
