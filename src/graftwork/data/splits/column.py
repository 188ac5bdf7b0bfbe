"""A split that the table itself gives."""

from __future__ import annotations

from graftwork.data.splits.split import Split, SplitRequest, draw_validation, sorted_split
from graftwork.errors import InputError

_NAMES = {
    "train": 0,
    "training": 0,
    "val": 1,
    "valid": 1,
    "validation": 1,
    "dev": 1,
    "test": 2,
    "testing": 2,
    "holdout": 2,
}


def column_split(request: SplitRequest) -> Split:
    """Follow a column of ``train``, ``val`` and ``test`` cells.

    Where the column names no validation molecule, the validation share is drawn from training by
    the data seed.
    """
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for position, cell in enumerate(request.column):
        part = _NAMES.get(cell.strip().lower())
        if part is None:
            row = request.rows[position] if request.rows else position
            raise InputError(
                f"The splits column says {cell[:60]!r} in row {row} (the first is 0).",
                "Expected train, val or test in every row.",
            )
        parts[part].append(position)
    train, val, test = parts
    if not val and len(train) > 1:
        train, val = draw_validation(request, train)
    return sorted_split("column", train, val, test)
