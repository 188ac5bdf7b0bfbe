from __future__ import annotations

import numpy as np
import pytest

from graftwork.graph import CategoricalColumn, FeatureSchema, Graph


def _schema(size: int = 5) -> FeatureSchema:
    return FeatureSchema(
        featurizer="f",
        node_cat=(CategoricalColumn("a", size, mask=4), CategoricalColumn("b", 3, mask=2)),
        edge_cat=(CategoricalColumn("c", 7, mask=6),),
        node_x=("u",),
        edge_x=("v", "w"),
    )


def _random_graph(rng, nodes, edges, *, continuous=True, root=-1):
    """A graph with any edges at all, self-loops and repeated ones included."""
    return Graph(
        node_cat=rng.integers(0, 3, (nodes, 2)),
        edge_index=rng.integers(0, max(nodes, 1), (edges if nodes else 0, 2)),
        edge_cat=rng.integers(0, 7, (edges if nodes else 0, 1)),
        node_x=rng.normal(size=(nodes, 1)).astype(np.float32) if continuous else None,
        edge_x=rng.normal(size=(edges if nodes else 0, 2)).astype(np.float32)
        if continuous
        else None,
        root=root,
    )


@pytest.fixture
def make_schema():
    return _schema


@pytest.fixture
def random_graph():
    return _random_graph
