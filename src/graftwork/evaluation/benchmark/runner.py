"""Jobs in parallel processes, within a time budget, in an order that leaves complete pairs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from graftwork.evaluation.benchmark.folder import Folder, read_json, write_json

_SECONDS_BETWEEN_LOOKS = 0.05
State = Literal["waiting", "running", "done", "failed", "skipped"]


@dataclass(frozen=True)
class Job:
    """One process to run.

    Parameters
    ----------
    id
        Unique; names the record of a failure.
    kind, spec
        What `graftwork.evaluation.benchmark.cell` does, and with what.
    done
        The file that says that it is done.
    needs
        Job that has to be done before.
    after
        Job that has to end before, whatever becomes of it.
    unless
        The same; if it turns out that it needed no random numbers, this one is
        skipped.
    cost
        Expected work, for the remaining time.
    title
        For people.
    limit
        Whether the time limit per cell applies.
    """

    id: str
    kind: str
    spec: dict[str, Any]
    done: Path
    needs: str | None = None
    after: str | None = None
    unless: str | None = None
    cost: float = 1.0
    title: str = ""
    limit: bool = True


@dataclass
class _Running:
    job: Job
    process: subprocess.Popen[bytes]
    started: float
    errors: Path


@dataclass
class Runner:
    """Runs jobs; a job that fails stops nothing but those that need it.

    Parameters
    ----------
    folder
        Where jobs write.
    jobs
        How many run at once.
    threads
        Threads that each one computes with.
    time_limit
        Seconds after which no further job starts; those that run then finish.
    cell_time_limit
        Seconds after which a single cell is ended and counts as failed.
    """

    folder: Folder
    jobs: int
    threads: int
    time_limit: float | None = None
    cell_time_limit: float | None = None
    states: dict[str, State] = field(default_factory=dict)
    _running: dict[str, _Running] = field(default_factory=dict)

    def run(self, jobs: Sequence[Job], report: Callable[[Job | None], None]) -> None:
        """Run what is not done yet, in order; ``report`` hears of every job that ended.

        Whatever ends this call, Ctrl-C too, ends the processes.
        """
        started = time.monotonic()
        self.states = {job.id: "done" if job.done.is_file() else "waiting" for job in jobs}
        by_id = {job.id: job for job in jobs}
        with tempfile.TemporaryDirectory(prefix="graftwork-benchmark-") as scratch:
            try:
                while True:
                    for job in self._ended():
                        report(job)
                    late = (
                        self.time_limit is not None
                        and time.monotonic() - started >= self.time_limit
                    )
                    if not late:
                        self._start(jobs, by_id, Path(scratch), report)
                    if not self._running and (late or "waiting" not in self.states.values()):
                        return
                    report(None)
                    time.sleep(_SECONDS_BETWEEN_LOOKS)
            finally:
                for running in self._running.values():
                    _kill(running.process)
                self._running.clear()

    def _start(
        self,
        jobs: Sequence[Job],
        by_id: dict[str, Job],
        scratch: Path,
        report: Callable[[Job | None], None],
    ) -> None:
        for job in jobs:
            if self.states[job.id] != "waiting" or not self._settled(job, by_id):
                continue
            if self.states[job.id] != "waiting":  # settled by failing or being skipped
                report(job)
                continue
            if len(self._running) >= self.jobs:
                return
            self._running[job.id] = self._launch(job, scratch)
            self.states[job.id] = "running"

    def _settled(self, job: Job, by_id: dict[str, Job]) -> bool:
        """Say whether a job need not wait any longer; it may be settled for good by that."""
        if job.needs in by_id:
            state = self.states[job.needs]
            if state in ("waiting", "running"):
                return False
            if state == "failed":
                error = read_json(self.folder.failure(job.needs))["error"]
                self._fail(job, error)
                return True
        before = [self.states[name] for name in (job.after, job.unless) if name in by_id]
        if not {"waiting", "running"}.isdisjoint(before):
            return False
        if job.unless in by_id and self.states[job.unless] == "done":
            fixed = read_json(by_id[job.unless].done)["deterministic"]
            self.states[job.id] = "skipped" if fixed else "waiting"
        return True

    def _launch(self, job: Job, scratch: Path) -> _Running:
        path, errors = scratch / f"{job.id}.json", scratch / f"{job.id}.err"
        text = {
            "id": job.id,
            "kind": job.kind,
            "spec": job.spec,
            "folder": str(self.folder.root.resolve()),
            "parent": os.getpid(),
        }
        path.write_text(json.dumps(text), encoding="utf-8")
        threads = {
            name: str(self.threads)
            for name in (
                "OMP_NUM_THREADS",
                "OPENBLAS_NUM_THREADS",
                "MKL_NUM_THREADS",
                "LOKY_MAX_CPU_COUNT",  # scikit-learn's forests
            )
        }
        self.folder.failure(job.id).unlink(missing_ok=True)
        with errors.open("wb") as stderr:
            process = subprocess.Popen(  # noqa: S603  (our own module, our own interpreter)
                [sys.executable, "-m", "graftwork.evaluation.benchmark.cell", str(path)],
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                env={**os.environ, **threads},
                start_new_session=True,  # its chemistry workers end with it
            )
        return _Running(job, process, time.monotonic(), errors)

    def _ended(self) -> list[Job]:
        ended = []
        for running in list(self._running.values()):
            job = running.job
            seconds = time.monotonic() - running.started
            if running.process.poll() is not None:
                if job.done.is_file():
                    self.states[job.id] = "done"
                else:
                    self._fail(job, _last_words(running), keep=True)
            elif job.limit and self.cell_time_limit is not None and seconds > self.cell_time_limit:
                _kill(running.process)
                self._fail(job, f"took longer than {self.cell_time_limit:g} s")
            else:
                continue
            del self._running[job.id]
            ended.append(job)
        return ended

    def _fail(self, job: Job, error: str, *, keep: bool = False) -> None:
        """Record a failure; ``keep`` leaves what the process wrote of it itself."""
        path = self.folder.failure(job.id)
        if not (keep and path.is_file()):
            write_json(path, {"id": job.id, "error": error})
        self.states[job.id] = "failed"


def _last_words(running: _Running) -> str:
    text = running.errors.read_text(encoding="utf-8", errors="replace").strip()
    code = running.process.returncode
    return f"its process ended with exit code {code}. {text[-2000:]}".strip()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and those it started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()
