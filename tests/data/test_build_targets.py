"""Stores with computed targets: built, kept, opened, damaged, loaded."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from test_store import assert_same

from graftwork.data.build import build_store
from graftwork.data.featurize import SCHEMAS, UnusableMoleculeError, parse_molecule
from graftwork.data.featurize.targets import TARGETS
from graftwork.data.loader import load_batch
from graftwork.data.record import Record
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from graftwork.graph.subgraph import select_graphs

SCHEMA = SCHEMAS["default"].with_options(standardize=True)
BAD = {3: "C1CC", 4: "", 300: "no molecule"}


@pytest.fixture(scope="module")
def records(nci):
    """320 rows, more than a chunk, of which three are no molecules."""
    return [Record(i, i, BAD.get(i, text), ()) for i, text in enumerate(nci[:320])]


@pytest.fixture(scope="module")
def folder(records, pool, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores") / "store"
    build_store(records, SCHEMA, folder, targets=tuple(TARGETS), pool=pool)
    return folder


def test_a_store_holds_what_one_molecule_at_a_time_gives(records, folder):
    expected = {name: [] for name in TARGETS}
    for record in records:
        try:
            molecule = parse_molecule(record.structure, SCHEMA.options)
        except UnusableMoleculeError:
            continue
        for name, kind in TARGETS.items():
            expected[name].append(kind.row(molecule))
    store = GraphStore.open(folder)
    assert set(store.targets) == set(TARGETS)
    for name, rows in expected.items():
        np.testing.assert_array_equal(store.targets[name].values, np.stack(rows))
        assert isinstance(store.targets[name].values, np.memmap)
        assert store.targets[name].tasks.names == TARGETS[name].names


def test_disk_is_memory(records, folder, pool):
    memory = build_store(records, SCHEMA, targets=("motifs", "descriptors"), pool=pool).store
    disk = GraphStore.open(folder)
    assert_same(disk, memory)
    assert list(memory.targets) == ["motifs", "descriptors"]
    for name, found in memory.targets.items():
        assert found.tasks == disk.targets[name].tasks
        np.testing.assert_array_equal(found.values, disk.targets[name].values)


def test_without_targets_a_store_is_what_it_was(records, pool, tmp_path, folder):
    """Not a byte differs in what both have, and nothing else is there."""
    build_store(records, SCHEMA, tmp_path / "plain", pool=pool)
    plain = sorted(path.name for path in (tmp_path / "plain").iterdir())
    assert {path.name for path in folder.iterdir()} == {
        *plain,
        *(f"targets.{name}.bin" for name in TARGETS),
    }
    for name in set(plain) - {"store.json"}:
        assert (tmp_path / "plain" / name).read_bytes() == (folder / name).read_bytes(), name
    assert set(json.loads((tmp_path / "plain" / "store.json").read_text())) == {"format", "columns"}
    assert GraphStore.open(tmp_path / "plain").targets == {}


@pytest.mark.parametrize("on_disk", [False, True])
def test_no_usable_molecule(pool, tmp_path, on_disk):
    place = tmp_path / "store" if on_disk else None
    for rows in ([Record(0, 1, "(", ())], []):
        store = build_store(rows, SCHEMA, place, targets=("motifs",), pool=pool).store
        assert len(store) == 0
        assert all(len(found) == 0 for found in store.targets.values())


def test_a_batch_has_the_targets_that_were_asked_for(folder):
    store = GraphStore.open(folder)
    batch = load_batch(store, [7, 0, 7], targets=("descriptors", "motifs"))
    assert list(batch.targets) == ["descriptors", "motifs"]
    assert batch.y is None
    for name, values in batch.targets.items():
        assert values.dtype == torch.float32
        np.testing.assert_array_equal(values.numpy(), store.targets[name][[7, 0, 7]])
    assert load_batch(store, [1]).targets == {}


def test_targets_go_where_the_batch_goes(folder):
    batch = load_batch(GraphStore.open(folder), [0, 1, 2], targets=("motifs",))
    doubled = batch.map(lambda tensor: tensor.double())
    assert doubled.targets["motifs"].dtype == torch.float64
    assert batch.targets["motifs"].dtype == torch.float32
    assert batch.to("meta").targets["motifs"].device.type == "meta"
    part, _ = select_graphs(batch, torch.tensor([True, False, True]))
    assert part.targets["motifs"].equal(batch.targets["motifs"][[0, 2]])


@pytest.mark.parametrize("damage", ["cut", "gone", "another width", "other names"])
def test_damaged_targets_are_said(damage, folder, tmp_path):
    import shutil

    store = shutil.copytree(folder, tmp_path / "store")
    column, meta = store / "targets.motifs.bin", json.loads((store / "store.json").read_text())
    if damage == "cut":
        column.write_bytes(column.read_bytes()[:-1])
    elif damage == "gone":
        column.unlink()
    elif damage == "another width":
        meta["columns"]["targets.motifs"][1] = [317 * 32, 1]
    else:
        meta["targets"]["motifs"].pop("names")
    (store / "store.json").write_text(json.dumps(meta))
    with pytest.raises(InputError, match="not a complete graph store"):
        GraphStore.open(store)


def test_a_store_cut_with_its_description(folder, tmp_path):
    import shutil

    store = shutil.copytree(folder, tmp_path / "store")
    meta = json.loads((store / "store.json").read_text())
    rows, width = meta["columns"]["targets.motifs"][1]
    meta["columns"]["targets.motifs"][1] = [rows - 1, width]
    column = store / "targets.motifs.bin"
    column.write_bytes(column.read_bytes()[:-width])
    (store / "store.json").write_text(json.dumps(meta))
    with pytest.raises(InputError, match=f"motifs of {rows - 1} of {rows} graphs"):
        GraphStore.open(store)
