"""Run chemistry in worker processes that any molecule may kill without hurting the run."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from graftwork.data.featurize.tasks import find_task
from graftwork.data.worker_process import WorkerProcess
from graftwork.graph.schema import FeatureSchema

CHUNK = 256
TIME_LIMIT = 10.0
_AHEAD = 16  # chunks per worker, which go on while the results of others are used

_Decode: TypeAlias = Callable[[bytes], Any]


@dataclass(frozen=True)
class ChunkResult:
    """Results for a run of consecutive items.

    Parameters
    ----------
    start
        Position of the chunk's first item in the whole input.
    parts
        ``(positions, results)`` pairs: what the task's decoder returned, for these positions.
    failed
        ``(position, reason)`` of the others.
    """

    start: int
    parts: list[tuple[list[int], Any]]
    failed: list[tuple[int, str]]

    @property
    def stop(self) -> int:
        """Position after the chunk's last item."""
        return self.start + len(self.failed) + sum(len(positions) for positions, _ in self.parts)


class Pool(Protocol):
    """What featurises: the processes of this machine, or of many."""

    def map(
        self, task: str, schema: FeatureSchema, items: Iterable[str], chunk: int = CHUNK
    ) -> Iterator[ChunkResult]:
        """Yield the results of ``find_task(task)`` in order, chunk by chunk, reading ahead."""


class IsolatedPool:
    """Worker processes that answer in order, each molecule under a time and memory limit.

    A molecule that outlasts ``time_limit`` seconds or kills its worker is reported as failed with
    the reason; the worker is replaced and the rest of its chunk is done again.

    Parameters
    ----------
    workers
        Number of processes; default one per available core.
    time_limit
        Seconds per molecule.
    """

    def __init__(self, workers: int | None = None, time_limit: float = TIME_LIMIT) -> None:
        self.workers = workers or available_cores()
        self.time_limit = time_limit
        self._idle: queue.SimpleQueue[WorkerProcess | None] = queue.SimpleQueue()
        for _ in range(self.workers):
            self._idle.put(None)  # a place; its process starts when first needed
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="graftwork-chemistry")

    def start(self) -> None:
        """Start all processes without waiting: they get ready while this one does other things."""
        for _ in range(self.workers):
            self._threads.submit(self._start_one)

    def _start_one(self) -> None:
        worker = self._idle.get()
        try:
            worker = worker or WorkerProcess()
        finally:
            self._idle.put(worker)

    def map(
        self, task: str, schema: FeatureSchema, items: Iterable[str], chunk: int = CHUNK
    ) -> Iterator[ChunkResult]:
        """See :meth:`Pool.map`."""
        return self._in_order(task, schema, items, chunk, find_task(task).decode)

    def encoded(
        self, task: str, schema: FeatureSchema, items: Iterable[str], chunk: int = CHUNK
    ) -> Iterator[ChunkResult]:
        """Do the same, with results as the bytes that the task's ``encode`` made of them."""
        return self._in_order(task, schema, items, chunk, bytes)

    def _in_order(
        self, task: str, schema: FeatureSchema, items: Iterable[str], chunk: int, decode: _Decode
    ) -> Iterator[ChunkResult]:
        pending: deque[Future[ChunkResult]] = deque()
        iterator = iter(items)
        start = 0
        try:
            while texts := list(itertools.islice(iterator, chunk)):
                pending.append(self._threads.submit(self._run, task, schema, start, texts, decode))
                start += len(texts)
                if len(pending) > _AHEAD * self.workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()

    def collect(self, task: str, schema: FeatureSchema, items: Sequence[str]) -> list[Any]:
        """Return one JSON result per item, None where the molecule failed."""
        results: list[Any] = [None] * len(items)
        chunk = max(1, min(CHUNK, len(items) // (2 * self.workers) + 1))
        for done in self.map(task, schema, items, chunk):
            for positions, values in done.parts:
                for position, value in zip(positions, values, strict=True):
                    results[position] = value
        return results

    def close(self) -> None:
        """Stop the worker processes."""
        self._threads.shutdown(cancel_futures=True)
        while not self._idle.empty():
            worker = self._idle.get()
            if worker is not None:
                worker.stop()

    def _run(
        self, task: str, schema: FeatureSchema, start: int, texts: list[str], decode: _Decode
    ) -> ChunkResult:
        left = list(range(len(texts)))
        result = ChunkResult(start, [], [])
        worker = self._idle.get()
        try:
            while left:
                if worker is None or not worker.alive():  # something may have ended an idle one
                    worker = WorkerProcess()
                try:
                    answer, payload = worker.ask(
                        task, schema, [texts[i] for i in left], self.time_limit
                    )
                except (EOFError, OSError):
                    dead, worker = worker, None  # whatever follows, its place gets a new worker
                    position, reason = dead.post_mortem(self.time_limit)
                    result.failed.append((start + left.pop(position), reason))
                    continue
                failed = {start + left[i]: reason for i, reason in answer["failed"]}
                good = [start + i for i in left if start + i not in failed]
                result.failed.extend(failed.items())
                result.parts.append((good, decode(payload)))
                break
        finally:
            self._idle.put(worker)
        return result


def available_cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def shared_pool(workers: int | None = None) -> IsolatedPool:
    """Return the pool of so many workers that this process shares; they end with the process."""
    pool = IsolatedPool(workers)
    atexit.register(pool.close)
    return pool
