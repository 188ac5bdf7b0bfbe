"""What is wrong with a table: one finding per row and problem."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from graftwork.data.featurize import SCHEMAS
from graftwork.data.isolate import shared_pool
from graftwork.data.labels import parse_labels, target_columns
from graftwork.data.membership import Membership
from graftwork.data.overlap import Overlap, overlap
from graftwork.data.record import Record
from graftwork.data.sources import open_table

KINDS = {
    "unusable": "rows whose structure cannot become a graph",
    "label": "label cells that are not numbers",
    "no label": "rows without any label",
    "mixture": "salts and mixtures; --standardize keeps the largest fragment",
    "charged": "molecules with a net charge; --standardize neutralises what it can",
    "duplicate": "the same molecule again",
    "conflict": "the same molecule with different labels",
    "variant": "the same molecule but for salt, charge or stereo",
    "in corpus": "the model has seen the molecule, but for salt, charge or stereo",
    "in labelled corpus": "the model has seen it with labels",
    "scaffold in corpus": "the model has seen molecules of the same scaffold",
}


@dataclass(frozen=True)
class Finding:
    """One problem of one row."""

    row: int
    line: int
    kind: str
    value: str
    detail: str


@dataclass(frozen=True)
class Check:
    """The findings of a table, with the number of rows and of usable rows.

    Parameters
    ----------
    overlap
        What it shares with the corpus of a model, if one was given.
    """

    rows: int
    usable: int
    findings: list[Finding]
    warnings: list[str]
    overlap: Overlap | None = None

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each kind, in the order of ``KINDS``."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind: found[kind] for kind in KINDS if found[kind]}


def check_table(
    path: Path,
    smiles_column: str | None = None,
    targets: Sequence[str] | None = None,
    against: Membership | None = None,
) -> Check:
    """Look for everything that would spoil training or mislead a test.

    Parameters
    ----------
    path, smiles_column, targets
        The table, its structure column and its label columns.
    against
        Record of the molecules that a model was trained on, to look for in the table.

    Raises
    ------
    InputError
        If the file or a column does not exist.
    """
    table = open_table(path, smiles_column)
    tasks = target_columns(table, targets, table.structure_column) if targets else []
    positions = [table.column(task) for task in tasks]
    findings: list[Finding] = []
    labels: dict[int, list[float]] = {}
    records = list(table.rows())
    for record in records:
        if record.problem is not None:
            findings.append(_finding(record, "unusable", record.problem))
        values, problems = parse_labels([record.cells[i] for i in positions], tasks)
        labels[record.row] = values
        findings += [_finding(record, "label", problem) for problem in problems]
        if tasks and np.isnan(values).all():
            findings.append(_finding(record, "no label", "every target is missing"))
    readable = [record for record in records if record.problem is None]
    identities: list[tuple[Record, dict[str, Any]]] = []
    for chunk in shared_pool().map(
        "identity", SCHEMAS["default"], (record.structure for record in readable)
    ):
        findings += [_finding(readable[i], "unusable", reason) for i, reason in chunk.failed]
        for found, results in chunk.parts:
            identities += [(readable[i], r) for i, r in zip(found, results, strict=True)]
    findings += _chemistry(identities)
    findings += _repeats(identities, labels, tasks)
    shared = None
    if against is not None:
        shared = overlap([record.structure for record in readable], None, against)
        findings += _seen(readable, shared)
    findings.sort(key=lambda finding: finding.row)
    return Check(len(records), len(identities), findings, list(table.warnings), shared)


def _finding(record: Record, kind: str, detail: str) -> Finding:
    return Finding(record.row, record.line, kind, record.structure[:200], detail)


def _chemistry(identities: list[tuple[Record, dict[str, Any]]]) -> Iterator[Finding]:
    for record, identity in identities:
        if identity["fragments"] > 1:
            yield _finding(record, "mixture", f"{identity['fragments']} fragments")
        if identity["charge"]:
            yield _finding(record, "charged", f"net charge {identity['charge']:+d}")


def _seen(readable: list[Record], shared: Overlap) -> Iterator[Finding]:
    for kind, flags, detail in (
        ("in corpus", shared.in_corpus, "the same molecule was in the corpus"),
        ("in labelled corpus", shared.in_labelled_corpus, "it came with a label there"),
        ("scaffold in corpus", shared.scaffold_in_corpus, "its scaffold was in the corpus"),
    ):
        for position in np.flatnonzero(flags):
            yield _finding(readable[position], kind, detail)


def _repeats(
    identities: list[tuple[Record, dict[str, Any]]],
    labels: dict[int, list[float]],
    tasks: Sequence[str],
) -> Iterator[Finding]:
    """Compare every molecule with the first of its kind, its labels with the first known ones."""
    first: dict[str, Record] = {}
    first_label: dict[tuple[str, str], tuple[float, int]] = {}
    parents: defaultdict[str, dict[str, Record]] = defaultdict(dict)
    for record, identity in identities:
        name = identity["canonical"]
        earlier = first.setdefault(name, record)
        known = parents[identity["parent"]]
        if earlier is not record:
            yield _finding(record, "duplicate", f"same molecule as row {earlier.row}")
        elif known:
            other = next(iter(known.values()))
            yield _finding(record, "variant", f"differs from row {other.row} in salt or stereo")
        known[name] = earlier
        for task, new in zip(tasks, labels[record.row], strict=True):
            if not np.isnan(new):
                old, row = first_label.setdefault((name, task), (new, record.row))
                if old != new:
                    yield _finding(record, "conflict", f"{task}: {new:g}, but {old:g} in row {row}")
