"""Rows as they were found in the input, and rows that were marked on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graftwork.data.writers import TableWriter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Record:
    """One row of an input, exactly as found.

    Parameters
    ----------
    row
        0-based index among the data rows (the header is not a row).
    line
        1-based line in the file where the row starts, for messages. For Parquet, which has
        no lines, the 1-based number of the record.
    structure
        A SMILES text, or an SDF mol block through ``M  END``. May be empty.
    cells
        All cells as text, one per column of the table.
    problem
        Why the row cannot be used (ragged row, broken record), else None.
    """

    row: int
    line: int
    structure: str
    cells: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A marked row of the rejects table.

    Parameters
    ----------
    row, line
        Where the row is, as in `Record`.
    value
        The structure or cell that was the reason.
    reason
        What is wrong with it, in words.
    status
        ``"rejected"`` when the row was not used, ``"warning"`` when it was.
    """

    row: int
    line: int
    value: str
    reason: str
    status: str = "rejected"


def write_rejects(path: str | Path, rejects: Iterable[Reject]) -> None:
    """Write the rejects table: ``row, line, status, value, reason``.

    Parameters
    ----------
    path
        A file that ends in ``.csv``. Missing folders are created; an existing file is
        replaced in one step.
    rejects
        The marked rows, in the order in which they shall appear.

    Raises
    ------
    InputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> write_rejects(folder / "rejects.csv", [Reject(3, 5, "C1C", "ring 1 is not closed")])
    >>> print((folder / "rejects.csv").read_text().strip())
    row,line,status,value,reason
    3,5,rejected,C1C,ring 1 is not closed
    """
    with TableWriter(path, ["row", "line", "status", "value", "reason"]) as table:
        for reject in rejects:
            table.write(
                [str(reject.row), str(reject.line), reject.status, reject.value, reject.reason]
            )
