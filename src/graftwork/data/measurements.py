"""Long tables of measurements: one line per (molecule, assay), as assay databases give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graftwork.data.sources.table import quoted_list
from graftwork.errors import InputError

ROW_NAMES = ("row", "mol", "molecule", "mol_index")
TASK_NAMES = ("assay", "task", "target", "assay_id")
RELATION = "relation"


@dataclass(frozen=True)
class Measurements:
    """Known labels as triples.

    Parameters
    ----------
    row
        int64 ``[labels]``: 0-based data row of the molecule in the table of molecules.
    task
        int64 ``[labels]``: position in ``names``.
    value
        float64 ``[labels]``.
    names
        The tasks.
    """

    row: npt.NDArray[np.int64]
    task: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    names: list[str]


def read_measurements(path: Path, rows: int, values: Sequence[str] = ()) -> Measurements:
    """Read a long table: a column of row numbers, a column of tasks, columns of values.

    The row number (``row``, ``mol``, ``molecule`` or ``mol_index``) counts the molecules of the
    other table from 0; the task is in ``assay``, ``task``, ``target`` or ``assay_id``. With
    several value columns each of them makes a task of its own, ``ASSAY/COLUMN``. Where there is a
    column ``relation``, numbers other than 0 and 1 count only where it says ``=``: a bound is no
    measurement.

    Parameters
    ----------
    path
        CSV or TSV, may be compressed.
    rows
        How many molecules there are.
    values
        The value columns; default all other numeric ones.

    Raises
    ------
    InputError
        If a column is missing, a row number is none, or a value is not a number.
    """
    try:
        separator = "\t" if ".tsv" in path.name or ".tab" in path.name else ","
        table = pd.read_csv(path, sep=separator, low_memory=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as a table of measurements: {error}.", "Expected CSV or TSV."
        ) from error
    row_column, task_column = _named(path, table, ROW_NAMES), _named(path, table, TASK_NAMES)
    chosen = list(values) or [
        name
        for name in table.select_dtypes("number").columns
        if name not in (row_column, task_column)
    ]
    missing = [name for name in chosen if name not in table.columns]
    if missing or not chosen:
        raise InputError(
            f"{path} has no value column {quoted_list(missing)}.",
            f"The columns are {quoted_list(list(table.columns))}; name values with -t.",
        )
    row = _row_numbers(path, table[row_column], rows)
    task, names = pd.factorize(table[task_column].astype(str))
    exact = table[RELATION].eq("=").to_numpy() if RELATION in table.columns else True
    parts = []
    for position, name in enumerate(chosen):
        value = _numbers(path, table[name])
        known = np.isfinite(value) & (exact | np.isin(value, (0, 1)))
        parts.append((row[known], task[known] + position * len(names), value[known]))
    columns: list[npt.NDArray[Any]] = [np.concatenate(p) for p in zip(*parts, strict=True)]
    all_names = [
        f"{assay}/{name}" if len(chosen) > 1 else str(assay) for name in chosen for assay in names
    ]
    return Measurements(columns[0], columns[1].astype(np.int64), columns[2], all_names)


def _named(path: Path, table: pd.DataFrame, names: Sequence[str]) -> str:
    for name in names:
        if name in table.columns:
            return name
    raise InputError(
        f"{path} has none of the columns {quoted_list(names)}.",
        f"Its columns are {quoted_list(list(table.columns))}; rename one.",
    )


def _row_numbers(path: Path, column: pd.Series[Any], rows: int) -> npt.NDArray[np.int64]:
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    wrong = ~((values >= 0) & (values < rows) & (values == np.floor(values)))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"{path}, data row {first}: {column.name} is {str(column.iloc[first])!r}.",
            f"Expected the 0-based row of one of the {rows} molecules.",
        )
    return values.astype(np.int64)


def _numbers(path: Path, column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    values = pd.to_numeric(column, errors="coerce")
    wrong = values.isna() & column.notna()
    if wrong.any():
        first = int(np.flatnonzero(wrong.to_numpy())[0])
        raise InputError(
            f"{path}, data row {first}: {column.name} is {str(column.iloc[first])!r}.",
            "Expected a number or an empty cell.",
        )
    return values.to_numpy(np.float64)
