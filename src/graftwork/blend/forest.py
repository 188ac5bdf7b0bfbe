"""Extremely randomised trees on descriptors and substructure counts, kept as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from graftwork.blend.molecules import DESCRIPTORS
from graftwork.rng import derive_seed

if TYPE_CHECKING:
    import numpy.typing as npt

    from graftwork.blend.molecules import Molecules

    FloatArray = npt.NDArray[np.float64]

TREES = 100
COUNTED, COLUMNS = "ecfp4", 2048
TABLES = (COUNTED, DESCRIPTORS)
"""The tables of :class:`Molecules` that a forest reads."""

_SHARE_OF_COLUMNS = 0.1  # tried at each split
_SMALLEST_LEAF = 2


@dataclass(frozen=True)
class Forest:
    """Trees of all targets, their nodes end to end.

    A node's left child comes right after it. All rows walk through all trees of a target at once.

    Parameters
    ----------
    column
        Of the table that a node looks at, int32 ``[nodes]``; -1 for a leaf.
    threshold
        Float32 ``[nodes]``: values up to it go left.
    right
        Int32 ``[nodes]``: the right child; a leaf's is the leaf itself.
    value
        Float32 ``[nodes]``: what a leaf predicts.
    roots
        Int32 ``[targets, trees]``.
    """

    column: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float32]
    right: npt.NDArray[np.int32]
    value: npt.NDArray[np.float32]
    roots: npt.NDArray[np.int32]

    @classmethod
    def fitted(
        cls, molecules: Molecules, y: FloatArray, seed: int, *, unknown: float = 0.0
    ) -> Forest:
        """Fit one forest per target (Geurts et al., Machine Learning 63:3, 2006).

        Classes are fitted as the numbers 0 and 1: a leaf then holds their share. A target with
        nothing to learn gets a constant, and one without labels predicts ``unknown``.
        """
        from sklearn.ensemble import ExtraTreesRegressor  # noqa: PLC0415  (only needed to fit)

        table = _table(molecules)
        trees: list[_Tree] = []
        for target in range(y.shape[1]):
            known = ~np.isnan(y[:, target])
            labels = y[known, target]
            if not len(labels) or labels.min() == labels.max():
                trees += [_leaf(labels[0] if len(labels) else unknown)] * TREES
                continue
            forest = ExtraTreesRegressor(
                TREES,
                max_features=_SHARE_OF_COLUMNS,
                min_samples_leaf=_SMALLEST_LEAF,
                random_state=derive_seed(seed, "forest", target) % 2**32,
                n_jobs=-1,
            )
            forest.fit(table[known], labels)
            trees += [_nodes(tree.tree_) for tree in forest.estimators_]
        starts = np.cumsum([0, *(len(tree[0]) for tree in trees)])
        column, threshold, right, value = (
            np.concatenate([tree[part] for tree in trees]) for part in range(4)
        )
        right += np.repeat(starts[:-1], np.diff(starts)).astype(np.int32)
        roots = starts[:-1].astype(np.int32).reshape(y.shape[1], TREES)
        return cls(column, threshold, right, value, roots)

    def predict(self, molecules: Molecules) -> FloatArray:
        """Return the mean over trees, shape ``[rows, targets]``."""
        table = _table(molecules)
        rows = np.arange(len(table))[:, None]
        out = np.empty((len(table), len(self.roots)))
        for target, roots in enumerate(self.roots):
            node = np.broadcast_to(roots, (len(table), len(roots)))
            while (inner := self.column[node] >= 0).any():
                low = table[rows, self.column[node]] <= self.threshold[node]
                node = np.where(inner & low, node + 1, self.right[node])
            out[:, target] = self.value[node].mean(1, dtype=np.float64)
        return out


_Tree = tuple[
    "npt.NDArray[np.int32]", "npt.NDArray[np.float32]", "npt.NDArray[np.int32]", "npt.NDArray[Any]"
]


def _table(molecules: Molecules) -> npt.NDArray[np.float32]:
    counts = molecules.fingerprints[COUNTED].folded(COLUMNS)
    return np.concatenate([counts, molecules.numbers[DESCRIPTORS]], axis=1)


def _leaf(value: float) -> _Tree:
    return (
        np.array([-1], np.int32),
        np.zeros(1, np.float32),
        np.zeros(1, np.int32),
        np.array([value], np.float32),
    )


def _nodes(tree: Any) -> _Tree:
    """Read scikit-learn's arrays; the table is float32, so thresholds may be rounded down."""
    leaf = tree.children_left < 0
    threshold = tree.threshold.astype(np.float32)
    above = threshold > tree.threshold
    threshold[above] = np.nextafter(threshold[above], np.float32(-np.inf))
    return (
        np.where(leaf, -1, tree.feature).astype(np.int32),
        np.where(leaf, np.float32(0), threshold),
        np.where(leaf, np.arange(len(leaf)), tree.children_right).astype(np.int32),
        tree.value[:, 0, 0].astype(np.float32),
    )
