"""Extremely randomised trees on descriptors and substructure counts, kept as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from graftwork.blend.molecules import DESCRIPTORS
from graftwork.rng import derive_seed, numpy_rng

if TYPE_CHECKING:
    import numpy.typing as npt

    from graftwork.blend.molecules import Molecules

    FloatArray = npt.NDArray[np.float64]

TREES = 100
COUNTED, COLUMNS = "ecfp4", 2048
TABLES = (COUNTED, DESCRIPTORS)
"""The tables of :class:`Molecules` that a forest reads."""

_SHARE_OF_COLUMNS, _LEAST_SHARE = 0.1, 0.025  # tried at each split
_ROWS = 8192  # of which all that share is tried; of more rows fewer columns
_SMALLEST_LEAF, _SMALLEST_LEAF_OF_CLASSES = 2, 6
_MOST_OUTPUTS = 16  # that judge a split
_TARGETS = 64  # whose labels are summed over nodes at a time


@dataclass(frozen=True)
class Forest:
    """Trees that all targets share, their nodes end to end, and the training rows in their leaves.

    A node's left child comes right after it. A row walks through all trees and is said to be the
    mean of the labels in the leaves that it comes to, of each target those that are known (a
    forest as a kernel: Lin and Jeon, J. Am. Stat. Assoc. 101:578, 2006).

    Parameters
    ----------
    column
        Of the table that a node looks at, int32 ``[nodes]``; -1 for a leaf.
    threshold
        Float32 ``[nodes]``: values up to it go left.
    right
        Int32 ``[nodes]``: the right child; a leaf's is the leaf itself.
    roots
        Int32 ``[trees]``; none where there was nothing to learn.
    leaf
        Int32 ``[training rows, trees]``: where each of them ends.
    labels, known
        Float32 and uint8 ``[training rows, targets]``: 0 and 0 where a label is missing.
    mean
        Of each target's labels: what is said where no leaf knows one.
    """

    column: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float32]
    right: npt.NDArray[np.int32]
    roots: npt.NDArray[np.int32]
    leaf: npt.NDArray[np.int32]
    labels: npt.NDArray[np.float32]
    known: npt.NDArray[np.uint8]
    mean: FloatArray

    @classmethod
    def fitted(
        cls, molecules: Molecules, y: FloatArray, seed: int, *, unknown: float = 0.0
    ) -> Forest:
        """Fit one forest for all targets (Geurts et al., Machine Learning 63:3, 2006).

        Splits are judged by standardised labels, a missing one counting as the mean; those of more
        than 16 targets by 16 random projections of them (Joly et al., ECML PKDD 2014). Classes are
        the numbers 0 and 1, and their leaves are larger. A target with nothing to learn gets a
        constant, and one without labels ``unknown``.
        """
        rows = np.flatnonzero(~np.isnan(y).all(1))
        # A split reads columns: side by side in memory they are read up to twice as fast.
        table, y = np.asfortranarray(_table(molecules.take(rows))), y[rows]
        known = ~np.isnan(y)
        labels = np.where(known, y, 0.0)
        count = np.maximum(known.sum(0), 1)
        mean = np.where(known.any(0), labels.sum(0) / count, unknown)
        classes = bool(np.isin(labels, (0.0, 1.0)).all())
        trees = _grown(table, _outputs(labels - mean, known, seed), seed, classes=classes)
        roots = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1].astype(np.int32)
        parts = [_NO_NODES, *map(_nodes, trees, roots)]
        column, threshold, right = (np.concatenate(part) for part in zip(*parts, strict=True))
        ends = [tree.apply(table) + root for tree, root in zip(trees, roots, strict=True)]
        leaf = np.array(ends, np.int32).reshape(len(trees), len(rows)).T
        return cls(
            column,
            threshold,
            right,
            roots,
            leaf,
            labels.astype(np.float32),
            known.astype(np.uint8),
            mean,
        )

    def predict(self, molecules: Molecules) -> FloatArray:
        """Return the mean of the labels in the leaves, shape ``[rows, targets]``."""
        table = _table(molecules)
        rows, trees = len(table), len(self.roots)
        node = np.broadcast_to(self.roots, (rows, trees))
        every = np.arange(rows)[:, None]
        while (inner := self.column[node] >= 0).any():
            low = table[every, self.column[node]] <= self.threshold[node]
            node = np.where(inner & low, node + 1, self.right[node])
        shape = rows, len(self.column)
        ends = np.arange(rows + 1) * trees
        reached = sparse.csr_array((np.ones(node.size), node.ravel(), ends), shape=shape)
        out = np.broadcast_to(self.mean, (rows, len(self.mean))).copy()
        for start in range(0, len(self.mean), _TARGETS):
            part = slice(start, start + _TARGETS)
            total = reached @ (self._shares @ self.known[:, part])
            labels = reached @ (self._shares @ self.labels[:, part])
            np.divide(labels, total, out=out[:, part], where=total > 0)
        return out

    @cached_property
    def _shares(self) -> Any:
        """What each training row counts in each node, sparse ``[nodes, training rows]``."""
        rows, nodes = len(self.leaf), len(self.column)
        ends = self.leaf.T.ravel()
        share = 1.0 / np.bincount(ends, minlength=nodes)[ends]
        row = np.tile(np.arange(rows), self.leaf.shape[1])
        return sparse.csr_array((share, (ends, row)), shape=(nodes, rows))


_Nodes = tuple["npt.NDArray[np.int32]", "npt.NDArray[np.float32]", "npt.NDArray[np.int32]"]
_NO_NODES: _Nodes = np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int32)


def _table(molecules: Molecules) -> npt.NDArray[np.float32]:
    counts = molecules.fingerprints[COUNTED].folded(COLUMNS)
    return np.concatenate([counts, molecules.numbers[DESCRIPTORS]], axis=1)


def _outputs(away: FloatArray, known: npt.NDArray[np.bool_], seed: int) -> FloatArray:
    """Return what splits are judged by, shape ``[rows, outputs]``; none if no label varies."""
    away = np.where(known, away, 0.0)
    varied = [t for t, mine in enumerate(known.T) if len(np.unique(away[mine, t])) > 1]
    outputs = away[:, varied]
    outputs = outputs / np.sqrt(np.square(outputs).sum(0) / known[:, varied].sum(0))
    if len(varied) <= _MOST_OUTPUTS:
        return outputs
    rng = numpy_rng(seed, "forest outputs")
    return outputs @ rng.standard_normal((len(varied), _MOST_OUTPUTS))


def _grown(
    table: npt.NDArray[np.float32], outputs: FloatArray, seed: int, *, classes: bool
) -> list[Any]:
    """Return scikit-learn's trees."""
    from sklearn.ensemble import ExtraTreesRegressor  # noqa: PLC0415  (only needed to fit)

    if not outputs.shape[1]:
        return []
    forest = ExtraTreesRegressor(
        TREES,
        max_features=max(_LEAST_SHARE, _SHARE_OF_COLUMNS * min(1.0, _ROWS / len(table))),
        min_samples_leaf=_SMALLEST_LEAF_OF_CLASSES if classes else _SMALLEST_LEAF,
        random_state=derive_seed(seed, "forest", 0) % 2**32,
        n_jobs=-1,
    )
    forest.fit(table, outputs[:, 0] if outputs.shape[1] == 1 else outputs)
    return [estimator.tree_ for estimator in forest.estimators_]


def _nodes(tree: Any, root: int) -> _Nodes:
    """Read scikit-learn's arrays; the table is float32, so thresholds may be rounded down."""
    leaf = tree.children_left < 0
    threshold = tree.threshold.astype(np.float32)
    above = threshold > tree.threshold
    threshold[above] = np.nextafter(threshold[above], np.float32(-np.inf))
    right = root + np.where(leaf, np.arange(len(leaf)), tree.children_right)
    return (
        np.where(leaf, -1, tree.feature).astype(np.int32),
        np.where(leaf, np.float32(0), threshold),
        right.astype(np.int32),
    )
