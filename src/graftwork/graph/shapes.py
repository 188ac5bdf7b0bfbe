"""Few different shapes, although every batch has another number of rows.

A matrix product in bfloat16 is prepared once per shape, which takes as long as a fifth of the
product itself; compiled code is made anew for a new shape. So matrices get some empty rows.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import pad

STEP = 128


def rounded(rows: int) -> int:
    """Return the next multiple of ``STEP``."""
    return -(-rows // STEP) * STEP


def with_empty_rows(values: Tensor) -> Tensor:
    """Append rows of zeros: ``[rows, columns] -> [rounded(rows), columns]``."""
    return pad(values, (0, 0, 0, rounded(len(values)) - len(values)))
