from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from file_server import FileServer
from graftwork.data.catalog import CATALOG, TASKS, Dataset
from graftwork.data.suites import SUITES

CONTENT = b"structure;label\nCCO,1\n"
PAGE = Path(__file__).parents[2] / "docs" / "datasets.md"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAFTWORK_CACHE", str(tmp_path / "the cache"))
    monkeypatch.delenv("GRAFTWORK_DATA", raising=False)
    return tmp_path / "the cache"


@pytest.fixture
def toys(monkeypatch):
    """Two sets of a server on this machine and a derived one, in the catalog."""
    with FileServer() as server:
        server.routes["/toy.csv"] = CONTENT
        sha256 = hashlib.sha256(CONTENT).hexdigest()
        for name, derived in (("toy-a", ""), ("toy-b", ""), ("toy-made", "by hand")):
            toy = Dataset(
                *(name, f"{name}.csv.gz", "regression", 1, "molecules", "structure", ("a b",)),
                address=server.url("/toy.csv"),
                sha256=sha256,
                derived=derived,
            )
            monkeypatch.setitem(CATALOG, name, toy)
        yield server


def names(shown):
    return [line.split()[0] for line in shown.out.splitlines()[1:] if "data sets; " not in line]


def test_list_everything(cli):
    shown = cli("datasets", "list")
    assert shown.code == 0
    assert names(shown) == list(CATALOG)
    header = shown.out.splitlines()[0]
    assert header.split() == ["name", "rows", "task", "licence", "where"]
    assert shown.out.splitlines()[-1].endswith(f"suites: {', '.join(SUITES)}")


@pytest.mark.parametrize("kind", TASKS)
def test_list_a_kind(cli, kind):
    shown = cli("datasets", "list", "--kind", kind)
    assert names(shown) == [d.name for d in CATALOG.values() if d.task == kind] != []


def test_list_a_suite_and_a_kind(cli):
    shown = cli("datasets", "list", "--suite", "moleculenet")
    assert names(shown) == list(SUITES["moleculenet"].datasets)
    assert "suites: " not in shown.out
    shown = cli("datasets", "list", "--suite", "admet", "--kind", "regression")
    assert names(shown) == ["zhao2025-caco2", "zhao2025-halflife"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "--kind", "molecules"], "Known: classification, "),
        (["list", "--suite", "bbbp"], "Known: moleculenet, "),
        (["get", "bbbp", "bbpb"], "Did you mean bbbp"),
        (["show", "moleculenett"], "No data set"),
    ],
)
def test_wrong_arguments(cli, cache, arguments, words):
    done = cli("datasets", *arguments)
    assert done.code == 2
    assert words in done.error
    assert done.out == ""
    assert not cache.exists()


@pytest.mark.usefixtures("toys")
def test_list_says_where_a_set_is(cli, tmp_path, monkeypatch):
    def where():
        lines = cli("datasets", "list", "--kind", "regression").out.splitlines()
        return [line.rsplit("  ", 1)[1] for line in lines if line.startswith("toy-")]

    assert where() == ["not here", "not here", "not here"]
    assert cli("datasets", "get", "toy-b").code == 0
    monkeypatch.setenv("GRAFTWORK_DATA", str(tmp_path))
    (tmp_path / "toy-a.csv.gz").write_bytes(gzip.compress(CONTENT))
    assert where() == ["mirror", "cache", "not here"]


def test_get(cli, toys, cache):
    done = cli("datasets", "get", "toy-a", "TOY_B", "toy-a")
    assert done.code == 0, done.err
    files = [cache / "toy-a.csv.gz", cache / "toy-b.csv.gz"]
    assert all(gzip.decompress(file.read_bytes()) == CONTENT for file in files)
    expected = [f"{f.name[:5]}  {f}  (downloaded, checksum matches)" for f in files]
    assert done.out.splitlines() == expected
    again = cli("datasets", "get", "toy-a")
    assert again.out.splitlines() == [expected[0].replace("downloaded", "in the cache")]
    assert len(toys.asked) == 2


def test_get_a_suite_from_the_mirror(cli, tmp_path, monkeypatch, cache):
    monkeypatch.setenv("GRAFTWORK_DATA", str(tmp_path))
    file = tmp_path / CATALOG["chembl20"].path  # derived, and without a checksum
    file.parent.mkdir()
    file.write_bytes(gzip.compress(CONTENT))
    done = cli("datasets", "get", "chembl20")
    assert done.code == 0
    assert done.out == f"chembl20  {file}  (in the mirror, no checksum known)\n"
    assert not cache.exists()


@pytest.mark.usefixtures("toys")
def test_get_what_cannot_be_downloaded_does_not_hold_up_the_rest(cli):
    done = cli("datasets", "get", "toy-made", "toy-a", "corpus-merged-flat")
    assert done.code == 2
    assert "2 data sets cannot be downloaded" in done.error
    assert "'toy-made'" in done.err
    assert "'corpus-merged-flat'" in done.err
    assert done.out.startswith("toy-a  ")
    only = cli("datasets", "get", "ppi")
    assert only.code == 2
    assert "'go2ppi' cannot be downloaded: no public file has its content" in only.err


@pytest.mark.usefixtures("toys")
def test_get_says_when_a_file_here_is_wrong(cli, cache):
    cache.mkdir()
    (cache / "toy-made.csv.gz").write_bytes(gzip.compress(b"other"))
    done = cli("datasets", "get", "corpus-merged-flat", "toy-made", "toy-a")
    assert done.code == 2
    assert "does not have the content of 'toy-made'" in done.error
    assert "cannot be downloaded" not in done.error


def test_get_without_a_network_fails_with_1(cli, toys):
    toys.routes.clear()
    done = cli("datasets", "get", "toy-a")
    assert done.code == 1
    assert "answered 404" in done.error


@pytest.mark.usefixtures("toys")
def test_show(cli, cache):
    shown = cli("datasets", "show", "bace")
    assert shown.code == 0
    bace = CATALOG["bace"]
    for text in (
        "  suites      moleculenet\n",
        "MIT",
        "1,513 molecules",
        bace.address,
        bace.sha256,
        bace.note,
    ):
        assert text in shown.out
    assert "derived" not in shown.out
    assert " -s mol -t Class --task classification\n" in shown.out
    assert "  all other columns\n" in cli("datasets", "show", "tox21").out
    assert f"'{cache / 'toy-a.csv.gz'}' -s structure -t 'a b'" in (
        cli("datasets", "show", "toy-a").out
    )
    assert "--splits-column split\n" in cli("datasets", "show", "chembl4203_ki").out
    assert "graftwork pretrain -i " in cli("datasets", "show", "zinc-qed-drd2").out
    for name in ("cora", "fsmol-measurements"):
        assert "  use " not in cli("datasets", "show", name).out
    assert "\n  where       not here\n" in shown.out
    cli("datasets", "get", "toy-a")
    assert f"  where       cache, {cache}" in cli("datasets", "show", "toy-a").out


def test_the_page_of_the_documentation_is_the_catalog(cli):
    table = cli("datasets", "list", "--markdown").out
    assert table in PAGE.read_text(encoding="utf-8"), (
        "put the output of 'graftwork datasets list --markdown' into docs/datasets.md"
    )
    lines = table.splitlines()[2:]
    for line, dataset in zip(lines, CATALOG.values(), strict=True):
        assert line.startswith(f"| `{dataset.name}` | {dataset.size} | {dataset.task} | ")
        assert dataset.licence in line
        assert f"<{dataset.address}>" in line or not dataset.address
        assert line.count("|") == 6


def test_the_page_names_every_suite_and_its_sets():
    text = PAGE.read_text(encoding="utf-8")
    for suite in SUITES.values():
        assert f"| `{suite.name}` | {len(suite.datasets)} | {suite.split} | " in text
        assert suite.protocol in text
