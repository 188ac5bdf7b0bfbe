"""The packed store: a directory of flat memory-mapped columns, or the same in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graftwork.data.columns import Array, Column, NarrowColumn, RowNumbers, map_column
from graftwork.data.sparse_labels import SparseLabels
from graftwork.data.targets import ComputedTargets
from graftwork.errors import InputError
from graftwork.graph.indexed import indexed_rows
from graftwork.graph.pack import PackedGraphs, concatenate
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.tasks import TaskSet

FORMAT = 2
LABELS = "labels.safetensors"
_REPEATED = {"node_cat", "edge_cat"}
_ROWS = ".rows"
_TARGETS = "targets."


@dataclass(frozen=True)
class GraphStore:
    """Packed graphs with their schema and the input row each came from.

    Parameters
    ----------
    schema
        What the columns mean.
    graphs
        The packed arrays; memory maps when the store was opened from a directory.
    row
        int64 ``[num_graphs]``: 0-based data row of the source table.
    labels
        The graphs' labels, if the corpus has any.
    targets
        What was computed from the graphs for objectives to predict, by name.
    """

    schema: FeatureSchema
    graphs: PackedGraphs
    row: npt.NDArray[np.int64]
    labels: SparseLabels | None = None
    targets: Mapping[str, ComputedTargets] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of graphs."""
        return self.graphs.num_graphs

    @classmethod
    def open(cls, folder: Path) -> GraphStore:
        """Map a store that :class:`StoreWriter` finished. Opens instantly, whatever its size."""
        try:
            meta = json.loads((folder / "store.json").read_text())
            _check_format(meta["format"])
            schema = FeatureSchema.from_dict(json.loads((folder / "schema.json").read_text()))
            columns = {
                name: map_column(folder / f"{name}.bin", np.dtype(dtype), tuple(shape))
                for name, (dtype, shape) in meta["columns"].items()
            }
            row = columns.pop("row")
            targets = {
                name: ComputedTargets(TaskSet.from_dict(tasks), columns.pop(_TARGETS + name))
                for name, tasks in meta.get("targets", {}).items()
            }
            for name in _REPEATED & {key.removesuffix(_ROWS) for key in columns if _ROWS in key}:
                columns[name] = indexed_rows(np.array(columns.pop(name + _ROWS)), columns[name])
            labels = folder / LABELS
            known = SparseLabels.open(labels) if labels.is_file() else None
            store = cls(schema, PackedGraphs(**columns), row, known, targets)
            store._check_shapes()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{folder} is not a complete graph store: {error}.", "Build it again."
            ) from error
        return store

    @classmethod
    def from_parts(
        cls, schema: FeatureSchema, parts: list[tuple[list[int], PackedGraphs]]
    ) -> GraphStore:
        """Join ``(rows, packed graphs)`` pairs in memory."""
        rows = [row for rows, _ in parts for row in rows]
        packed = concatenate([graphs for _, graphs in parts], schema)
        return cls(schema, packed, np.array(rows, np.int64))

    def _check_shapes(self) -> None:
        """Raise ``ValueError`` unless the columns belong together; reads two numbers only."""
        graphs, schema = self.graphs, self.schema
        count, nodes, edges = len(self), int(graphs.node_ptr[-1]), int(graphs.edge_ptr[-1])
        expected: dict[str, tuple[int, ...]] = {
            "edge_ptr": (count + 1,),
            "node_cat": (nodes, len(schema.node_cat)),
            "node_x": (nodes, len(schema.node_x)),
            "edge_index": (edges, 2),
            "edge_cat": (edges, len(schema.edge_cat)),
            "edge_x": (edges, len(schema.edge_x)),
            "root": (count,),
            "row": (count,),
        }
        for name, values in {**graphs.arrays(), "row": self.row}.items():
            if values.shape != expected.get(name, values.shape):
                raise ValueError(f"{name} has shape {values.shape}, not {expected[name]}")
        if self.labels is not None and len(self.labels) != count:
            raise ValueError(f"it has labels for {len(self.labels)} of {count} graphs")
        for name, targets in self.targets.items():
            if len(targets) != count:
                raise ValueError(f"it has {name} of {len(targets)} of {count} graphs")


class StoreWriter:
    """Append packed graphs to a new store directory, then :meth:`finish` it.

    Ends of edges take as few bytes as the largest graph allows; categorical rows are written as
    numbers of distinct rows, which lie in files of their own.

    Parameters
    ----------
    folder
        Is made.
    schema
        Of the graphs.
    targets
        What is computed from each graph: names of columns by name.
    """

    def __init__(
        self,
        folder: Path,
        schema: FeatureSchema,
        targets: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("store.json", LABELS):  # of an earlier store
            (folder / name).unlink(missing_ok=True)
        self._folder = folder
        self._schema = schema
        self._targets = targets or {}
        self._columns: dict[str, Column] = {}
        self._distinct: dict[str, RowNumbers] = {}
        self._totals = {"node_ptr": 0, "edge_ptr": 0}

    def append(
        self, rows: list[int], graphs: PackedGraphs, targets: Mapping[str, Array] | None = None
    ) -> None:
        """Add graphs that came from these source rows, with the compact rows of their targets."""
        columns = {**graphs.arrays(), "row": np.array(rows, np.int64)}
        for name in ("node_ptr", "edge_ptr"):
            shifted = columns[name] + self._totals[name]
            self._totals[name] = int(shifted[-1])
            columns[name] = shifted if name not in self._columns else shifted[1:]
        for name in _REPEATED:
            if columns[name].shape[1]:
                distinct = self._distinct.setdefault(name, RowNumbers())
                columns[name] = distinct.number(columns[name].astype(self._schema.id_dtype))
        columns |= {_TARGETS + name: values for name, values in (targets or {}).items()}
        for name, values in columns.items():
            narrow = name == "edge_index" or name in self._distinct
            self._column(name, NarrowColumn if narrow else Column).append(values)

    def finish(self) -> GraphStore:
        """Write the description last, so that a half-written store never opens."""
        if not self._columns:
            self.append([], concatenate([], self._schema))
        for name, distinct in self._distinct.items():
            self._column(name + _ROWS, Column).append(distinct.rows(self._schema.id_dtype))
        for column in self._columns.values():
            column.close()
        (self._folder / "schema.json").write_text(json.dumps(self._schema.to_dict(), indent=1))
        described = {name: column.describe() for name, column in self._columns.items()}
        meta: dict[str, Any] = {"format": FORMAT, "columns": described}
        if targets := self._describe_targets():
            meta["targets"] = targets
        (self._folder / "store.json").write_text(json.dumps(meta, indent=1))
        return GraphStore.open(self._folder)

    def _describe_targets(self) -> dict[str, Any]:
        """Say what was computed, with the scales of the columns; reads some rows of them."""
        found = {name: self._columns.get(_TARGETS + name) for name in self._targets}
        return {
            name: ComputedTargets.of(self._targets[name], column.map()).tasks.to_dict()
            for name, column in found.items()
            if column is not None
        }

    def _column(self, name: str, kind: type[Column]) -> Column:
        if name not in self._columns:
            self._columns[name] = kind(self._folder / f"{name}.bin")
        return self._columns[name]


def _check_format(found: object) -> None:
    if found != FORMAT:
        raise ValueError(f"it has format {found}, not {FORMAT}")
