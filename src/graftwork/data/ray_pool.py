"""The machines of a Ray cluster as a pool: blocks of rows out, results in order back."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from importlib import metadata
from itertools import islice, takewhile
from typing import Any, Self, TypeAlias

import pyarrow as pa

from graftwork.data.featurize.tasks import find_task
from graftwork.data.isolate import CHUNK, ChunkResult, shared_pool
from graftwork.data.ray_block import error_table, from_table, text_table, texts_of, to_table
from graftwork.data.ray_cluster import connect, explained, import_ray
from graftwork.errors import GraftworkError, RunError
from graftwork.graph.schema import FeatureSchema

Work: TypeAlias = Callable[..., Iterator[ChunkResult]]
"""``(texts, **settings)`` to results whose parts are bytes: a function that workers can import."""

_BLOCK = 4 * CHUNK  # rows a worker is given at a time
_WINDOW = 8  # blocks of a data set, or two per CPU where that is more
_AHEAD = 2  # data sets under way while the one before is being read
_SECONDS_TO_STOP = 10.0
_RETRIES = 3  # of a block whose worker died


class RayPool:
    """Workers on all machines of a Ray cluster, with the :meth:`map` of a pool.

    With ``RAY_ADDRESS`` in the environment the first use joins that cluster; without it a cluster
    of this machine's cores is started, and stopped on leaving. Each worker process computes in one
    thread, and has a chemistry process of its own that a molecule may kill. A process or machine
    that dies is replaced by Ray, and its block is done again.

    Raises
    ------
    InputError
        If Ray is not installed.
    """

    def __init__(self) -> None:
        self._ray = import_ray()
        self._ours = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def map(
        self, task: str, schema: FeatureSchema, items: Iterable[str], chunk: int = CHUNK
    ) -> Iterator[ChunkResult]:
        """Yield the results of ``find_task(task)`` chunk by chunk, in order, reading ahead.

        Raises
        ------
        RunError
            See :meth:`run`.
        """
        decode = find_task(task).decode
        settings = {"task": task, "schema": schema.to_dict(), "chunk": chunk}
        for done in self.run(featurize_block, settings, items):
            parts = [(positions, decode(data)) for positions, data in done.parts]
            yield replace(done, parts=parts)

    def run(
        self, work: Work, settings: Mapping[str, Any], items: Iterable[str]
    ) -> Iterator[ChunkResult]:
        """Yield what ``work`` makes of the items on the workers, in the order of the items.

        Raises
        ------
        RunError
            If the cluster cannot be reached, or a worker fails for another reason than a molecule.
        """
        with explained():
            self._ours = connect(self._ray) or self._ours
            size = max(_WINDOW, 2 * self._cpus())
        rest = iter(items)
        blocks = iter(lambda: list(islice(rest, _BLOCK)), [])
        windows = iter(lambda: [text_table(block) for block in islice(blocks, size)], [])
        pending: deque[Future[list[pa.Table]]] = deque()
        left = threading.Event()
        start = 0
        threads = ThreadPoolExecutor(_AHEAD, thread_name_prefix="graftwork-ray")
        try:
            for window in windows:
                pending.append(threads.submit(self._compute, work, settings, window, left))
                if len(pending) > _AHEAD:
                    start = yield from self._results(pending.popleft(), start)
            while pending:
                start = yield from self._results(pending.popleft(), start)
        finally:
            left.set()
            threads.shutdown(wait=False, cancel_futures=True)
            wait([window for window in pending if not window.cancelled()], _SECONDS_TO_STOP)

    def close(self) -> None:
        """Leave the cluster; stop it if it was started here."""
        if self._ours:
            self._ray.shutdown()
            self._ours = False

    def _compute(
        self, work: Work, settings: Mapping[str, Any], window: list[pa.Table], left: threading.Event
    ) -> list[pa.Table]:
        """Return tables of results in order; they lie in Ray's shared memory."""
        blocks = self._ray.data.from_arrow(window)
        done = blocks.map_batches(
            _answer,
            fn_kwargs={"work": work, "settings": settings, "version": _version()},
            batch_size=None,
            batch_format="pyarrow",
            num_cpus=1,
            max_retries=_RETRIES,
        )
        tables = done.iter_batches(batch_size=None, batch_format="pyarrow")
        return list(takewhile(lambda _table: not left.is_set(), tables))

    def _results(
        self, window: Future[list[pa.Table]], start: int
    ) -> Generator[ChunkResult, None, int]:
        """Yield what became of a window that begins at ``start``; return where the next begins."""
        with explained():
            tables = deque(window.result())
        while tables:
            for done in from_table(tables.popleft(), start):
                start = done.stop
                yield done
        return start

    def _cpus(self) -> int:
        cpus = int(self._ray.cluster_resources().get("CPU", 0))
        if not cpus:
            raise RunError("The Ray cluster has no CPU.", "Add machines to it first.")
        return cpus


def featurize_block(
    texts: list[str], task: str, schema: dict[str, Any], chunk: int
) -> Iterator[ChunkResult]:
    """Run a task of the chemistry workers; the parts are what its encoder made."""
    return shared_pool(1).encoded(task, FeatureSchema.from_dict(schema), texts, chunk)


def _answer(block: pa.Table, work: Work, settings: Mapping[str, Any], version: str) -> pa.Table:
    """Do a block in a worker process."""
    try:
        _require_version(version)
        return to_table(work(texts_of(block), **settings))
    except Exception as error:  # noqa: BLE001  (as text: Ray would bury it among its own errors)
        text = str(error) if isinstance(error, GraftworkError) else repr(error)
        return error_table(f"{socket.gethostname()}: {text}")


def _require_version(version: str) -> None:
    if version != _version():
        raise RunError(
            f"graftwork is {_version()} here and {version} where the command was given.",
            "Install the same version on every machine of the cluster.",
        )


def _version() -> str:
    return metadata.version("graftwork")
