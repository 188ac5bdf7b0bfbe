from __future__ import annotations

import csv
import re
from importlib import resources
from pathlib import Path

import pytest

from graftwork.data.catalog import (
    CATALOG,
    TASKS,
    Dataset,
    find,
    locate,
    resolve_input,
    whereabouts,
)
from graftwork.data.download import content_sha256
from graftwork.data.sources import SOURCES, open_table
from graftwork.errors import InputError
from mirror import mirrored


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Two empty folders that stand for the mirror and the cache."""
    monkeypatch.setenv("GRAFTWORK_DATA", str(tmp_path / "mirror"))
    monkeypatch.setenv("GRAFTWORK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "mirror", tmp_path / "cache"


def place(folder, dataset, text="x"):
    path = folder / dataset.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_file_and_the_catalog_have_the_same_rows_in_the_same_order():
    text = (resources.files("graftwork.data") / "catalog.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), strict=True))
    assert [row["name"] for row in rows] == list(CATALOG)  # so names are unique
    assert len(rows) > 120
    for row in rows:
        assert None not in row, "too many cells"
        assert None not in row.values(), "too few cells"
        assert all(cell == cell.strip() and cell.isprintable() for cell in row.values())
    assert set(rows[0]) == set(Dataset.__dataclass_fields__)


@pytest.mark.parametrize("dataset", CATALOG.values(), ids=lambda dataset: dataset.name)
def test_a_row_is_well_formed(dataset):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", dataset.name)
    assert dataset.task in TASKS
    assert re.fullmatch(r"[\w./-]+", dataset.path)
    assert not dataset.path.startswith(("/", "."))
    assert ".." not in dataset.path
    assert dataset.licence
    assert dataset.note.endswith(".")
    assert dataset.note.isascii()
    assert re.fullmatch(r"[0-9a-f]{64}", dataset.sha256) or (dataset.derived and not dataset.sha256)
    if dataset.derived:
        assert not dataset.derived.endswith(".")  # it is put into sentences
        assert not dataset.address or re.match(
            r"https://(github|raw\.githubusercontent)\.com/", dataset.address
        )
    else:
        owner = r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{40}/"
        assert re.fullmatch(owner + r"[\w./%-]+", dataset.address)
        suffix = "".join(Path(dataset.path).suffixes[-2:]).removesuffix(".gz")
        assert suffix.rpartition(".")[2] or "." not in Path(dataset.address).name
    assert (dataset.rows is None) == (dataset.unit == "") == (dataset.task == "weights")
    assert dataset.rows is None or dataset.rows > 0
    labelled = dataset.task in ("classification", "regression")
    assert bool(dataset.targets) == labelled
    assert dataset.targets == ("*",) or "*" not in dataset.targets
    if dataset.smiles_column:
        assert labelled or dataset.task == "unlabelled"
        assert any(dataset.path.endswith(suffix) for suffix in SOURCES)


def test_no_two_rows_are_the_same_file():
    rows = CATALOG.values()
    assert len({row.path for row in rows}) == len(rows)
    hashes = [row.sha256 for row in rows if row.sha256]
    assert len(set(hashes)) == len(hashes)
    addresses = [row.address for row in rows if not row.derived]
    assert len(set(addresses)) == len(addresses)


def test_known_traps():
    assert (find("bace").smiles_column, find("bace").targets) == ("mol", ("Class",))
    assert find("fsmol-measurements").smiles_column == ""
    assert "line" in find("fsmol-measurements").note
    assert find("chembl4203-ki").splits_column == "split"
    assert find("chembl4203-ki").targets == ("y",)  # nM and pKi stand beside it


@pytest.mark.parametrize("name", ["chembl4203-ki", "CHEMBL4203_Ki", " Chembl4203-KI "])
def test_find_is_not_fussy(name):
    assert find(name) is CATALOG["chembl4203-ki"]


@pytest.mark.parametrize(
    ("name", "close"),
    [("bbpb", "bbbp"), ("veith", "tdc-cyp1a2-veith"), ("herg", "tdc-herg"), ("CORRA", "cora")],
)
def test_find_names_what_looks_alike(name, close):
    with pytest.raises(InputError, match=f"{name!r}.*Did you mean .*{close}.*datasets list") as e:
        find(name)
    assert e.value.exit_code == 2


@pytest.mark.parametrize("name", ["", "  ", "zzzzzzzz"])
def test_find_does_not_guess(name):
    with pytest.raises(InputError) as caught:
        find(name)
    assert "Did you mean" not in str(caught.value)


def test_the_mirror_comes_before_the_cache(folders):
    mirror, cache = folders
    bbbp = find("bbbp")
    assert whereabouts(bbbp) == ("not here", cache / bbbp.path)
    with pytest.raises(InputError, match="Run 'graftwork datasets get bbbp'") as caught:
        locate("BBBP")
    assert str(cache / bbbp.path) in str(caught.value)
    cached = place(cache, bbbp)
    assert whereabouts(bbbp) == ("cache", cached)
    assert locate("bbbp") == cached
    copy = place(mirror, bbbp)
    assert whereabouts(bbbp) == ("mirror", copy)
    assert locate("bbbp") == copy


def test_a_folder_replaces_the_cache_but_not_the_mirror(folders, tmp_path):
    mirror, cache = folders
    bbbp = find("bbbp")
    place(cache, bbbp)
    assert whereabouts(bbbp, tmp_path / "own") == ("not here", tmp_path / "own" / bbbp.path)
    own = place(tmp_path / "own", bbbp)
    assert locate("bbbp", tmp_path / "own") == own
    copy = place(mirror, bbbp)
    assert locate("bbbp", tmp_path / "own") == copy


def test_the_usual_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("GRAFTWORK_DATA", raising=False)
    monkeypatch.delenv("GRAFTWORK_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = tmp_path / ".cache" / "graftwork" / "moleculenet" / "bbbp.csv.gz"
    assert whereabouts(find("bbbp")) == ("not here", expected)
    monkeypatch.setenv("GRAFTWORK_DATA", "")  # set to nothing is not set
    place(tmp_path, find("bbbp"))
    monkeypatch.chdir(tmp_path)
    assert whereabouts(find("bbbp"))[0] == "not here"
    monkeypatch.setenv("GRAFTWORK_CACHE", "~/other")
    assert whereabouts(find("bbbp"))[1] == tmp_path / "other" / "moleculenet" / "bbbp.csv.gz"


def test_resolve_input(folders, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="datasets get bbbp"):
        resolve_input("bbbp")
    cached = place(folders[1], find("bbbp"))
    assert resolve_input("bbbp") == resolve_input("BBBP") == cached
    Path("bbbp").write_text("mine")
    assert resolve_input("bbbp") == Path("bbbp")
    with pytest.raises(InputError, match=r"'bbpb' does not exist, neither as a file"):
        resolve_input("bbpb")


def test_the_mirror_has_every_file_and_the_catalog_every_row_of_it():
    with mirrored("SOURCES.tsv").open(encoding="utf-8", newline="") as text:
        sources = {
            row["file"]: row for row in csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
        }
    assert {dataset.path for dataset in CATALOG.values()} == set(sources)
    for dataset in CATALOG.values():
        assert mirrored(dataset.path)
        row = sources[dataset.path]
        assert dataset.sha256 == row["sha256 of the uncompressed content"]
        assert dataset.licence == row["licence as the source states it"]
        repository = row["source"].partition(":")[0]
        if not dataset.derived:
            assert f"/{repository}/" in dataset.address


def test_small_files_have_the_content_and_the_rows_of_the_catalog():
    seen = set()
    for dataset in CATALOG.values():
        path = mirrored(dataset.path)
        if path.stat().st_size > 100_000 or not dataset.sha256:
            continue
        assert content_sha256(path) == dataset.sha256, dataset.name
        seen.add(dataset.task)
        if dataset.smiles_column:
            table = open_table(path, dataset.smiles_column)
            assert sum(record.problem is None for record in table.rows()) == dataset.rows
            assert table.warnings == []
    assert seen == {"classification", "regression", "network", "reference"}
