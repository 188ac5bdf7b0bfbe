"""A table or a network with labels, ready for fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graftwork.data.build import Progress, build_store
from graftwork.data.isolate import shared_pool
from graftwork.data.labels import parse_labels, target_columns
from graftwork.data.networks import (
    Network,
    is_network,
    network_store,
    node_record,
    open_network,
    require_molecules,
)
from graftwork.data.record import Record, Reject
from graftwork.data.sources import open_table
from graftwork.data.sources.table import quoted_list
from graftwork.data.splits import Split, SplitRequest, make_split
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from graftwork.graph.schema import FeatureSchema


@dataclass(frozen=True)
class LabelledData:
    """Usable rows (molecules, or nodes of a network) with their labels, and those not usable.

    Parameters
    ----------
    records
        The usable rows, in the order of the store; the structure of a node is its name.
    store
        Their graphs; a node's is its ego network.
    y
        float64 ``[rows, tasks]``, NaN where a label is missing.
    tasks
        Names of the target columns.
    rejects
        Rows left out (status ``rejected``) and cells ignored (status ``warning``).
    total
        Number of data rows in the input.
    split_cells
        Cells of the splits column, if one was asked for.
    warnings
        What is odd about the input as a whole.
    network
        The network whose nodes the rows are, or None for molecules.
    """

    records: list[Record]
    store: GraphStore
    y: npt.NDArray[np.float64]
    tasks: tuple[str, ...]
    rejects: list[Reject]
    total: int
    split_cells: list[str]
    warnings: list[str]
    network: Network | None = None

    @property
    def structures(self) -> list[str]:
        """The text of every usable structure."""
        return [record.structure for record in self.records]

    def shared_molecules(self, split: Split) -> int:
        """Count test molecules that training also holds, but for salt, charge or stereo."""
        if self.network is not None:
            return 0
        found = shared_pool().collect("identity", self.store.schema, self.structures)
        parents = [None if identity is None else identity["parent"] for identity in found]
        trained = {parents[i] for i in split.train} - {None}
        return sum(parents[i] in trained for i in split.test)

    def split(
        self,
        name: str,
        sizes: tuple[float, float, float],
        seed: int,
        test_groups: Sequence[str] = (),
    ) -> Split:
        """Split the usable rows; scaffolds are computed in the worker processes.

        ``auto`` is the scaffold split for molecules, and for a network the split that its file
        gives, or else a random one.
        """
        public, groups = self._of_nodes("split"), self._of_nodes("group")
        if name == "auto":
            name = "scaffold" if self.network is None else "public" if any(public) else "random"
        scaffolds: list[str] = []
        if "scaffold" in name:
            if self.network is not None:
                raise InputError(
                    "The nodes of a network have no scaffold.",
                    "Choose --split public, random or group.",
                )
            scaffolds = self.scaffolds()
        rows = self.store.row.tolist()
        request = SplitRequest(
            len(rows),
            sizes,
            seed,
            scaffolds=scaffolds,
            column=self.split_cells,
            public=public,
            groups=groups,
            test_groups=test_groups,
            rows=rows,
        )
        return make_split(name, request)

    def scaffolds(self) -> list[str]:
        """Return the scaffold of every usable molecule, computed in the worker processes.

        One whose scaffold cannot be computed stands alone, under its own text.
        """
        found = shared_pool().collect("scaffold", self.store.schema, self.structures)
        return [
            text if scaffold is None else scaffold
            for scaffold, text in zip(found, self.structures, strict=True)
        ]

    def _of_nodes(self, name: str) -> list[str]:
        if self.network is None:
            return []
        values: list[str] = getattr(self.network, name)
        return [values[row] for row in self.store.row]


def load_labelled(
    path: Path,
    schema: FeatureSchema,
    *,
    smiles_column: str | None = None,
    targets: Sequence[str] | None = None,
    splits_column: str | None = None,
    progress: Progress = lambda _count: None,
) -> LabelledData:
    """Read a table, or a network, and turn every usable, labelled row into a graph.

    Raises
    ------
    InputError
        If a column is missing, no row is usable, or the schema is for other data.
    """
    if is_network(path):
        if smiles_column is not None or splits_column is not None:
            raise InputError(
                f"{path} is a network; it has no column of SMILES or of splits.",
                "Leave out --smiles-column and --splits-column; see --split.",
            )
        return _labelled_nodes(path, schema, targets)
    require_molecules(schema, path)
    table = open_table(path, smiles_column)
    tasks = [
        task
        for task in target_columns(table, targets, table.structure_column)
        if task != splits_column
    ]
    positions = [table.column(task) for task in tasks]
    split_position = None if splits_column is None else table.column(splits_column)
    records: list[Record] = []
    labels: dict[int, list[float]] = {}
    rejects: list[Reject] = []
    for record in table.rows():
        values, problems = parse_labels([record.cells[i] for i in positions], tasks)
        labels[record.row] = values
        reason = record.problem
        if reason is None and np.isnan(values).all():
            reason = "; ".join(problems) or "no label"
        elif problems:
            text = "; ".join(problems)
            rejects.append(Reject(record.row, record.line, record.structure[:200], text, "warning"))
        records.append(replace(record, problem=reason))
    build = build_store(records, schema, progress=progress)
    if len(build.store) == 0:
        reasons = sorted({reject.reason for reject in build.rejects})[:3]
        raise InputError(
            f"{path}: none of {len(records)} rows is a usable molecule with a label"
            + (f" ({'; '.join(reasons)})." if reasons else "."),
            "Check -s/--smiles-column and -t/--target-columns, or run graftwork check-data.",
        )
    by_row = {record.row: record for record in records}
    usable = [by_row[row] for row in build.store.row.tolist()]
    used = {record.row for record in usable}
    warned = [warning for warning in rejects if warning.row in used]
    y = np.array([labels[record.row] for record in usable], np.float64)
    known = [i for i in range(len(tasks)) if not np.isnan(y[:, i]).all()]
    unlabelled = [task for i, task in enumerate(tasks) if i not in known]
    warnings = list(table.warnings)
    if unlabelled:
        warnings.append(
            f"{path}: no usable label in {quoted_list(unlabelled)}: left out of the targets."
        )
    return LabelledData(
        records=usable,
        store=build.store,
        y=y[:, known],
        tasks=tuple(tasks[i] for i in known),
        rejects=sorted([*warned, *build.rejects], key=lambda reject: reject.row),
        total=len(records),
        split_cells=[] if split_position is None else [r.cells[split_position] for r in usable],
        warnings=warnings,
    )


def _labelled_nodes(
    path: Path, schema: FeatureSchema, targets: Sequence[str] | None
) -> LabelledData:
    network = open_network(path, targets, schema=schema)
    labelled = ~np.isnan(network.y).all(1)
    if not labelled.any():
        raise InputError(f"{path}: no node has a label.", "Check -t/--target-columns.")
    store = network_store(network, schema, np.flatnonzero(labelled))
    known = np.flatnonzero(~np.isnan(network.y).all(0))
    left_out = [task for i, task in enumerate(network.tasks) if i not in known]
    warnings = [f"{path}: no label in {quoted_list(left_out)}: left out."] if left_out else []
    return LabelledData(
        records=[node_record(network, row) for row in store.row.tolist()],
        store=store,
        y=network.y[labelled][:, known].astype(np.float64),
        tasks=tuple(network.tasks[i] for i in known),
        rejects=[
            Reject(row, row + 1, network.names[row], "no label")
            for row in np.flatnonzero(~labelled).tolist()
        ],
        total=network.num_nodes,
        split_cells=[],
        warnings=warnings,
        network=network,
    )
