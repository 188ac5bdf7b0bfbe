from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace

import pytest

from file_server import FileServer
from graftwork.data.catalog import CATALOG, Dataset
from graftwork.data.fetch import fetch, obtain
from graftwork.errors import InputError, RunError

CONTENT = b"smiles,y\nCCO,1\nCCN,0\n"


@pytest.fixture
def server():
    with FileServer() as running:
        running.routes["/toy.csv"] = CONTENT
        yield running


@pytest.fixture
def toy(server):
    return Dataset(
        "toy",
        "some/toy.csv.gz",
        "classification",
        address=server.url("/toy.csv"),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAFTWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GRAFTWORK_DATA", raising=False)
    return tmp_path / "cache"


def test_downloaded_once_then_checked(server, toy, cache):
    first = obtain(toy)
    assert first.path == cache / "some" / "toy.csv.gz"
    assert gzip.decompress(first.path.read_bytes()) == CONTENT
    assert (first.dataset, first.place, first.new, first.checked) == (toy, "cache", True, True)
    again = obtain(toy)
    assert again == replace(first, new=False)
    assert server.asked == ["/toy.csv"]


def test_by_name_and_into_a_folder(toy, tmp_path, monkeypatch):
    monkeypatch.setitem(CATALOG, "toy", toy)
    assert fetch("TOY", tmp_path / "own") == tmp_path / "own" / "some" / "toy.csv.gz"
    assert fetch("toy").is_relative_to(tmp_path / "cache")
    with pytest.raises(InputError, match="No data set is called 'tyo'"):
        fetch("tyo")


def test_the_mirror_is_checked_and_nothing_is_copied(server, toy, tmp_path, monkeypatch, cache):
    monkeypatch.setenv("GRAFTWORK_DATA", str(tmp_path / "mirror"))
    path = tmp_path / "mirror" / toy.path
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(CONTENT))
    found = obtain(toy)
    assert (found.path, found.place, found.new, found.checked) == (path, "mirror", False, True)
    path.write_bytes(gzip.compress(CONTENT + b"C,1\n"))
    with pytest.raises(InputError, match=r"does not have the content of 'toy'.*Restore") as caught:
        obtain(toy)
    assert str(path) in str(caught.value)
    assert server.asked == []
    assert not cache.exists()


def test_a_damaged_copy_is_not_used_and_not_silently_replaced(server, toy):
    path = fetch(toy)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match="damaged or cut short"):
        obtain(toy)
    path.write_bytes(gzip.compress(b"other"))
    with pytest.raises(InputError, match="Remove the file, then run 'graftwork datasets get toy'"):
        obtain(toy)
    path.unlink()
    assert obtain(toy).new
    assert len(server.asked) == 2


def test_a_derived_set_is_never_downloaded(server, toy, cache):
    made = replace(toy, derived="a half of it")
    words = f"no public file has its content.* a half of it. The source: {toy.address}."
    with pytest.raises(InputError, match=words) as caught:
        obtain(made)
    assert str(cache / toy.path) in str(caught.value)
    assert server.asked == []
    with pytest.raises(InputError) as caught:
        obtain(replace(made, address=""))
    assert "The source" not in str(caught.value)


def test_a_derived_set_that_is_here_is_checked_if_its_checksum_is_known(toy, cache):
    made = replace(toy, derived="a half of it", sha256="")
    path = cache / toy.path
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(CONTENT[:-4]))
    assert not obtain(made).checked
    with pytest.raises(InputError, match=r"does not have the content.*Restore it"):
        obtain(replace(made, sha256=toy.sha256))


def test_a_failed_download_leaves_nothing(toy, cache, server):
    server.routes.clear()
    with pytest.raises(RunError, match="404"):
        obtain(toy)
    assert not [path for path in cache.rglob("*") if path.is_file()]
