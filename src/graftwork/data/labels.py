"""Cells of target columns -> numbers, and which columns are targets."""

from __future__ import annotations

import math
import re
from itertools import islice
from typing import TYPE_CHECKING, Literal

import numpy as np

from graftwork.data.sources.table import quoted_list
from graftwork.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graftwork.data.sources.table import Table

MISSING = frozenset({"", "na", "nan", "none", "null", "-", "?"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_TRUTH = {"true": 1.0, "false": 0.0}
_PEEK_ROWS = 1000
_LARGEST = 1e36  # networks compute in single precision, which ends at 3.4e38
_SHOWN_CHARACTERS = 40


def parse_labels(cells: Sequence[str], columns: Sequence[str]) -> tuple[list[float], list[str]]:
    """Read the target cells of one row.

    Blank cells and ``NA``, ``NaN``, ``None``, ``null``, ``-``, ``?`` (in any case) are missing;
    ``true`` and ``false`` are 1 and 0. What is neither a number nor missing becomes missing
    with a warning: nothing is guessed.

    Parameters
    ----------
    cells
        The text of the target cells, one per target.
    columns
        The names of the targets, for the warnings.

    Returns
    -------
    tuple of list of float and list of str
        One number per cell, NaN where missing, and the warnings.

    Examples
    --------
    >>> parse_labels(["6.1e-2", "NA", "true"], ["a", "b", "c"])
    ([0.061, nan, 1.0], [])
    >>> parse_labels([">10000"], ["ic50"])[1][0][:26]
    "column 'ic50': '>10000' is"
    """
    values: list[float] = []
    warnings: list[str] = []
    for cell, column in zip(cells, columns, strict=True):
        text = cell.strip()
        value = _number(text)
        if value is None:
            value = math.nan
            if text.lower() not in MISSING:
                warnings.append(f"column {column!r}: {_shorten(text)!r} {_advice(text)}")
        values.append(value)
    return values, warnings


def infer_kind(y: np.ndarray) -> Literal["classification", "regression"]:
    """Tell the task from its labels: all known labels 0 or 1 means classification.

    Parameters
    ----------
    y
        Labels, any shape, NaN where missing.

    Returns
    -------
    str
        ``"classification"`` or ``"regression"``.

    Raises
    ------
    InputError
        If no label is known, or the labels are -1 and 1 (with or without 0), which may be
        classes in another code.

    Examples
    --------
    >>> infer_kind(np.array([0.0, 1.0, np.nan]))
    'classification'
    >>> infer_kind(np.array([0.0, 1.0, 2.5]))
    'regression'
    """
    known = np.unique(y[~np.isnan(y)])
    if known.size == 0:
        raise InputError(
            "The target columns hold no label at all.",
            "Expected numbers; check -t/--target-columns.",
        )
    if np.isin(known, (0.0, 1.0)).all():
        return "classification"
    if np.isin(known, (-1.0, 0.0, 1.0)).all() and known[0] == -1.0 and known[-1] == 1.0:
        codes = ", ".join(f"{value:g}" for value in known)
        raise InputError(
            f"The labels are {codes}: classes, or numbers?",
            "Recode classes as 0 and 1 (empty for unknown), or say --task regression.",
        )
    return "regression"


def count_classes(y: np.ndarray) -> int:
    """Return how many classes numbered labels need, gaps included; two at least.

    Parameters
    ----------
    y
        Class numbers from 0 on, any shape, NaN where missing.

    Examples
    --------
    >>> count_classes(np.array([0.0, 4.0, np.nan]))
    5
    """
    return max(2, int(np.nan_to_num(y, nan=0.0).max(initial=0.0)) + 1)


def other_columns(table: Table, structure_column: str | None = None) -> list[str]:
    """Return the columns but for the structure, and the name in SMILES and SD files."""
    structure_column = structure_column or table.structure_column
    return [
        name
        for index, name in enumerate(table.columns)
        if name != structure_column and index != table.identifier
    ]


def target_columns(
    table: Table, requested: Sequence[str] | None, structure_column: str | None
) -> list[str]:
    """Decide which columns hold the labels.

    Parameters
    ----------
    table
        The opened table.
    requested
        Names as given by the user. The one entry ``"*"`` means every column but the structure
        (and the molecule's name in SMILES and SD files). An entry that is not a column but is
        a comma-separated list of columns is split. None: the only other column that is
        numeric in the first 1000 rows.
    structure_column
        Name of the structure column, None where it is not a column (SD files).

    Returns
    -------
    list of str
        Names of columns of the table, each once, in the order asked for.

    Raises
    ------
    InputError
        If a name is unknown or is the structure column, or if there is not exactly one
        numeric column to choose.
    """
    if structure_column is None:
        structure_column = table.structure_column
    others = other_columns(table, structure_column)
    if not requested:
        return [_only_numeric(table, others)]
    if list(requested) == ["*"]:
        if not others:
            raise InputError(f"{table.path} has no column that could be a target.")
        return list(dict.fromkeys(others))
    names: list[str] = []
    for entry in requested:
        names.extend(_expand(table, entry))
    if structure_column in names:
        raise InputError(
            f"{structure_column!r} is the structure column of {table.path}, it cannot be a target.",
            "Leave it out of -t/--target-columns.",
        )
    return list(dict.fromkeys(names))


def _expand(table: Table, entry: str) -> list[str]:
    if not table.has_column(entry) and "," in entry:
        parts = [part for part in entry.split(",") if part.strip()]
        if parts and any(table.has_column(part) for part in parts):
            return [table.columns[table.column(part)] for part in parts]
    return [table.columns[table.column(entry)]]


def _only_numeric(table: Table, others: list[str]) -> str:
    indices = {name: table.columns.index(name) for name in others}
    known = dict.fromkeys(others, 0)
    for record in islice(table.rows(), _PEEK_ROWS):
        if record.problem is not None:
            continue
        for name in list(known):
            text = record.cells[indices[name]].strip()
            if text.lower() in MISSING:
                continue
            if _number(text) is None:
                del known[name]
            else:
                known[name] += 1
    numeric = [name for name, count in known.items() if count]
    if len(numeric) == 1:
        return numeric[0]
    if numeric:
        message = f"{table.path} has {len(numeric)} numeric columns: {quoted_list(numeric)}."
    else:
        message = (
            f"{table.path} has no numeric column (first {_PEEK_ROWS} rows) beside the structure; "
            f"it has {quoted_list(table.columns)}."
        )
    raise InputError(message, "Name the targets with -t/--target-columns.")


def _number(text: str) -> float | None:
    if _NUMBER.fullmatch(text):
        value = float(text)
        return value if abs(value) <= _LARGEST else None
    return _TRUTH.get(text.lower())


def _advice(text: str) -> str:
    if text[0] in "<>≤≥~=":
        return (
            "is a censored or approximate value: taken as missing. Decide what it shall count "
            "as, and write that number."
        )
    if re.fullmatch(r"[+-]?[\d.]*,[\d.,]*(e[+-]?\d+)?", text, re.ASCII | re.IGNORECASE):
        return "has a comma: taken as missing. Write numbers as 1.5, without separators."
    if text.lower().lstrip("+-") in {"inf", "infinity"} or _NUMBER.fullmatch(text):
        return (
            f"is not finite, or beyond {_LARGEST:g}: taken as missing. Write a finite number in "
            "a fitting unit or leave it empty."
        )
    return "is not a number: taken as missing. Write a number or leave it empty."


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
