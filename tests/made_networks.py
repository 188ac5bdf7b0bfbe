"""Made-up networks, in memory and as files, for tests of several packages."""

from __future__ import annotations

import numpy as np

from graftwork.data.networks import Network, both_directions
from graftwork.graph.schema import CategoricalColumn, FeatureSchema

CLASSES = 3


def citation_arrays(nodes=90, words=24, seed=0):
    """Papers of three fields: they cite and word mostly as their field does."""
    rng = np.random.default_rng(seed)
    labels = np.arange(nodes) % CLASSES
    same = labels[:, None] == labels
    linked = np.triu(rng.random((nodes, nodes)) < np.where(same, 0.12, 0.005), 1)
    chance = np.where(np.arange(words) % CLASSES == labels[:, None], 0.5, 0.05)
    has = rng.random((nodes, words)) < chance
    order = rng.permutation(nodes)
    third = nodes // 3
    return {
        "edges": np.argwhere(linked).astype(np.int32),
        "labels": labels.astype(np.int16),
        "x_indptr": np.concatenate([[0], has.sum(1).cumsum()]).astype(np.int32),
        "x_indices": np.nonzero(has)[1].astype(np.int32),
        "x_shape": np.array([nodes, words]),
        "train": order[:third].astype(np.int32),
        "val": order[third : 2 * third].astype(np.int32),
        "test": order[2 * third : -4].astype(np.int32),  # four nodes are of no part
    }


def protein_arrays(species=("AA", "BB"), size=12, terms=6, seed=0):
    """Networks of proteins and their terms; the last protein of a species has no term."""
    rng = np.random.default_rng(seed)
    names = [f"GO:{i}" for i in range(terms)] if isinstance(terms, int) else list(terms)
    found = {
        "species": np.array(species),
        "terms": np.array(names),
        "term_namespace": np.array(["bp"] * len(names)),
    }
    for name in species:
        pairs = np.stack(np.triu_indices(size, 1), 1)
        found[f"{name}_proteins"] = np.array([f"{name}{i}" for i in range(size)])
        found[f"{name}_edges"] = pairs[rng.random(len(pairs)) < 0.3].astype(np.int32)
        annotated = np.argwhere(rng.random((size - 1, len(names))) < 0.5)
        every = np.stack([np.arange(size - 1), np.full(size - 1, len(names) - 1)], 1)
        found[f"{name}_propagated"] = np.concatenate([annotated, every]).astype(np.int32)
    return found


def write_proteins(path, **how):
    """Write a file of protein networks."""
    np.savez(path, **protein_arrays(**how))
    return path


def write_citation(path, **changes):
    """Write the file; ``changes`` replace arrays, None leaves one out."""
    arrays = {**citation_arrays(), **changes}
    np.savez(path, **{name: values for name, values in arrays.items() if values is not None})
    return path


def random_network(nodes=40, pairs=60, seed=0, *, tasks=("a",), kind="multiclass", words=3):
    """A random network: nodes, undirected pairs; features tell nodes and edges apart."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, nodes, (pairs, 2))
    edges, origin = both_directions(drawn, nodes)
    schema = FeatureSchema(
        featurizer="network",
        node_cat=(CategoricalColumn("colour", 6, mask=5),),
        edge_cat=(CategoricalColumn("bond", 4, mask=3),),
        node_x=tuple(f"w{i}" for i in range(words)),
        edge_x=("weight",),
    )
    y = rng.integers(0, 3 if kind == "multiclass" else 2, (nodes, len(tasks)))
    return Network(
        schema=schema,
        names=[f"n{i}" for i in range(nodes)],
        group=[("x", "y")[i % 2] for i in range(nodes)],
        node_cat=rng.integers(0, 5, (nodes, 1)).astype(np.uint8),
        node_x=rng.normal(size=(nodes, words)).astype(np.float32),
        edge_index=edges,
        edge_cat=rng.integers(0, 3, (pairs, 1)).astype(np.uint8)[origin],
        edge_x=rng.normal(size=(pairs, 1)).astype(np.float32)[origin],
        y=y.astype(np.float32),
        tasks=tuple(tasks),
        kind=kind,
        split=[("train", "val", "test", "")[i % 4] for i in range(nodes)],
    )
