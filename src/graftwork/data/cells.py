"""Cells of output tables: text, numbers, and nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

Cell: TypeAlias = "str | float | np.floating[Any] | None"


def cell_text(cell: Cell) -> str:
    """Return a cell as text: missing is empty, numbers are as short as they round-trip.

    Examples
    --------
    >>> import numpy as np
    >>> cell_text(0.1), cell_text(np.float32(0.1)), cell_text(float("nan")), cell_text("NA")
    ('0.1', '0.1', '', 'NA')
    """
    return "" if cell is None or is_missing(cell) else str(cell)


def is_missing(cell: Cell) -> bool:
    """Say whether a cell is None or NaN."""
    return cell is None or (not isinstance(cell, str) and math.isnan(cell))
