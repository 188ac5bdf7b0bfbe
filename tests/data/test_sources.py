from __future__ import annotations

import gzip
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tables import MOL, cells, make, rows

from graftwork.data.record import Reject, write_rejects
from graftwork.data.sources import SOURCES, Source, open_table
from graftwork.errors import InputError

if TYPE_CHECKING:
    pass


# ---- any file -------------------------------------------------------------------------------


def test_every_source_is_listed():
    def concrete(base: type) -> set[type]:
        found = set() if base.__abstractmethods__ else {base}
        return found.union(*(concrete(child) for child in base.__subclasses__()))

    assert concrete(Source) == set(SOURCES.values())
    assert all(source.__doc__ for source in SOURCES.values())


@pytest.mark.parametrize("name", ["missing.csv", "table.xlsx", "table.gz", "folder.csv"])
def test_bad_path_lists_what_is_supported(tmp_path, name):
    if name.startswith("table"):
        make(tmp_path, name, "smiles\nC\n")
    if name.startswith("folder"):
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=r"\.sdf\.gz") as caught:
        open_table(tmp_path / name)
    assert name in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("suffix", [s for s in SOURCES if s.endswith(".gz")])
def test_damaged_gzip(tmp_path, suffix):
    text = "smiles\n" + "".join(f"{'C' * (i % 50 + 1)}N{i}\n" for i in range(20000))
    good = gzip.compress(text.encode())
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 0xFF
    for broken in (good[: len(good) // 2], bytes(flipped), b"smiles\nC\n", good + b"junk"):
        path = tmp_path / f"x{suffix}"
        path.write_bytes(broken)
        with pytest.raises(InputError, match=f"x{suffix}"):
            rows(open_table(path))


@pytest.mark.parametrize("suffix", SOURCES)
def test_empty_file(tmp_path, suffix):
    with pytest.raises(InputError, match=f"x{suffix}"):
        open_table(make(tmp_path, f"x{suffix}", b""))


def test_not_text(tmp_path):
    with pytest.raises(InputError, match=r"gzip-compressed.*\.gz"):
        open_table(make(tmp_path, "x.csv", gzip.compress(b"smiles\nC\n")))
    with pytest.raises(InputError, match="Excel"):
        open_table(make(tmp_path, "x.csv", b"PK\x03\x04rest"))


def test_unreadable_file(tmp_path):
    if os.name != "posix" or os.geteuid() == 0:
        pytest.skip("root reads everything")
    path = make(tmp_path, "x.csv", "smiles\nC\n")
    path.chmod(0)
    with pytest.raises(InputError, match="Permission"):
        open_table(path)


def test_workers_start_fast():
    code = (
        "import sys, graftwork.data.labels, graftwork.data.sources;"
        "print({'torch', 'pandas', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# ---- encodings and line ends ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path, name, encoding, end):
    text = end.join(["smiles,näme", "CCO,β-Ω", "CC,'µ'", ""])
    table = open_table(make(tmp_path, name, text, encoding))
    assert table.columns == ["smiles", "näme"]
    assert cells(table) == [("CCO", "β-Ω"), ("CC", "'µ'")]
    assert [record.line for record in table.rows()] == [2, 3]
    assert table.warnings == []


@pytest.mark.parametrize(
    ("data", "encoding", "cell"),
    [(b"5 \xb5M \x80", "cp1252", "5 µM €"), (b"\xe9\x81", "latin-1", "é\x81")],
)
def test_encoding_fallback_warns(tmp_path, data, encoding, cell):
    table = open_table(make(tmp_path, "x.csv", b"\xef\xbb\xbfsmiles,n\nC," + data + b"\n"))
    assert table.columns[0] == "smiles"
    assert cells(table) == [("C", cell)]
    assert len(table.warnings) == 1
    assert encoding in table.warnings[0]


def test_bad_byte_late_in_a_large_file(tmp_path):
    text = b"smiles,n\n" + b"C,x\n" * 400_000 + "C,é\n".encode() + b"C,\xe9"
    table = open_table(make(tmp_path, "x.csv", text))
    assert "cp1252" in table.warnings[0]
    *_, last = table.rows()
    assert last.cells == ("C", "é")


def test_utf8_character_across_a_chunk_border(tmp_path, monkeypatch):
    monkeypatch.setattr("graftwork.data.sources.text._CHUNK", 3)
    for name in ("é", "aé", "aaé", "日本", "x日本"):
        table = open_table(make(tmp_path, "x.csv", f"smiles,n\nC,{name}\n"))
        assert (cells(table), table.warnings) == ([("C", name)], [])
    cut = open_table(make(tmp_path, "x.csv", "smiles,n\nC,é".encode()[:-1]))
    assert "cp1252" in cut.warnings[0]


def test_damaged_utf16(tmp_path):
    data = "smiles,n\nC,x\n".encode("utf-16") + b"\x00\xd8\x41"
    with pytest.raises(InputError, match=r"x\.csv.*UTF-8"):
        rows(open_table(make(tmp_path, "x.csv", data)))


# ---- columns --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "structure"),
    [
        ("id,smiles,y", "smiles"),
        ("SMILES,smiles", "smiles"),
        ("Drug_ID,Drug,Y", "Drug"),
        ("Name,Smiles,Drug", "Smiles"),
        ("mol,Canonical_SMILES", "Canonical_SMILES"),
        ("y, SMILES ", " SMILES "),
        ("Molecule,y", "Molecule"),
    ],
)
def test_structure_column_is_found(tmp_path, header, structure):
    assert open_table(make(tmp_path, "x.csv", f"{header}\n")).structure_column == structure


def test_structure_column_is_asked_for(tmp_path):
    path = make(tmp_path, "x.csv", "a,b\nC,CC\n")
    with pytest.raises(InputError, match=r"-s/--smiles-column.*'a', 'b'"):
        open_table(path)
    assert [record.structure for record in open_table(path, "b").rows()] == ["CC"]
    with pytest.raises(InputError, match="no column 'c'"):
        open_table(path, "c")


def test_only_column_is_taken_with_a_warning(tmp_path):
    table = open_table(make(tmp_path, "x.csv", "stuff\nC\n"))
    assert [record.structure for record in table.rows()] == ["C"]
    assert "'stuff'" in table.warnings[0]


def test_column_lookup(tmp_path):
    table = open_table(make(tmp_path, "x.csv", "smiles,pIC50,y, z,y\nC,1,2,3,4\n"))
    assert table.columns == ["smiles", "pIC50", "y", " z", "y"]
    assert table.column("z") == 3
    assert table.warnings == []
    assert table.column("y") == table.column("y") == 2
    assert len(table.warnings) == 1
    assert "2 columns 'y'" in table.warnings[0]
    with pytest.raises(InputError, match=r"Did you mean 'pIC50'\?.*'smiles', 'pIC50'"):
        table.column("pic_50")


def test_duplicate_structure_column_warns(tmp_path):
    table = open_table(make(tmp_path, "x.csv", "smiles,smiles\nC,N\n"))
    assert [record.structure for record in table.rows()] == ["C"]
    assert "2 columns" in table.warnings[0]


def test_long_list_of_columns_is_cut(tmp_path):
    path = make(tmp_path, "x.csv", ",".join(f"c{i}" for i in range(600)))
    with pytest.raises(InputError, match="and 580 more"):
        open_table(path)


# ---- rejects --------------------------------------------------------------------------------


def test_write_rejects(tmp_path):
    path = tmp_path / "new" / "rejects.csv"
    write_rejects(path, [Reject(0, 2, "C1", 'ring "1", open'), Reject(4, 6, MOL, "odd", "warning")])
    frame = pd.read_csv(path, keep_default_na=False)
    assert frame.to_numpy().tolist() == [
        [0, 2, "rejected", "C1", 'ring "1", open'],
        [4, 6, "warning", MOL, "odd"],
    ]
    write_rejects(path, [])
    assert path.read_text() == "row,line,status,value,reason\n"
