"""Count fingerprints of many molecules, and the MinMax kernel between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graftwork.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COMMON = 0.01  # a column filled in more than this share of rows is multiplied densely


@dataclass(frozen=True)
class Fingerprints:
    """Unfolded count fingerprints: how often each substructure identifier occurs in each row.

    Parameters
    ----------
    counts
        Shape ``[rows, distinct ids]``, non-negative int64, no stored zeros.
    ids
        The substructure identifier of each column, shape ``[distinct ids]``, increasing int64.

    Examples
    --------
    >>> pair = Fingerprints.from_counts([{7: 2, 9: 1}, {7: 1}])
    >>> pair.minmax_gram().round(2).tolist()
    [[1.0, 0.33], [0.33, 1.0]]
    """

    counts: sparse.csr_array
    ids: npt.NDArray[np.int64]

    @classmethod
    def from_counts(cls, counts: Sequence[Mapping[int, int]]) -> Fingerprints:
        """Build from one mapping (identifier -> count) per row.

        With RDKit: ``GetMorganGenerator(radius=2).GetSparseCountFingerprint(mol)
        .GetNonzeroElements()`` (ECFP4 counts; Rogers and Hahn, J. Chem. Inf. Model. 50:742, 2010).

        Raises
        ------
        InputError
            An identifier or a count is negative.
        """
        lengths = [len(row) for row in counts]
        keys = np.fromiter((k for row in counts for k in row), np.int64, sum(lengths))
        values = np.fromiter((v for row in counts for v in row.values()), np.int64, sum(lengths))
        return cls.from_entries(keys, values, np.array(lengths, np.int64))

    @classmethod
    def from_entries(
        cls, keys: npt.NDArray[Any], values: npt.NDArray[Any], lengths: npt.NDArray[Any]
    ) -> Fingerprints:
        """Build from the entries of all rows, end to end, and how many each row has.

        Raises
        ------
        InputError
            An identifier or a count is negative.
        """
        rows = np.repeat(np.arange(len(lengths)), lengths)
        wrong = np.flatnonzero((keys < 0) | (values < 0))
        if wrong.size:
            entry = wrong[0]
            raise InputError(
                f"Fingerprint row {rows[entry]} holds id {keys[entry]}: {values[entry]}.",
                "Identifiers and counts are non-negative integers.",
            )
        ids, columns = np.unique(keys, return_inverse=True)
        values = values.astype(np.int64)
        matrix = sparse.csr_array((values, (rows, columns)), shape=(len(lengths), len(ids)))
        matrix.eliminate_zeros()
        return cls(matrix, ids)

    @classmethod
    def joined(cls, parts: Sequence[Fingerprints]) -> Fingerprints:
        """Put tables below each other."""
        return cls.from_entries(
            np.concatenate([part.ids[part.counts.indices] for part in parts]),
            np.concatenate([part.counts.data for part in parts]),
            np.concatenate([np.diff(part.counts.indptr) for part in parts]),
        )

    def __len__(self) -> int:
        return int(self.counts.shape[0])

    def take(self, rows: npt.ArrayLike) -> Fingerprints:
        """Return the given rows (integer positions or a boolean mask), in that order."""
        chosen = np.asarray(rows)
        if chosen.dtype == np.bool_:
            chosen = np.flatnonzero(chosen)
        return Fingerprints(self.counts[chosen.astype(np.intp)], self.ids)

    def folded(self, size: int = 2048) -> npt.NDArray[np.float32]:
        """Return dense counts, shape ``[rows, size]``: identifiers that agree modulo size add up.

        Raises
        ------
        InputError
            The size is not positive.
        """
        if size < 1:
            raise InputError(f"Cannot fold fingerprints to {size} columns.", "Use 1 or more.")
        entries = self.counts.tocoo()
        folded = np.zeros((len(self), size), dtype=np.float32)
        np.add.at(folded, (entries.row, self.ids[entries.col] % size), entries.data)
        return folded

    def minmax_gram(self, other: Fingerprints | None = None) -> npt.NDArray[np.float64]:
        r"""Return the MinMax kernel between these rows and those of another table.

        .. math:: k(a, b) = \sum_i \min(a_i, b_i) / \sum_i \max(a_i, b_i)

        the Tanimoto coefficient of counts (Ralaivola et al., Neural Networks 18:1093, 2005). Two
        empty rows are equal, so their value is 1, as on the diagonal.

        The minima are exact: :math:`\min(a, b) = \sum_t [a \ge t][b \ge t]` turns them into one
        product of 0/1 matrices, and :math:`\sum \max = \sum a + \sum b - \sum \min`.

        Parameters
        ----------
        other
            The columns of the result; these rows themselves when None.

        Returns
        -------
        array
            Shape ``[len(self), len(other)]``, values in [0, 1].
        """
        right = self if other is None else other
        steps = right.steps
        if right is self:
            dense, rare = steps.dense, steps.rare
        else:
            high = _thresholds(self._in_columns_of(right), steps.first, len(steps.common))
            dense, rare = high[:, steps.common].toarray(), high[:, ~steps.common]
        product = dense @ steps.dense.T  # sums of ones are exact in float32 up to 2**24
        product += (rare @ steps.rare.T).toarray()
        minima = product.astype(np.float64)
        totals = np.asarray(self.counts.sum(axis=1), dtype=np.float64)
        maxima = totals[:, None] + steps.totals[None, :] - minima
        return np.divide(minima, maxima, out=np.ones_like(minima), where=maxima > 0)

    @cached_property
    def steps(self) -> _Steps:
        """What these rows are to the kernel as its columns, kept for the next rows to come."""
        widths = np.zeros(len(self.ids), dtype=np.int64)
        np.maximum.at(widths, self.counts.indices, self.counts.data)
        first = np.cumsum(widths) - widths
        high = _thresholds(self.counts, first, int(widths.sum()))
        common = np.bincount(high.indices, minlength=high.shape[1]) > _COMMON * len(self)
        totals = np.asarray(self.counts.sum(axis=1), dtype=np.float64)
        return _Steps(widths, first, common, high[:, common].toarray(), high[:, ~common], totals)

    def _in_columns_of(self, other: Fingerprints) -> sparse.csr_array:
        """Return counts of the other's identifiers, none above the other's largest."""
        place = np.searchsorted(other.ids, self.ids).clip(max=max(0, len(other.ids) - 1))
        known = other.ids[place] == self.ids if len(other.ids) else np.zeros(len(place), bool)
        kept = known[self.counts.indices]
        columns = place[self.counts.indices[kept]]
        counts = np.minimum(self.counts.data[kept], other.steps.widths[columns])
        ends = np.concatenate([[0], np.cumsum(kept)])[self.counts.indptr]
        shape = (len(self), len(other.ids))
        return sparse.csr_array((counts, columns, ends), shape=shape)


class _Steps(NamedTuple):
    """Rows as the 0/1 matrix of [count >= t], common columns dense and the many rare ones sparse.

    ``widths`` is the largest count of each identifier, ``first`` its first column, ``totals`` the
    sum of each row's counts.
    """

    widths: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    common: npt.NDArray[np.bool_]
    dense: npt.NDArray[np.float32]
    rare: sparse.csr_array
    totals: npt.NDArray[np.float64]


def _thresholds(
    counts: sparse.csr_array, first: npt.NDArray[np.int64], width: int
) -> sparse.csr_array:
    """Return the 0/1 matrix of [count >= t]: column ``first[i] + t - 1`` for identifier i."""
    per_entry = counts.data
    starts = np.cumsum(per_entry) - per_entry
    offsets = np.arange(int(per_entry.sum())) - np.repeat(starts, per_entry)
    columns = np.repeat(first[counts.indices], per_entry) + offsets
    before = np.concatenate([[0], np.cumsum(per_entry)])
    ones = np.ones(len(columns), dtype=np.float32)
    return sparse.csr_array((ones, columns, before[counts.indptr]), shape=(counts.shape[0], width))
