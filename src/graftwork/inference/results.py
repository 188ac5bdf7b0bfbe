"""What a model says of rows, and rows of text to records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from graftwork.data.record import Record

Level = Literal["graph", "node"]
"""A vector per row, or one per atom of it."""

Output = Literal["prediction", "embedding", "nodes"]
"""What a model says: of a row its targets or its vector, or a vector per atom."""

Matrix: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RowResult:
    """What a model says of one row.

    Parameters
    ----------
    record
        The row.
    values
        float32 ``[columns]`` (``[atoms, dim]`` for the atoms of a molecule); None for a rejected
        row.
    reason
        Why there are none; empty otherwise.
    """

    record: Record
    values: Matrix | None
    reason: str = ""

    @property
    def status(self) -> str:
        """``ok`` or ``rejected``."""
        return "rejected" if self.values is None else "ok"


def text_records(smiles: str | Sequence[object]) -> Iterator[Record]:
    """Yield one text, or several, as rows; what is no text is a row with a problem."""
    texts = [smiles] if isinstance(smiles, str) else list(smiles)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            problem = f"expected SMILES text, got {type(text).__name__}"
            yield Record(row, row + 1, str(text), (), problem)
        else:
            yield Record(row, row + 1, text, ())


def stacked(rows: Sequence[RowResult], width: int) -> Matrix:
    """Return float32 ``[rows, width]`` in order; NaN for rejected rows."""
    out = np.full((len(rows), width), np.nan, np.float32)
    for position, row in enumerate(rows):
        if row.values is not None:
            out[position] = row.values
    return out
