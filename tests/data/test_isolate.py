"""Nothing here is simulated: workers do hang, crash, run out of memory and fail to start."""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np
import pytest

from graftwork.data.featurize import SCHEMAS
from graftwork.data.isolate import _AHEAD, IsolatedPool
from graftwork.errors import RunError

SCHEMA = SCHEMAS["default"].with_options(max_atoms=10**9)
LARGE = "C" * 100_000  # far more than 0.1 s of chemistry once the size limit is lifted

# What the worker process imports before anything else: the texts below do what they say.
TRAPS = """
import os, signal, time
import graftwork.data.featurize.tasks as tasks

def _trap(text):
    if text == "HANG":
        while True:
            pass
    if text == "SLEEP":
        time.sleep(60)
    if text == "NAP":
        time.sleep(0.1)
    if text == "CRASH":
        os.kill(os.getpid(), signal.SIGSEGV)
    if text == "EXIT":
        os._exit(7)
    if text == "MEMORY":
        bytearray(6 << 30)
    if text == "PRINT":
        os.write(1, b"noise" * 1000)
    if text == "BUG":
        raise KeyError("a bug")

def _guard(task):
    def run(text, schema):
        _trap(text)
        return task.run("CCO" if text in ("PRINT", "NAP") else text, schema)
    return tasks.Task(run, task.encode, task.decode)

for name, task in list(tasks.TASKS.items()):
    tasks.TASKS[name] = _guard(task)
"""


def environment(monkeypatch, folder, text, name="sitecustomize.py"):
    """Put a module in the way of every Python process started from now on."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.fixture(scope="module")
def trapped(tmp_path_factory):
    """Two workers that know the trap texts, and half a second per molecule."""
    with pytest.MonkeyPatch.context() as patch:
        environment(patch, tmp_path_factory.mktemp("traps"), TRAPS)
        pool = IsolatedPool(workers=2, time_limit=0.5)
        yield pool
        pool.close()


def outcome(pool, items, chunk=256, task="identity"):
    """``(position -> canonical name, position -> reason)``, with the checks every map must pass."""
    good, failed, seen = {}, {}, 0
    for done in pool.map(task, SCHEMA, items, chunk):
        assert done.start == seen
        size = min(chunk, len(items) - seen)
        here = []
        for positions, results in done.parts:
            assert len(positions) == len(results)
            good.update(zip(positions, results, strict=True))
            here += positions
        here += [position for position, _ in done.failed]
        assert sorted(here) == list(range(seen, seen + size))
        failed.update(done.failed)
        seen += size
    assert seen == len(items)
    return {position: result["canonical"] for position, result in good.items()}, failed


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_order_is_kept(trapped, chunk):
    items = ["C" * (1 + i % 30) for i in range(100)]
    good, failed = outcome(trapped, items, chunk)
    assert failed == {}
    assert list(good) == list(range(100))
    assert list(good.values()) == items


def test_invalid_molecules_keep_their_reason(trapped):
    good, failed = outcome(trapped, ["CC", "C1CC", "", "CO"], 3)
    assert good == {0: "CC", 3: "CO"}
    assert failed == {1: "not valid SMILES", 2: "the structure is empty"}


@pytest.mark.parametrize("trap", ["HANG", "SLEEP"])
def test_a_molecule_that_never_ends(trapped, trap):
    good, failed = outcome(trapped, ["C", "CC", trap, "CCC", "CCCC"])
    assert good == {0: "C", 1: "CC", 3: "CCC", 4: "CCCC"}
    assert failed == {2: "took longer than 0.5 s"}


def test_a_large_molecule_truly_exceeds_the_limit():
    pool = IsolatedPool(workers=1, time_limit=0.1)
    try:
        good, failed = outcome(pool, ["CC", LARGE, "CO"])
    finally:
        pool.close()
    assert good == {0: "CC", 2: "CO"}
    assert failed == {1: "took longer than 0.1 s"}


def test_the_limit_is_per_molecule_not_per_chunk(trapped):
    began = time.monotonic()
    good, failed = outcome(trapped, ["NAP"] * 8)
    assert time.monotonic() - began > trapped.time_limit
    assert failed == {}
    assert len(good) == 8


@pytest.mark.parametrize(
    ("trap", "code"), [("CRASH", -signal.SIGSEGV), ("EXIT", 7)], ids=["signal", "exit"]
)
def test_a_molecule_that_kills_its_worker(trapped, trap, code):
    good, failed = outcome(trapped, ["C", trap, "CC", "C1C", "CCC"])
    assert good == {0: "C", 2: "CC", 4: "CCC"}
    assert failed == {1: f"killed its worker process (exit code {code})", 3: "not valid SMILES"}


@pytest.mark.skipif(sys.platform != "linux", reason="address space limits are a Linux matter")
def test_a_molecule_that_wants_all_the_memory(trapped):
    good, failed = outcome(trapped, ["C", "MEMORY", "CC"])
    assert good == {0: "C", 2: "CC"}
    assert "MemoryError" in failed[1]


def test_any_exception_is_a_reason(trapped):
    good, failed = outcome(trapped, ["C", "BUG", "CC"])
    assert good == {0: "C", 2: "CC"}
    assert failed == {1: "KeyError: 'a bug'"}


def test_what_a_library_prints_does_not_reach_the_answers(trapped):
    good, failed = outcome(trapped, ["C", "PRINT", "CC"])
    assert good == {0: "C", 1: "CCO", 2: "CC"}
    assert failed == {}


def test_many_deaths_first_last_and_in_a_row(trapped):
    items = ["EXIT", "C", "CRASH", "EXIT", "CC", "EXIT", "EXIT", "CCC", "EXIT"]
    for chunk in (3, 9):
        good, failed = outcome(trapped, items, chunk)
        assert good == {1: "C", 4: "CC", 7: "CCC"}
        assert sorted(failed) == [0, 2, 3, 5, 6, 8]
    good, failed = outcome(trapped, ["EXIT", "EXIT"])
    assert good == {}
    assert sorted(failed) == [0, 1]


def test_collect_aligns_with_the_items(trapped):
    names = trapped.collect(
        "scaffold", SCHEMA, ["CC1CC1", "bad smiles", "EXIT", "CCO", "c1ccccc1C"]
    )
    assert names == ["C1CC1", None, None, "", "c1ccccc1"]
    assert trapped.collect("scaffold", SCHEMA, []) == []


def test_graphs_come_back_packed(trapped):
    parts, failed = [], []
    for done in trapped.map("graph", SCHEMA, ["CCO", "EXIT", "C", "(", "CC"], 5):
        parts += done.parts
        failed += done.failed
    ((positions, packed),) = parts
    assert positions == [0, 2, 4]
    assert np.diff(packed.node_ptr).tolist() == [3, 1, 2]
    assert sorted(position for position, _ in failed) == [1, 3]


def test_map_reads_ahead_only_a_little(trapped):
    asked = []

    def items():
        for position in range(10_000):
            asked.append(position)
            yield "C"

    results = trapped.map("identity", SCHEMA, items(), 10)
    next(results)
    assert len(asked) <= 10 * (_AHEAD * trapped.workers + 2)
    results.close()
    assert outcome(trapped, ["CC"])[0] == {0: "CC"}


def test_a_worker_that_cannot_start_is_no_fault_of_the_rows(monkeypatch, tmp_path):
    environment(monkeypatch, tmp_path, "raise ImportError('rdkit is broken')", "rdkit/__init__.py")
    pool = IsolatedPool(workers=1)
    try:
        with pytest.raises(RunError, match="could not start: ImportError: rdkit is broken"):
            list(pool.map("identity", SCHEMA, ["CC"]))
        monkeypatch.delenv("PYTHONPATH")  # once mended, the same pool works
        assert outcome(pool, ["CC"])[0] == {0: "CC"}
    finally:
        pool.close()


def test_a_worker_that_dies_silently_at_the_start(monkeypatch, tmp_path):
    environment(monkeypatch, tmp_path, "import os; os._exit(3)")
    pool = IsolatedPool(workers=1)
    try:
        with pytest.raises(RunError, match="could not start: no message"):
            list(pool.map("identity", SCHEMA, ["CC"]))
    finally:
        pool.close()


def test_a_worker_killed_between_molecules_costs_no_row():
    pool = IsolatedPool(workers=1)
    try:
        assert outcome(pool, ["CC"])[0] == {0: "CC"}
        worker = pool._idle.get()
        os.kill(worker._process.pid, signal.SIGKILL)
        worker._process.wait()
        pool._idle.put(worker)
        assert outcome(pool, ["CO"])[0] == {0: "CO"}
    finally:
        pool.close()


def test_close_ends_the_processes():
    pool = IsolatedPool(workers=1)
    outcome(pool, ["CC"])
    worker = pool._idle.get()
    pool._idle.put(worker)
    folder = worker._heartbeat.parent
    assert worker._process.poll() is None
    assert folder.is_dir()
    pool.close()
    assert worker._process.poll() is not None
    assert not folder.exists()
