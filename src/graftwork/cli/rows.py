"""One row out per row in."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from graftwork import console
from graftwork.data.networks import Network, NetworkTable, is_network
from graftwork.data.places import make_folder, require_distinct
from graftwork.data.record import Record
from graftwork.data.sources import Table, open_table
from graftwork.data.writers import TableWriter
from graftwork.errors import InputError
from graftwork.graph.schema import FeatureSchema
from graftwork.inference import Model, RowResult


def write_rows(
    source: Path,
    smiles_column: str | None,
    output: Path,
    added: Sequence[str],
    schema: FeatureSchema,
    compute: Callable[[Iterable[Record], Network | None], Iterator[RowResult]],
) -> None:
    """Stream a table or a network through a model; write it with added columns and status.

    An input column that bears the name of an added one is kept under ``<name>_input``.

    Raises
    ------
    InputError
        If no row was usable; the table of reasons is written all the same.
    """
    require_distinct(output, source)
    table = _open(source, smiles_column, schema)
    new = [*added, "status", "reason"]
    columns = [f"{name}_input" if name in new else name for name in table.columns]
    tally = _Tally(source, output)
    results = compute(table.rows(), _network(table))
    with (
        TableWriter(output, [*columns, *new]) as writer,
        console.progress("Rows", None) as update,
    ):
        for count, row in enumerate(map(tally.count, results), start=1):
            values = [None] * len(added) if row.values is None else row.values
            writer.write([*row.record.cells, *values, row.status, row.reason])
            update(count)
    tally.report(table.warnings)


def write_vectors(source: Path, smiles_column: str | None, output: Path, model: Model) -> None:
    """Write float32 ``[rows, width]`` as ``.npy``, NaN for rejected rows; whole or not at all."""
    table = _open(source, smiles_column, model.encoder.schema)
    results = model.embed_records(table.rows(), network=_network(table))
    make_folder(output.parent)
    if output.is_dir():
        raise InputError(f"{output} is a folder.", "Give the name of a file.")
    temporary = output.with_name(f".{output.name}.{uuid.uuid4().hex}.tmp")
    try:
        file = temporary.open("xb")
    except OSError as error:
        raise InputError(
            f"{output}: cannot write here ({error.strerror}).", "Choose another place."
        ) from error
    dim = model.width
    tally = _Tally(source, output)
    try:
        with file:
            _write_header(file, (0, dim))
            missing = np.full(dim, np.nan, np.float32)
            count = 0
            for row in map(tally.count, results):
                file.write((missing if row.values is None else row.values).tobytes())
                count += 1
            file.seek(0)
            _write_header(file, (count, dim))
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)
    tally.report(table.warnings)


def _write_header(file: IO[bytes], shape: tuple[int, int]) -> None:
    """Write the header of a float32 ``.npy``; numpy leaves room in it for any number of rows."""
    values = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.float32)), "fortran_order": False}
    np.lib.format.write_array_header_1_0(file, {**values, "shape": shape})


def write_nodes(
    source: Path, smiles_column: str | None, output: Path, names: Sequence[str], model: Model
) -> None:
    """Write a table with one row per atom: ``row, atom`` and the embedding."""
    require_distinct(output, source)
    table = _open(source, smiles_column, model.encoder.schema)
    results = model.embed_records(table.rows(), "node", _network(table))
    tally = _Tally(source, output)
    with TableWriter(output, ["row", "atom", *names]) as writer:
        for row in map(tally.count, results):
            for atom, values in enumerate([] if row.values is None else row.values):
                writer.write([row.record.row, atom, *values.tolist()])
    tally.report(table.warnings)


def _open(source: Path, smiles_column: str | None, schema: FeatureSchema) -> Table | NetworkTable:
    if not is_network(source):
        return open_table(source, smiles_column)
    if smiles_column is not None:
        raise InputError(f"{source} is a network; it has no column of SMILES.")
    return NetworkTable(source, schema)


def _network(table: Table | NetworkTable) -> Network | None:
    return table.network if isinstance(table, NetworkTable) else None


class _Tally:
    """Counts what came of the rows, and says so in the end."""

    def __init__(self, source: Path, output: Path) -> None:
        self._source, self._output = source, output
        self._good = 0
        self._reasons: Counter[str] = Counter()

    def count(self, row: RowResult) -> RowResult:
        if row.values is None:
            self._reasons[row.reason] += 1
        else:
            self._good += 1
        return row

    def report(self, warnings: Sequence[str]) -> None:
        """Say what happened; raise :class:`InputError` if no row was usable."""
        for warning in warnings:
            console.say(f"Warning: {warning}")
        rejected = self._reasons.total()
        if self._good == 0:
            frequent = "; ".join(f"{reason} ({n})" for reason, n in self._reasons.most_common(3))
            raise InputError(
                f"{self._source} has no usable molecule among {rejected} rows"
                + (f": {frequent}." if frequent else "."),
                "Check the file and -s/--smiles-column.",
            )
        console.say(f"{self._good} rows done, {rejected} rejected; written to {self._output}")
