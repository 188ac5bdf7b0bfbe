"""One row out per row in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from graftwork import console
from graftwork.data.record import Record
from graftwork.data.sources import open_table
from graftwork.data.writers import TableWriter
from graftwork.errors import InputError
from graftwork.inference import RowResult


def write_rows(
    source: Path,
    smiles_column: str | None,
    output: Path,
    added: Sequence[str],
    compute: Callable[[Iterable[Record]], Iterator[RowResult]],
) -> None:
    """Stream a table through a model and write it with added columns, status and reason.

    An input column that bears the name of an added one is kept under ``<name>_input``.

    Raises
    ------
    InputError
        If no row was usable; the table of reasons is written all the same.
    """
    table = open_table(source, smiles_column)
    new = [*added, "status", "reason"]
    columns = [f"{name}_input" if name in new else name for name in table.columns]
    reasons: Counter[str] = Counter()
    good = 0
    with (
        TableWriter(output, [*columns, *new]) as writer,
        console.progress("Molecules", None) as update,
    ):
        for count, row in enumerate(compute(table.rows()), start=1):
            if row.values is None:
                reasons[row.reason] += 1
                values: list[float | None] = [None] * len(added)
            else:
                good += 1
                values = list(row.values)
            writer.write([*row.record.cells, *values, row.status, row.reason])
            update(count)
    for warning in table.warnings:
        console.say(f"Warning: {warning}")
    report_outcome(source, output, good, reasons)


def report_outcome(source: Path, output: Path, good: int, reasons: Counter[str]) -> None:
    """Say what happened; raise :class:`InputError` if no row was usable."""
    rejected = reasons.total()
    if good == 0:
        frequent = "; ".join(f"{reason} ({n})" for reason, n in reasons.most_common(3))
        raise InputError(
            f"{source} has no usable molecule among {rejected} rows"
            + (f": {frequent}." if frequent else "."),
            "Check the file and -s/--smiles-column.",
        )
    console.say(f"{good} rows done, {rejected} rejected; written to {output}")
