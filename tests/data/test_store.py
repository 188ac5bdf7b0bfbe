from __future__ import annotations

import json

import numpy as np
import pytest

from graftwork.data.loader import in_order, load_batch
from graftwork.data.store import GraphStore, StoreWriter
from graftwork.errors import InputError
from graftwork.graph import PackedGraphs
from graftwork.graph.indexed import IndexedRows
from graftwork.graph.pack import pack

COLUMNS = [*PackedGraphs.__dataclass_fields__, "row"]


@pytest.fixture
def memory(odd_schema, random_graphs):
    return GraphStore.from_parts(
        odd_schema, [([2, 5, 6], pack(random_graphs([3, 1, 4]), odd_schema))]
    )


@pytest.fixture
def folder(tmp_path, odd_schema, random_graphs):
    """The same three graphs on disk, appended in two steps."""
    graphs = random_graphs([3, 1, 4])
    writer = StoreWriter(tmp_path / "store", odd_schema)
    writer.append([2], pack(graphs[:1], odd_schema))
    writer.append([], pack([], odd_schema))
    writer.append([5, 6], pack(graphs[1:], odd_schema))
    writer.finish()
    return tmp_path / "store"


def assert_same(left, right):
    assert left.schema == right.schema
    np.testing.assert_array_equal(left.row, right.row)
    for name, values in left.graphs.arrays().items():
        other = getattr(right.graphs, name)
        if name != "edge_index":  # as narrow as it can be on disk
            assert other.dtype == values.dtype, name
        np.testing.assert_array_equal(other, values, err_msg=name)


def test_disk_and_memory_are_the_same(folder, memory):
    assert_same(GraphStore.open(folder), memory)
    assert len(memory) == 3


def test_disk_is_mapped_and_read_only(folder):
    store = GraphStore.open(folder)
    for name, column in {**store.graphs.arrays(), "row": store.row}.items():
        values = column.ids if isinstance(column, IndexedRows) else column
        assert isinstance(values, np.memmap), name
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0


def test_batches_from_disk_are_those_from_memory(folder, memory):
    y = np.arange(6, dtype=np.float32).reshape(3, 2)
    for chosen in ([0, 1, 2], [2, 0], [1, 1], []):
        left, right = (load_batch(s, chosen, y) for s in (GraphStore.open(folder), memory))
        for name, value in vars(right).items():
            if name in ("num_graphs", "targets") or value is None:
                assert getattr(left, name) == value
            else:
                assert getattr(left, name).equal(value), name
        assert left.y.tolist() == y[chosen].tolist()


def test_batches_in_order_cover_everything_once(make_store, nci):
    store = make_store(nci[:60])
    order = np.random.default_rng(0).permutation(len(store))
    seen = list(in_order(store, order, max_nodes=100))
    assert len(seen) > 3
    np.testing.assert_array_equal(np.concatenate([chosen for chosen, _ in seen]), order)
    sizes = np.diff(store.graphs.node_ptr)
    for chosen, batch in seen:
        assert batch.num_graphs == len(chosen)
        assert batch.node_ptr.diff().tolist() == sizes[chosen].tolist()
        assert batch.num_nodes <= 100 + sizes.max()
    assert list(in_order(store, order[:0])) == []


def test_molecules_take_few_bytes_and_come_back_as_they_were(tmp_path, make_store, nci):
    memory = make_store([*nci[:300], "C" * 300])
    writer = StoreWriter(tmp_path / "store", memory.schema)
    rows = memory.row.tolist()
    for start in range(0, len(memory), 50):
        chosen = range(start, min(start + 50, len(memory)))
        writer.append([rows[i] for i in chosen], memory.graphs.take(chosen))
    disk = writer.finish()
    assert_same(disk, memory)
    size = sum(file.stat().st_size for file in (tmp_path / "store").glob("*.bin"))
    categories = (disk.graphs.node_cat, disk.graphs.edge_cat)
    distinct = sum(np.unique(column, axis=0).nbytes for column in categories)
    numbers = sum(column.ids.nbytes for column in categories)
    assert numbers <= 2 * len(memory.graphs.node_cat) + len(memory.graphs.edge_cat)
    ends = 4 * len(memory.graphs.edge_index)
    assert size == ends + numbers + distinct + 28 * len(memory) + 16


def test_no_graph_at_all(tmp_path, odd_schema):
    store = StoreWriter(tmp_path / "store", odd_schema).finish()
    assert len(store) == 0
    assert_same(GraphStore.open(tmp_path / "store"), GraphStore.from_parts(odd_schema, []))


def test_a_half_written_store_never_opens(tmp_path, odd_schema, random_graphs):
    writer = StoreWriter(tmp_path / "store", odd_schema)
    with pytest.raises(InputError, match="not a complete graph store"):
        GraphStore.open(tmp_path / "store")
    writer.append([0], pack(random_graphs([3]), odd_schema))
    with pytest.raises(InputError, match="Build it again"):
        GraphStore.open(tmp_path / "store")
    writer.finish()
    assert len(GraphStore.open(tmp_path / "store")) == 1


def test_beginning_anew_closes_the_old_store(folder, odd_schema):
    StoreWriter(folder, odd_schema)
    with pytest.raises(InputError, match="not a complete graph store"):
        GraphStore.open(folder)


@pytest.mark.parametrize(
    "name", [*(f"{name}.bin" for name in COLUMNS), "store.json", "schema.json"]
)
def test_missing_files(folder, name):
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"not a complete graph store.*{name}"):
        GraphStore.open(folder)


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("change", ["cut", "grown", "empty"])
def test_files_of_the_wrong_length(folder, name, change):
    file = folder / f"{name}.bin"
    data = file.read_bytes()
    file.write_bytes({"cut": data[:-1], "grown": data + b"x", "empty": b""}[change])
    with pytest.raises(InputError, match=f"{name}.bin has"):
        GraphStore.open(folder)


@pytest.mark.parametrize("name", ["store.json", "schema.json"])
def test_damaged_descriptions(folder, name):
    text = (folder / name).read_text()
    whole = json.loads(text)
    damaged = [text[: len(text) * part // 7] for part in range(7)]
    damaged += ["null", "[]", "{}", "3", '"text"', "\x00" * 40]
    damaged += [json.dumps({k: v for k, v in whole.items() if k != key}) for key in whole]
    if name == "store.json":
        damaged += [json.dumps({**whole, key: value}) for key in whole for value in (None, 7, [7])]
    else:
        less = {key: whole[key][:-1] for key in ("node_cat", "edge_cat", "node_x", "edge_x")}
        damaged += [json.dumps({**whole, key: value}) for key, value in less.items()]
    for wrong in damaged:
        (folder / name).write_text(wrong)
        with pytest.raises(InputError, match="not a complete graph store"):
            GraphStore.open(folder)
    (folder / name).write_bytes(b"\xff\xfe\xff" * 9)
    with pytest.raises(InputError, match="not a complete graph store"):
        GraphStore.open(folder)


def test_columns_that_do_not_belong_together(folder):
    meta = json.loads((folder / "store.json").read_text())
    for name in COLUMNS:
        wrong = json.loads(json.dumps(meta))
        shape = wrong["columns"][name][1]
        shape[:] = [shape[0] + 1, *shape[1:]]
        (folder / "store.json").write_text(json.dumps(wrong))
        with pytest.raises(InputError, match=f"{name}.bin has"):
            GraphStore.open(folder)
        del wrong["columns"][name]
        (folder / "store.json").write_text(json.dumps(wrong))
        with pytest.raises(InputError, match="not a complete graph store"):
            GraphStore.open(folder)


@pytest.mark.parametrize("name", ["node_cat", "edge_index", "row", "root", "edge_ptr", "edge_x"])
def test_a_column_cut_together_with_its_description(folder, name):
    """The size of the file agrees with its description, but the columns do not fit each other."""
    meta = json.loads((folder / "store.json").read_text())
    dtype, shape = meta["columns"][name]
    shape[0] -= 1
    file = folder / f"{name}.bin"
    file.write_bytes(file.read_bytes()[: int(np.prod(shape)) * np.dtype(dtype).itemsize])
    (folder / "store.json").write_text(json.dumps(meta))
    with pytest.raises(InputError, match="not a complete graph store"):
        GraphStore.open(folder)


def test_a_format_of_the_future(folder):
    meta = json.loads((folder / "store.json").read_text())
    (folder / "store.json").write_text(json.dumps({**meta, "format": 3}))
    with pytest.raises(InputError, match="format 3"):
        GraphStore.open(folder)


def test_no_folder_at_all(tmp_path):
    with pytest.raises(InputError, match="Build it again"):
        GraphStore.open(tmp_path / "nowhere")
