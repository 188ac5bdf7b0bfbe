"""The rows of a corpus on their way into a store, and the labels noted on the way."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from graftwork.data.labels import other_columns, parse_labels, target_columns
from graftwork.data.measurements import read_measurements
from graftwork.data.record import Record
from graftwork.data.sources import Table, open_table
from graftwork.data.sparse_labels import SparseLabels
from graftwork.data.store import GraphStore

if TYPE_CHECKING:
    from graftwork.data.corpus import Corpus


class LabelledRows:
    """Rows of one table after another, numbered throughout; labels are kept as triples.

    Iterate it once; then :meth:`of_graphs` knows the labels of the graphs that came of the rows.
    Tasks of the same name in two tables are one task. Cells that are no numbers count as missing.
    Beside a long table of measurements, further tables bring all the label columns that they have.

    Parameters
    ----------
    corpus
        Says which tables, which labels, and whether rows without any are of use.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._tables = [
            open_table(path, corpus.smiles_column if path == corpus.path else None)
            for path in (corpus.path, *corpus.also)
        ]
        self._row, self._task, self._value = array("q"), array("q"), array("d")
        self._names: dict[str, int] = {}

    def __iter__(self) -> Iterator[Record]:
        """Yield the rows; one that is of no use without a label is marked."""
        measured = self._measured()
        offset = 0
        limit = self._corpus.limit
        for table in self._tables:
            names = self._targets(table)
            positions = [table.column(name) for name in names]
            row = -1
            for record in table.rows():
                row = record.row
                if limit is not None and row >= limit:
                    if table is self._tables[-1]:
                        break
                    continue  # later tables are numbered from the end of this one
                numbered = replace(record, row=offset + row) if offset else record
                known = self._note(numbered, names, positions) or numbered.row in measured
                yield self._judged(numbered, known=known)
            offset += row + 1

    def of_graphs(self, store: GraphStore) -> SparseLabels:
        """Return the labels of a store's graphs.

        Raises
        ------
        InputError
            If no task has enough of them.
        """
        rows = np.array(self._row, np.int64)
        count = max(rows.max(initial=-1), store.row.max(initial=-1)) + 1
        graph_of_row = np.full(count, -1, np.int64)
        graph_of_row[store.row] = np.arange(len(store))
        graphs = graph_of_row[rows]
        used = graphs >= 0
        return SparseLabels.from_triples(
            graphs[used],
            np.array(self._task, np.int64)[used],
            np.array(self._value, np.float64)[used],
            len(store),
            list(self._names),
            self._corpus.min_labels,
        )

    def _measured(self) -> set[int]:
        """Note the labels of the long table, and return the rows that have any."""
        if self._corpus.measurements is None:
            return set()
        rows = sum(sum(1 for _ in table.rows()) for table in self._tables)
        found = read_measurements(self._corpus.measurements, rows, self._corpus.targets)
        self._names = {name: task for task, name in enumerate(found.names)}
        self._row.extend(found.row.tolist())
        self._task.extend(found.task.tolist())
        self._value.extend(found.value.tolist())
        return set(found.row.tolist())

    def _targets(self, table: Table) -> list[str]:
        """Return a table's own label columns; beside a long table all that a further one has."""
        if self._corpus.measurements is None:
            wanted = self._corpus.targets
        else:
            wanted = () if table is self._tables[0] or not other_columns(table) else ("*",)
        names = target_columns(table, wanted, table.structure_column) if wanted else []
        for name in names:
            self._names.setdefault(name, len(self._names))
        return names

    def _note(self, record: Record, names: list[str], positions: list[int]) -> bool:
        values, _ = parse_labels([record.cells[i] for i in positions], names)
        known = [(name, v) for name, v in zip(names, values, strict=True) if not np.isnan(v)]
        self._row.extend([record.row] * len(known))
        self._task.extend(self._names[name] for name, _ in known)
        self._value.extend(value for _, value in known)
        return bool(known)

    def _judged(self, record: Record, *, known: bool) -> Record:
        if known or not (self._corpus.labelled_only and self._corpus.labelled):
            return record
        return replace(record, problem=record.problem or "no label")
