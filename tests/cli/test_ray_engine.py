"""--engine ray on real clusters of this machine: the same files, whatever dies on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ray_work import die, echo, fail

from graftwork.data.featurize import SCHEMAS
from graftwork.data.isolate import ChunkResult
from graftwork.data.ray_block import error_table, from_table, text_table, texts_of, to_table
from graftwork.data.ray_pool import RayPool
from graftwork.errors import GraftworkError, RunError
from graftwork.nn.artifact import save_artifact

ray = pytest.importorskip("ray")

CRASH = """
import os, signal, sys
if "graftwork.data.worker" in sys.orig_argv:
    import graftwork.data.featurize.tasks as tasks
    def guard(task):
        def run(text, schema):
            if text == "CRASH":
                os.kill(os.getpid(), signal.SIGSEGV)
            return task.run(text, schema)
        return tasks.Task(run, task.encode, task.decode)
    tasks.TASKS.update({name: guard(task) for name, task in list(tasks.TASKS.items())})
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory, tiny_predictor):
    folder = tmp_path_factory.mktemp("ray") / "model"
    save_artifact(folder, tiny_predictor(tasks=("a", "b")), {})
    return folder


@pytest.fixture(scope="module")
def table(tmp_path_factory, hostile_rows, write_table, nci):
    """Several blocks of rows, with hostile and ragged ones."""
    path = write_table(tmp_path_factory.mktemp("ray"), ".csv", [*nci[:1200], *hostile_rows])
    with path.open("a", encoding="utf-8") as file:
        file.write("CCO,too,many,cells,here\n")
        file.writelines(f"{text},a,b,1.0\n" for text in nci[1200:2300])
    return path


def test_a_cluster_that_cannot_be_joined(cli, model, table, tmp_path, monkeypatch):
    arguments = ("embed", "-m", model, "-i", table, "-o", tmp_path / "v.npy")
    for address, code in (("127.0.0.1:1", 1), ("http://127.0.0.1:8265", 2)):
        monkeypatch.setenv("RAY_ADDRESS", address)
        done = cli(*arguments, "--engine", "ray")
        assert done.code == code
        assert "RAY_ADDRESS" in done.error
    done = cli(*arguments, "--engine", "spark")
    assert done.code == 2
    assert "Known: local, ray" in done.error
    assert list(tmp_path.iterdir()) == []


def test_without_ray(cli, model, table, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    done = cli("predict", "-m", model, "-i", table, "-o", tmp_path / "p.csv", "--engine=ray")
    assert done.code == 2
    assert "pip install 'graftwork[ray]'" in done.error


def test_a_cluster_is_started_and_stopped(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with RayPool() as pool:
        assert not ray.is_initialized()  # not before there is work
        (chunk,) = pool.map("scaffold", SCHEMAS["default"], ["CCO", "c1ccccc1C", "C1C"])
        assert ray.is_initialized()
    assert not ray.is_initialized()
    assert chunk.parts == [([0, 1], ["", "c1ccccc1"])]
    assert chunk.failed == [(2, "not valid SMILES")]


def python_path(*folders):
    return os.pathsep.join([*map(str, folders), os.environ.get("PYTHONPATH", "")])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two CPUs, whose chemistry processes a molecule called CRASH kills; its address."""
    traps = tmp_path_factory.mktemp("traps")
    (traps / "sitecustomize.py").write_text(CRASH)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", python_path(traps, Path(__file__).parent))
        context = ray.init(
            "local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR"
        )
    yield context.address_info["address"]
    ray.shutdown()


@pytest.fixture
def both(cli, tmp_path):
    """Run a command with both engines, each into a folder of its own."""

    def run(name, *arguments):
        folders = [tmp_path / engine for engine in ("local", "ray")]
        said = []
        for folder in folders:
            done = cli(*arguments, "-o", folder / name, "--engine", folder.name)
            assert done.code == 0, done.err
            said.append(done.err.replace(str(folder), "").splitlines()[-1])
        assert said[0] == said[1]
        return [folder / name for folder in folders]

    return run


@pytest.mark.usefixtures("cluster")
def test_predict_writes_the_same_table(both, model, table):
    local, scaled = map(pd.read_csv, both("p.csv", "predict", "-m", model, "-i", table))
    assert len(local) > 2048  # three blocks
    assert 100 < (local["status"] == "ok").sum() < len(local)
    pd.testing.assert_frame_equal(local, scaled, rtol=1e-5)


@pytest.mark.usefixtures("cluster")
def test_embed_writes_the_same_vectors(both, model, table):
    local, scaled = map(np.load, both("v.npy", "embed", "-m", model, "-i", table))
    np.testing.assert_allclose(local, scaled, rtol=1e-4, atol=1e-5)
    nodes = both("n.parquet", "embed", "-m", model, "-i", table, "--level", "node")
    pd.testing.assert_frame_equal(*map(pd.read_parquet, nodes), rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("cluster")
def test_pretrain_builds_the_same_store(both, table, corpus):
    objective = "attribute-masking+descriptors+fingerprints+motifs"
    small = ("--objective", objective, "--dim=8", "--num-layers=1", "--max-steps=1")
    small += ("--exclude", corpus)
    local, scaled = both("run", "pretrain", "-i", table, *small)
    assert "excluded" in (local / "rejects.csv").read_text()
    files = ["rejects.csv", *(f"store/{path.name}" for path in (local / "store").iterdir())]
    assert len(files) > 8
    assert sum("targets." in name for name in files) == 3
    for name in files:
        assert (local / name).read_bytes() == (scaled / name).read_bytes(), name


def test_a_running_cluster_is_joined(cluster):
    code = "from graftwork.data.ray_pool import RayPool; from ray_work import echo; import ray\n"
    code += "with RayPool() as pool: print(len(list(pool.run(echo, {}, ['C']))))\n"
    code += "print(ray.is_initialized())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "RAY_ADDRESS": cluster,
            "PYTHONPATH": python_path(Path(__file__).parent),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["1", "False"]
    assert done.stderr == ""


@pytest.mark.usefixtures("cluster")
def test_a_molecule_that_kills_its_process():
    items = ["CCO"] * 1500
    items[700] = "CRASH"
    with RayPool() as pool:
        found = list(pool.map("identity", SCHEMAS["default"], items))
    assert ray.is_initialized()  # not ours to stop
    assert [chunk.start for chunk in found] == list(range(0, 1500, 256))
    failed = [pair for chunk in found for pair in chunk.failed]
    assert failed == [(700, f"killed its worker process (exit code {-signal.SIGSEGV})")]
    assert sum(len(values) for chunk in found for _, values in chunk.parts) == 1499


@pytest.mark.usefixtures("cluster")
def test_a_worker_that_dies_is_replaced(tmp_path):
    items = [str(i % 10) for i in range(3000)]
    found = list(RayPool().run(die, {"marker": str(tmp_path / "died")}, items))
    assert b"".join(data for chunk in found for _, data in chunk.parts).decode() == "".join(items)


@pytest.mark.usefixtures("cluster")
def test_work_that_cannot_be_done(monkeypatch):
    monkeypatch.setattr("graftwork.data.ray_pool._RETRIES", 1)
    for work, settings, said in (
        (die, {}, "worker died.*without --engine ray"),
        (fail, {"reason": "ours"}, "ours"),
        (fail, {"reason": "a bug"}, "KeyError.*a bug"),
    ):
        with pytest.raises(RunError, match=said):
            list(RayPool().run(work, settings, ["C"]))


@pytest.mark.usefixtures("cluster")
def test_rows_are_read_ahead_but_not_all():
    taken = []

    def rows(last):
        for i in range(last):
            taken.append(i)
            yield "C"
        raise GraftworkError("the reader")

    stream = RayPool().run(echo, {}, rows(10**9))
    assert next(stream).stop == 1024
    stream.close()
    assert len(taken) < 10**5
    with pytest.raises(GraftworkError, match="the reader"):
        list(RayPool().run(echo, {}, rows(10)))
    assert list(RayPool().run(echo, {}, [])) == []


def test_blocks_travel_without_loss():
    texts = ["", "CCO", "\ud800", "💥\x00\n", "C" * 10**5]
    assert texts_of(text_table(texts)) == texts
    chunks = [
        ChunkResult(5, [([5, 7], b"\x00")], [(6, "\ud800")]),
        ChunkResult(8, [], [(9, "late"), (8, "early")]),
        ChunkResult(10, [([], b"")], [(10, "")]),
    ]
    assert list(from_table(to_table(chunks), 5)) == chunks
    with pytest.raises(RunError, match="why"):
        list(from_table(error_table("why"), 0))
