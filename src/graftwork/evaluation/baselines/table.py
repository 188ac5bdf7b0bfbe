"""What baselines read: rows of something, and rows of numbers in particular."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy import sparse


class Table(Protocol):
    """Rows that can be counted and chosen."""

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def take(self, rows: npt.ArrayLike, /) -> Self:
        """Return the given rows (integer positions or a boolean mask), in that order."""
        ...


@dataclass(frozen=True)
class Numbers:
    """Rows of numbers.

    Parameters
    ----------
    values
        Shape ``[rows, columns]``, dense or sparse.

    Examples
    --------
    >>> Numbers(np.eye(3)).take([2, 0]).values.tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """

    values: npt.NDArray[Any] | sparse.csr_array

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def take(self, rows: npt.ArrayLike, /) -> Numbers:
        """Return the given rows (integer positions or a boolean mask), in that order."""
        chosen = np.asarray(rows)
        if chosen.dtype == np.bool_:
            chosen = np.flatnonzero(chosen)
        return Numbers(self.values[chosen.astype(np.intp)])
