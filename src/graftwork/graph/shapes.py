"""Few different shapes, although every batch has another number of rows.

A matrix product in bfloat16 is prepared once per shape, which takes as long as a fifth of the
product itself, and a megabyte as long as it is kept; compiled code is made anew for a new shape. So
matrices get some empty rows: at most a thirty-second, or up to a multiple of 128.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import pad

_LEAST = 128


def rounded(rows: int) -> int:
    """Return the next of the few numbers of rows that are used.

    Examples
    --------
    >>> rounded(0), rounded(1), rounded(6500), rounded(50_000)
    (0, 128, 6528, 50176)
    """
    step = max(_LEAST, 1 << max(0, rows.bit_length() - 6))
    return -(-rows // step) * step


def with_empty_rows(values: Tensor) -> Tensor:
    """Append rows of zeros: ``[rows, columns] -> [rounded(rows), columns]``."""
    return pad(values, (0, 0, 0, rounded(len(values)) - len(values)))
