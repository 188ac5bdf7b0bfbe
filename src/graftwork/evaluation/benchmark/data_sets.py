"""Which data sets a benchmark runs on: from files, the catalog and suites."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graftwork.data import catalog
from graftwork.data.labels import target_columns
from graftwork.data.networks import is_network, open_network
from graftwork.data.places import file_hash
from graftwork.data.sources import open_table
from graftwork.data.suites import Suite, find_suite
from graftwork.errors import InputError
from graftwork.evaluation.benchmark.data_spec import DataSpec, Reading


def data_specs(
    names: Sequence[str], suite: str | None = None, reading: Reading | None = None
) -> list[DataSpec]:
    """Find data sets by path or catalog name, and decide how each is read and split.

    Parameters
    ----------
    names
        Files, or names of the catalog; of a suite, which of its sets: none means all.
    suite
        A suite, which brings its split along.
    reading
        Columns and task of the files; the catalog knows its own.

    Raises
    ------
    InputError
        If a name is unknown or not of the suite, a file is not here or cannot be read, two have
        one name, or molecules and networks are mixed.
    """
    reading = reading or Reading()
    if suite is not None:
        known = find_suite(suite)
        found = [_from_catalog(name, reading, known) for name in _of_suite(known, names)]
    else:
        found = [
            _spec(_stem(Path(name)), Path(name), reading)
            if Path(name).is_file()
            else _from_catalog(name, reading, None)
            for name in names
        ]
    if not found:
        raise InputError("No data set is given.", "Give --suite or --datasets.")
    by_name: dict[str, DataSpec] = {}
    for spec in found:
        if by_name.setdefault(spec.name, spec) != spec:
            raise InputError(
                f"Two data sets are called {spec.name!r}: {by_name[spec.name].path} and "
                f"{spec.path}.",
                "Rename a file.",
            )
    if len({spec.network for spec in found}) > 1:
        raise InputError(
            "Tables of molecules and networks do not go into one benchmark: no model reads both.",
            "Make two benchmarks.",
        )
    return list(by_name.values())


def _of_suite(suite: Suite, names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if catalog.fold(name) not in suite.datasets:
            raise InputError(
                f"{name} is not in the suite {suite.name}.",
                f"It holds {', '.join(suite.datasets)}. For others leave out --suite; the same -o "
                "puts them beside it.",
            )
    return names or suite.datasets


def _from_catalog(name: str, reading: Reading, suite: Suite | None) -> DataSpec:
    if Path(name).suffix and catalog.fold(name) not in catalog.CATALOG:
        raise InputError(f"{name} does not exist.", "Give a file, or a name of the catalog.")
    entry = catalog.find(name)
    path = catalog.locate(name)
    if entry.task not in ("classification", "regression") and not is_network(path):
        raise InputError(
            f"{entry.name} has no labels to predict: it is good for {entry.task}.",
            "graftwork datasets list shows all.",
        )
    split = reading.split
    if split == "auto" and suite is not None and not entry.splits_column:
        split = suite.split
    sizes = reading.split_sizes or (suite.split_sizes if suite else None)
    groups = reading.test_groups or (suite.test_groups if suite else ())
    return _spec(
        entry.name,
        path,
        Reading(
            entry.smiles_column or None,
            _targets(entry, reading),
            "auto" if is_network(path) else entry.task,
            entry.splits_column or None,
            split,
            sizes,
            groups,
        ),
    )


def _targets(entry: catalog.Dataset, reading: Reading) -> tuple[str, ...] | None:
    """Return what the catalog says, or for a network the list that lies beside it, if any."""
    tasks = f"{entry.name}-tasks"
    if entry.targets or entry.task != "network":
        return entry.targets or None
    if reading.targets is None and tasks in catalog.CATALOG:
        return (str(catalog.locate(tasks)),)
    return reading.targets


def _spec(name: str, path: Path, reading: Reading) -> DataSpec:
    split = reading.split
    rows, targets = _rows_and_targets(path, reading)
    if split == "auto" and not is_network(path):
        split = "column" if reading.splits_column else "scaffold"
    if split == "column" and reading.splits_column is None:
        raise InputError(
            f"{path} has no known column that gives its split.", "Name it with --splits-column."
        )
    return DataSpec(
        name=name,
        path=str(path.resolve()),
        sha256=file_hash(path),
        rows=rows,
        smiles_column=reading.smiles_column,
        targets=targets,
        task=reading.task,
        splits_column=reading.splits_column if split == "column" else None,
        split=split,
        split_sizes=reading.split_sizes or DataSpec.split_sizes,
        test_groups=reading.test_groups if split == "group" else (),
    )


def _stem(path: Path) -> str:
    """Return the file's name without what says its format."""
    name = path.name.removesuffix(".gz")
    return name.rsplit(".", 1)[0] or name


def _rows_and_targets(path: Path, reading: Reading) -> tuple[int, tuple[str, ...] | None]:
    """Count the data rows; what cannot be read is refused here, before anything is trained.

    The labels of a network may be named by a file: its content counts, not its place.
    """
    if not is_network(path):
        if reading.split in ("group", "public"):
            raise InputError(
                f"{path} is a table of molecules: the split {reading.split} is for networks.",
                "Choose scaffold, random or column.",
            )
        table = open_table(path, reading.smiles_column)
        target_columns(table, reading.targets, table.structure_column)
        rows = sum(1 for _ in table.rows())
        if not rows:
            raise InputError(f"{path} has no data row.", "Expected molecules in it.")
        return rows, reading.targets
    network = open_network(path, reading.targets)
    unknown = sorted({*reading.test_groups} - {*network.group})
    if reading.split == "group" and unknown:
        raise InputError(
            f"{path} has no group {unknown[0]!r}.",
            f"Known: {', '.join(sorted({*network.group} - {''}))[:300]}.",
        )
    if not network.tasks:
        raise InputError(f"{path}: no label is chosen.", "Name some with -t/--target-columns.")
    return network.num_nodes, network.tasks if reading.targets else None
