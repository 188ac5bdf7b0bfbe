"""A data set read, featurised and split once, for all the cells that use it."""

from __future__ import annotations

import json
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graftwork.config import Kind
from graftwork.data.digests import molecule_digests
from graftwork.data.labelled import LabelledData, load_labelled
from graftwork.data.networks import ego_schema, open_network
from graftwork.data.record import Record
from graftwork.data.splits import Split
from graftwork.data.store import GraphStore, StoreWriter
from graftwork.evaluation.benchmark.data_spec import DataSpec
from graftwork.evaluation.benchmark.folder import (
    Folder,
    read_arrays,
    read_json,
    write_arrays,
    write_json,
)
from graftwork.evaluation.kind import resolve_kind
from graftwork.graph.schema import FeatureSchema
from graftwork.metrics import primary_metric

PARTS = ("val", "test")


@dataclass(frozen=True)
class Prepared:
    """What a cell trains on.

    Parameters
    ----------
    data
        The usable rows with their graphs and labels.
    split
        Their parts.
    kind
        What the labels are.
    """

    data: LabelledData
    split: Split
    kind: Kind


def prepared(
    folder: Folder, key: str, table: DataSpec, schema: FeatureSchema, data_seed: int
) -> Prepared:
    """Open a prepared data set; read, featurise and split it first where that is not done.

    Safe when several processes start at once: each builds in a folder of its own, the first one
    to finish puts it in place.

    Raises
    ------
    InputError
        If the table cannot be used; see `graftwork.data.labelled.load_labelled`.
    """
    cache = folder.cache(key)
    done = (cache / "data.json").is_file() and folder.facts(key).is_file()
    if done and not table.network:
        return _open(cache)
    found = _read(table, schema, data_seed)
    if not done:
        _write_labels(folder, key, table, found)
        _write_cache(cache, found)
    return found


def schema_of(values: dict[str, Any], path: str) -> FeatureSchema:
    """Return the schema that a cell names: a model's, or that of the network in a file."""
    if "network" in values:
        return ego_schema(open_network(path).schema, **values["network"])
    return FeatureSchema.from_dict(values)


def _read(table: DataSpec, schema: FeatureSchema, data_seed: int) -> Prepared:
    data = load_labelled(
        Path(table.path),
        schema,
        smiles_column=table.smiles_column,
        targets=table.targets,
        splits_column=table.splits_column,
    )
    split = data.split(table.split, table.split_sizes, data_seed, table.test_groups)
    return Prepared(data, split, resolve_kind(table.task, data, split))


def _write_labels(folder: Folder, key: str, table: DataSpec, found: Prepared) -> None:
    """Write what verdicts and tables need after the cache is gone."""
    data, split = found.data, found.split
    parts = split.parts()
    digests = molecule_digests([] if table.network else data.structures)
    arrays: dict[str, npt.NDArray[Any]] = {"digests": digests, **parts}
    arrays |= {f"{part}/y": data.y[parts[part]] for part in PARTS}
    arrays |= {f"{part}/row": data.store.row[parts[part]] for part in PARTS}
    write_arrays(folder.labels(key), arrays)
    shared = 0
    if not table.network:
        molecules = digests[:, 0]  # 0 where a molecule has none
        trained = molecules[split.train]
        shared = int(np.isin(molecules[split.test], trained[trained != 0]).sum())
    facts = {
        "dataset": table.whole,
        "kind": found.kind,
        "metric": primary_metric(found.kind, len(data.tasks)),
        "tasks": list(data.tasks),
        "split": split.name,
        "sizes": {part: len(rows) for part, rows in parts.items()},
        "rows": data.total,
        "usable": len(data.store),
        "test_molecules_also_in_training": shared,
        "warnings": data.warnings,
    }
    write_json(folder.facts(key), facts)


def _write_cache(cache: Path, found: Prepared) -> None:
    data, split = found.data, found.split
    partial = cache.with_name(f".{cache.name}.{uuid.uuid4().hex}.partial")
    partial.mkdir(parents=True)
    try:
        if data.network is not None:  # read again each time: its file is the compact form
            (partial / "data.json").write_text("{}", encoding="utf-8")
            _put_in_place(partial, cache)
            return
        writer = StoreWriter(partial / "store", data.store.schema)
        writer.append(data.store.row.tolist(), data.store.graphs)
        writer.finish()
        write_arrays(partial / "arrays.safetensors", {"y": data.y, **split.parts()})
        text = {
            "tasks": list(data.tasks),
            "kind": found.kind,
            "split": split.name,
            "total": data.total,
            "records": [[r.row, r.line, r.structure] for r in data.records],
        }
        (partial / "data.json").write_text(json.dumps(text), encoding="utf-8")
        _put_in_place(partial, cache)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _put_in_place(partial: Path, cache: Path) -> None:
    try:
        partial.rename(cache)
    except OSError:
        if not (cache / "data.json").is_file():
            raise  # no other process was faster: something is wrong


def _open(cache: Path) -> Prepared:
    text: dict[str, Any] = read_json(cache / "data.json")
    arrays = read_arrays(cache / "arrays.safetensors")
    data = LabelledData(
        records=[Record(row, line, structure, ()) for row, line, structure in text["records"]],
        store=GraphStore.open(cache / "store"),
        y=arrays["y"],
        tasks=tuple(text["tasks"]),
        rejects=[],
        total=text["total"],
        split_cells=[],
        warnings=[],
    )
    split = Split(text["split"], *(arrays[part] for part in ("train", "val", "test")))
    return Prepared(data, split, text["kind"])
