"""Citation networks with the public split of Yang et al. (Planetoid, ICML 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from graftwork.data.networks.layout import Layout
from graftwork.data.networks.network import Array, Network, both_directions
from graftwork.data.networks.npz import read_npz
from graftwork.errors import InputError
from graftwork.graph.schema import FeatureSchema

TASK = "class"
_PARTS = ("train", "val", "test")
_KEYS = frozenset({"edges", "labels", "x_indptr", "x_indices", "x_shape", *_PARTS})
_MAX_CELLS = 1 << 30  # of the table of words


def read_planetoid(
    path: Path, targets: Sequence[str] | None = None, features: Sequence[str] = ()
) -> Network:
    """Read a citation network.

    The file holds ``edges`` ``[pairs, 2]`` (each citation once), ``labels`` ``[nodes]`` (class
    numbers, -1 for unknown), a bag of words as ``x_indptr``, ``x_indices`` and ``x_shape``, and the
    node numbers of the split's ``train``, ``val`` and ``test`` parts.

    The words that occur in a document are divided by the root of their number, so that every row
    of ``node_x`` has length 1. (Rows that sum to 1, as in Kipf and Welling, ICLR 2017, are so small
    that training takes several times as many steps.) Nodes have no names but their numbers.

    Raises
    ------
    InputError
        If the file is damaged, or arrays do not fit together.
    """
    arrays = read_npz(path, sorted(_KEYS))
    if targets is not None and list(targets) not in ([TASK], ["*"]):
        raise InputError(f"{path} has no label {', '.join(targets)}.", f"It has {TASK!r}.")
    if features:
        raise InputError(f"{path}: the words are its only features.", "Name no others.")
    for name, values in arrays.items():
        _require(values.dtype.kind in "iu", path, name, f"holds {values.dtype}, not whole numbers")
        wanted = 2 if name == "edges" else 1
        _require(values.ndim == wanted, path, name, f"has {values.ndim} axes, not {wanted}")
    labels = arrays["labels"].astype(np.int64)
    nodes = len(labels)
    _require(nodes > 0, path, "labels", "is empty")
    pairs = arrays["edges"]
    _require(pairs.shape[1] == 2, path, "edges", f"has {pairs.shape[1]} columns, not 2")
    for name in ("edges", *_PARTS):
        _require(_within(arrays[name], nodes), path, name, f"names a node outside 0 to {nodes - 1}")
    node_x = _words(path, arrays, nodes)
    split = np.full(nodes, "", "<U5")
    for part in _PARTS:
        _require((split[arrays[part]] == "").all(), path, part, "has nodes of another part")
        split[arrays[part]] = part
    edges, _ = both_directions(pairs, nodes)
    schema = FeatureSchema(
        featurizer="network",
        node_cat=(),
        edge_cat=(),
        node_x=tuple(f"w{i}" for i in range(node_x.shape[1])),
    )
    return Network(
        schema=schema,
        names=[str(node) for node in range(nodes)],
        group=[""] * nodes,
        node_cat=np.zeros((nodes, 0), schema.id_dtype),
        node_x=node_x,
        edge_index=edges,
        edge_cat=np.zeros((len(edges), 0), schema.id_dtype),
        edge_x=np.zeros((len(edges), 0), np.float32),
        y=np.where(labels < 0, np.nan, labels).astype(np.float32)[:, None],
        tasks=(TASK,),
        kind="multiclass",
        split=split.tolist(),
    )


def _words(path: Path, arrays: dict[str, Array], nodes: int) -> Array:
    ptr, index, shape = arrays["x_indptr"], arrays["x_indices"], arrays["x_shape"].tolist()
    fits = len(shape) == 2 and shape[0] == nodes
    _require(fits, path, "x_shape", f"is {shape}, not [{nodes}, words]")
    words = shape[1]
    _require(0 < words <= _MAX_CELLS // nodes, path, "x_shape", f"{shape} is empty or too large")
    _require(_within(index, words), path, "x_indices", f"names a word outside 0 to {words - 1}")
    fits = len(ptr) == nodes + 1 and ptr[0] == 0 and ptr[-1] == len(index)
    _require(bool(fits) and bool((np.diff(ptr) >= 0).all()), path, "x_indptr", "is no row pointer")
    table = np.zeros((nodes, words), np.float32)
    table[np.repeat(np.arange(nodes), np.diff(ptr)), index] = 1
    return table / np.sqrt(np.maximum(table.sum(1, keepdims=True), 1))


def _within(values: Array, limit: int) -> bool:
    return not values.size or bool(values.min() >= 0 and values.max() < limit)


def _require(condition: object, path: Path, name: str, problem: str) -> None:
    if not condition:
        raise InputError(f"{path}: array {name!r} {problem}.", "The file is damaged.")


PLANETOID = Layout(_KEYS, read_planetoid)
