"""Jobs in processes: budgets, failures, interruptions. Every process here is a real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from graftwork.errors import InputError
from graftwork.evaluation import benchmark as bench
from graftwork.evaluation.benchmark.folder import Folder, write_json
from graftwork.evaluation.benchmark.lock import locked
from graftwork.evaluation.benchmark.runner import Job, Runner

pytestmark = pytest.mark.slow  # a process needs seconds to import what it computes with


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "out").mkdir()
    return Folder(tmp_path / "out")


def job(folder, name, spec=None, **settings):
    return Job(name, "cell", spec or {}, folder.cell(name), **settings)


def finished(folder, name, *, deterministic):
    write_json(folder.cell(name), {"deterministic": deterministic})


def run(folder, jobs, **settings):
    heard = []
    runner = Runner(folder, 2, 1, **settings)
    runner.run(jobs, lambda ended: heard.append(ended.id) if ended else None)
    return runner.states, heard


def test_what_is_done_is_not_run_again(folder):
    finished(folder, "a", deterministic=False)
    assert run(folder, [job(folder, "a")]) == ({"a": "done"}, [])


def test_a_second_seed_is_skipped_only_where_the_first_drew_no_numbers(folder):
    finished(folder, "gp", deterministic=True)
    jobs = [job(folder, "gp"), job(folder, "gp-1", unless="gp")]
    assert run(folder, jobs) == ({"gp": "done", "gp-1": "skipped"}, ["gp-1"])
    finished(folder, "rf", deterministic=False)
    jobs = [job(folder, "rf"), job(folder, "rf-1", unless="rf")]
    states, _ = run(folder, jobs)
    assert states == {"rf": "done", "rf-1": "failed"}  # it ran: its description is empty


def test_a_job_waits_for_another_whatever_becomes_of_it(folder):
    jobs = [job(folder, "blend", after="network"), job(folder, "network")]
    states, heard = run(folder, jobs)
    assert heard == ["network", "blend"]
    assert states == {"blend": "failed", "network": "failed"}  # both ran, with empty descriptions


def test_a_failure_is_recorded_and_stops_only_what_needs_it(folder):
    finished(folder, "other", deterministic=False)
    jobs = [
        replace(job(folder, "data"), kind="nonsense"),
        job(folder, "x", needs="data"),
        job(folder, "y", needs="x"),
        job(folder, "other"),
    ]
    states, heard = run(folder, jobs)
    assert states == {"data": "failed", "x": "failed", "y": "failed", "other": "done"}
    assert sorted(heard) == ["data", "x", "y"]
    errors = {n: json.loads(folder.failure(n).read_text())["error"] for n in ("data", "x", "y")}
    assert "KeyError: 'nonsense'" in errors["data"]
    assert errors["x"] == errors["y"] == errors["data"]


def test_no_job_starts_after_the_time_limit(folder):
    started = time.monotonic()
    states, heard = run(folder, [job(folder, "a"), job(folder, "b")], time_limit=0.0)
    assert (states, heard) == ({"a": "waiting", "b": "waiting"}, [])
    assert time.monotonic() - started < 2


def test_a_job_that_runs_at_the_time_limit_finishes(folder):
    jobs = [job(folder, name) for name in "abc"]
    runner = Runner(folder, 1, 1, time_limit=0.3)
    runner.run(jobs, lambda _ended: None)
    assert runner.states == {"a": "failed", "b": "waiting", "c": "waiting"}


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def endless(folder, specs, models, config):
    cell = bench.plan(specs, models, ("full",), range(1), replace(config, epochs=10**6))[1]
    return job(
        folder, cell.id, {**cell.spec, "settings": {**cell.spec["settings"], "patience": 10**6}}
    )


def test_a_cell_that_hangs_is_ended(folder, specs, models, config):
    child = endless(folder, specs, models, config)
    runner, pids = Runner(folder, 1, 1, cell_time_limit=5.0), set()
    runner.run([child], lambda _: pids.update(r.process.pid for r in runner._running.values()))
    assert runner.states == {child.id: "failed"}
    assert json.loads(folder.failure(child.id).read_text())["error"] == "took longer than 5 s"
    assert not folder.cell(child.id).exists()
    assert pids
    assert not any(map(alive, pids))


def test_an_interruption_ends_the_processes(folder, specs, models, config):
    runner = Runner(folder, 1, 1)
    pids = []

    def interrupt(_ended):
        pids.extend(r.process.pid for r in runner._running.values())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run([endless(folder, specs, models, config)], interrupt)
    assert pids
    assert not any(map(alive, pids))


def test_a_process_ends_with_the_benchmark_that_started_it(folder, specs, models, config, tmp_path):
    """Whoever kills the parent need not look for its children."""
    child = endless(folder, specs, models, config)
    text = {"id": child.id, "kind": "cell", "spec": child.spec, "folder": str(folder.root)}
    code = (
        "import json, os, subprocess, sys; path = sys.argv[1]\n"
        "text = {**json.loads(sys.argv[2]), 'parent': os.getpid()}\n"
        "open(path, 'w').write(json.dumps(text))\n"
        "module = 'graftwork.evaluation.benchmark.cell'\n"
        "child = subprocess.Popen([sys.executable, '-m', module, path], start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "job.json"), json.dumps(text)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    pid, deadline = int(done.stdout), time.monotonic() + 60
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(pid)
    assert not folder.failure(child.id).exists()


def test_one_benchmark_at_a_time(folder):
    code = (
        "import sys, time; from pathlib import Path\n"
        "from graftwork.evaluation.benchmark.lock import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder.root)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="Another benchmark is running"), locked(folder.root):
            pass
        other.kill()
    with locked(folder.root):
        pass
