from __future__ import annotations

import csv
import io
import math
import os
import stat
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.data.sources import open_table
from graftwork.data.writers import WRITABLE, TableWriter
from graftwork.errors import InputError, RunError

TEXT = st.text(max_size=20) | st.sampled_from(
    ["", '"', "\n", "\r", "\r\n", ",", "\x00", " ", "\ufeff"]
)


def fill(table, cells):
    for cell in cells:
        if isinstance(cell, Exception):
            raise cell
        table.write([cell])


def read(path, column=None):
    return [list(record.cells) for record in open_table(path, column).rows()]


@settings(deadline=None, max_examples=150)
@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(TEXT, min_size=n, max_size=n))),
    st.sampled_from(["x.csv", "x.tsv", "x.csv.gz", "x.parquet"]),
)
def test_text_cells_come_back_unchanged(rows, name):
    columns = ["smiles", "b", "c", "d"][: len(rows[0]) if rows else 1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        with TableWriter(path, columns) as table:
            for row in rows:
                table.write(row)
        opened = open_table(path)
        assert opened.columns == columns
        assert [list(record.cells) for record in opened.rows()] == rows
        assert all(record.problem is None for record in opened.rows())


@settings(deadline=None, max_examples=150)
@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(TEXT, min_size=n, max_size=n))),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_the_csv_module_writes_is_read_unchanged(rows, end):
    width = len(rows[0]) if rows else 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator=end, quoting=csv.QUOTE_ALL)
            writer.writerows([["smiles", "b", "c", "d"][:width], *rows])
        expected = [row for row in rows if width == 1 or row != [""]]
        assert read(path) == expected


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(allow_nan=False) | st.floats(allow_nan=False, width=32).map(np.float32)))
def test_numbers_round_trip(values):
    with tempfile.TemporaryDirectory() as folder:
        for name in ("x.csv", "x.parquet"):
            path = Path(folder) / name
            with TableWriter(path, ["smiles", "y"]) as table:
                for value in values:
                    table.write(["C", value])
            back = [type(v)(row[1]) for v, row in zip(values, read(path), strict=True)]
            assert back == values


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_cells(tmp_path, name):
    with TableWriter(tmp_path / name, ["smiles", "y"]) as table:
        for value in (np.float32(0.1), None, math.nan, np.float32("nan"), np.float32(1e-10)):
            table.write(["C", value])
    assert [row[1] for row in read(tmp_path / name)] == ["0.1", "", "", "", "1e-10"]


def test_plain_text(tmp_path):
    with TableWriter(tmp_path / "x.tsv", ["a", "a"]) as table:
        table.write(["x,y", 0.1])
        table.write(["", np.float64(1 / 3)])
    assert (tmp_path / "x.tsv").read_bytes() == b"a\ta\nx,y\t0.1\n\t0.3333333333333333\n"
    with TableWriter(tmp_path / "one.csv", ["a"]) as table:
        table.write([""])
    assert (tmp_path / "one.csv").read_text() == 'a\n""\n'


def test_gzip_is_reproducible(tmp_path):
    for name in ("a.csv.gz", "b.tsv.gz"):
        with TableWriter(tmp_path / name, ["a"]) as table:
            table.write(["x"])
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.tsv.gz").read_bytes()
    assert read(tmp_path / "a.csv.gz") == [["x"]]


def test_parquet_names_and_types(tmp_path):
    path = tmp_path / "x.parquet"
    with TableWriter(path, ["a", "a", "a.1", "b", "c", "d"]) as table:
        table.write(["x", 1.0, np.float32(2), None, "t", 3])
        table.write([None, None, None, None, 0.5, math.nan])
    schema = pq.read_schema(path)
    assert schema.names == ["a", "a.2", "a.1", "b", "c", "d"]
    assert [str(kind) for kind in schema.types] == [
        "string",
        "double",
        "float",
        "double",
        "string",
        "double",
    ]
    assert pq.read_table(path).to_pylist()[1] == {
        "a": None,
        "a.2": None,
        "a.1": None,
        "b": None,
        "c": "0.5",
        "d": None,
    }


def test_parquet_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("graftwork.data.parquet_sink._ROW_GROUP_CELLS", 20)
    with TableWriter(tmp_path / "x.parquet", ["smiles", "y"]) as table:
        for i in range(25):
            table.write([f"C{i}", i / 3])
    assert pq.ParquetFile(tmp_path / "x.parquet").num_row_groups == 3
    assert read(tmp_path / "x.parquet") == [[f"C{i}", repr(i / 3)] for i in range(25)]


def test_parquet_column_cannot_turn_into_text(tmp_path, monkeypatch):
    monkeypatch.setattr("graftwork.data.parquet_sink._ROW_GROUP_CELLS", 1)
    with (
        pytest.raises(ValueError, match="'y' began with numbers"),
        TableWriter(tmp_path / "y.parquet", ["y"]) as table,
    ):
        fill(table, [1.0, "word"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", WRITABLE)
def test_only_a_header(tmp_path, suffix):
    with TableWriter(tmp_path / f"x{suffix}", ["smiles", "b"]):
        pass
    table = open_table(tmp_path / f"x{suffix}")
    assert table.columns == ["smiles", "b"]
    assert list(table.rows()) == []


@pytest.mark.parametrize("suffix", WRITABLE)
def test_an_error_leaves_what_was_there(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_text("before")
    with pytest.raises(KeyError), TableWriter(path, ["a"]) as table:
        fill(table, ["x", KeyError()])
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_seen_before_the_end(tmp_path):
    path = tmp_path / "new" / "folder" / "x.csv"
    with TableWriter(path, ["a"]) as table:
        table.write(["x"])
        assert not path.exists()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_permissions_follow_the_umask(tmp_path):
    (tmp_path / "plain").write_text("")
    with TableWriter(tmp_path / "x.csv", ["a"]):
        pass
    plain = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert stat.S_IMODE((tmp_path / "x.csv").stat().st_mode) == plain


def test_bad_targets(tmp_path):
    with pytest.raises(InputError, match=r"\.parquet"):
        TableWriter(tmp_path / "x.xlsx", ["a"])
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="folder"):
        TableWriter(tmp_path / "folder.csv", ["a"])
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InputError, match="cannot write"),
        TableWriter(tmp_path / "file" / "x.csv", ["a"]),
    ):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.csv"]


def test_wrong_use(tmp_path):
    table = TableWriter(tmp_path / "x.csv", ["a", "b"])
    with pytest.raises(ValueError, match="not open"):
        table.write(["1", "2"])
    with pytest.raises(ValueError, match="1 cells"), table:
        table.write(["1"])


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_full_disk(tmp_path, suffix, monkeypatch):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    monkeypatch.setattr(Path, "open", lambda *_: io.FileIO(full, "wb"))
    with (
        pytest.raises((InputError, RunError), match="No space"),
        TableWriter(tmp_path / f"x{suffix}", ["a"]) as t,
    ):
        fill(t, ["x"])
    assert list(tmp_path.iterdir()) == []
