from __future__ import annotations

import csv

import numpy as np
import pytest
from test_store import assert_same

from graftwork.data.build import build_store
from graftwork.data.featurize import SCHEMAS, UnusableMoleculeError, parse_molecule
from graftwork.data.record import Record, Reject, write_rejects
from graftwork.data.sources import open_table
from graftwork.data.store import GraphStore
from graftwork.graph.pack import pack
from molecule_graphs import molecule_graph

BAD = {3: "C1CC", 4: "", 10: "CC(C)(C)(C)C", 11: "C" * 1001, 599: "no molecule"}


@pytest.fixture(scope="module")
def records(nci):
    """600 rows (more than two chunks) with five bad molecules and two broken rows."""
    texts = [BAD.get(i, text) for i, text in enumerate(nci[:600])]
    return [
        Record(i, i + 2, text, (text,), problem="row has 3 cells" if i in {0, 300} else None)
        for i, text in enumerate(texts)
    ]


@pytest.mark.parametrize("name", SCHEMAS)
def test_store_holds_what_one_molecule_at_a_time_gives(records, pool, name):
    schema = SCHEMAS[name].with_options(standardize=True)
    rows, graphs, reasons = [], [], {0: "row has 3 cells", 300: "row has 3 cells"}
    for record in records:
        if record.problem is not None:
            continue
        try:
            molecule = parse_molecule(record.structure, schema.options)
        except UnusableMoleculeError as error:
            reasons[record.row] = str(error)
            continue
        rows.append(record.row)
        graphs.append(molecule_graph(molecule, schema))
    build = build_store(iter(records), schema, pool=pool)
    assert_same(build.store, GraphStore.from_parts(schema, [(rows, pack(graphs, schema))]))
    assert {reject.row: reject.reason for reject in build.rejects} == reasons
    assert set(BAD) <= set(reasons)


def test_rejects_say_where_and_why(records, pool):
    rejects = {r.row: r for r in build_store(records, SCHEMAS["default"], pool=pool).rejects}
    assert list(rejects) == sorted(rejects)
    assert rejects[3] == Reject(3, 5, "C1CC", "not valid SMILES")
    assert rejects[4] == Reject(4, 6, "", "the structure is empty")
    assert "valence for atom # 1 C, 5" in rejects[10].reason
    assert rejects[11] == Reject(11, 13, "C" * 200, "1001 atoms, the limit is 1000")
    assert rejects[300].reason == "row has 3 cells"
    assert {reject.status for reject in rejects.values()} == {"rejected"}


def test_rejects_table_reads_back(records, pool, tmp_path):
    rejects = build_store(records, SCHEMAS["default"], pool=pool).rejects
    write_rejects(tmp_path / "rejects.csv", rejects)
    with (tmp_path / "rejects.csv").open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert [
        (int(r["row"]), int(r["line"]), r["status"], r["value"], r["reason"]) for r in rows
    ] == [(r.row, r.line, r.status, r.value, r.reason) for r in rejects]


def test_disk_is_memory(records, pool, tmp_path):
    schema = SCHEMAS["default"]
    memory = build_store(records, schema, pool=pool)
    disk = build_store(records, schema, tmp_path / "store", pool=pool)
    assert_same(disk.store, memory.store)
    assert_same(GraphStore.open(tmp_path / "store"), memory.store)
    assert disk.rejects == memory.rejects


def test_building_over_an_old_store(records, pool, tmp_path):
    build_store(records, SCHEMAS["default"], tmp_path / "store", pool=pool)
    small = build_store(records[5:9], SCHEMAS["hu2020"], tmp_path / "store", pool=pool)
    assert len(small.store) == 4
    assert GraphStore.open(tmp_path / "store").schema == SCHEMAS["hu2020"]


def test_progress_counts_every_row_once(records, pool):
    seen = []
    build_store(records, SCHEMAS["default"], pool=pool, progress=seen.append)
    assert seen == sorted(seen)
    assert len(seen) >= 3
    assert seen[-1] == len(records)


@pytest.mark.parametrize("on_disk", [False, True])
def test_nothing_usable(pool, tmp_path, on_disk):
    records = [Record(0, 2, "", (), problem="broken"), Record(1, 3, "(", ())]
    folder = tmp_path / "store" if on_disk else None
    for rows in (records, records[:1], []):
        build = build_store(rows, SCHEMAS["default"], folder, pool=pool)
        assert len(build.store) == 0
        assert len(build.rejects) == len(rows)
        assert build.store.graphs.node_cat.shape == (0, 9)


def test_rows_of_a_table_with_a_quoted_newline_keep_their_lines(pool, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('smiles,note\nCC,"two\nlines"\nbad,x\nCO,y\n')
    build = build_store(open_table(path).rows(), SCHEMAS["default"], pool=pool)
    assert build.store.row.tolist() == [0, 2]
    assert np.diff(build.store.graphs.node_ptr).tolist() == [2, 2]
    assert [(reject.row, reject.line) for reject in build.rejects] == [(1, 4)]
