"""The machines of a Ray cluster as a pool: blocks of rows out, results in order back."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import socket
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from importlib import metadata
from typing import Any, Self, TypeAlias

import pyarrow as pa

from graftwork.data.featurize.tasks import TASKS
from graftwork.data.isolate import CHUNK, ChunkResult, available_cores, shared_pool
from graftwork.data.ray_block import error_table, from_table, text_table, texts_of, to_table
from graftwork.errors import GraftworkError, InputError, RunError
from graftwork.graph.schema import FeatureSchema

Work: TypeAlias = Callable[..., Iterator[ChunkResult]]
"""``(texts, **settings)`` to results whose parts are bytes: a function that workers can import."""

_BLOCK = 4 * CHUNK  # rows a worker is given at a time
_WINDOW = 16  # blocks of a data set, or two per CPU where that is more
_AHEAD = 2  # data sets under way while the one before is being read
_RETRIES = 3  # of a block whose worker died
_SECONDS_TO_CONNECT = 10.0


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
        self._ray = _import_ray()
        self._ours = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def map(
        self, task: str, schema: FeatureSchema, items: Iterable[str], chunk: int = CHUNK
    ) -> Iterator[ChunkResult]:
        """Yield the results of ``TASKS[task]`` chunk by chunk, in order, reading ahead.

        Raises
        ------
        RunError
            See :meth:`run`.
        """
        settings = {"task": task, "schema": schema.to_dict(), "chunk": chunk}
        for done in self.run(featurize_block, settings, items):
            parts = [(positions, TASKS[task].decode(data)) for positions, data in done.parts]
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
        with _explained():
            self._connect()
            size = max(_WINDOW, 2 * self._cpus())
        rest = iter(items)
        blocks = iter(lambda: list(itertools.islice(rest, _BLOCK)), [])
        pending: deque[Future[list[Any]]] = deque()
        start = 0
        threads = ThreadPoolExecutor(_AHEAD, thread_name_prefix="graftwork-ray")
        try:
            while True:
                window = [text_table(block) for block in itertools.islice(blocks, size)]
                if window:
                    pending.append(threads.submit(self._compute, work, settings, window))
                elif not pending:
                    return
                if len(pending) > _AHEAD or not window:
                    for table in self._tables(pending.popleft()):
                        for done in from_table(table, start):
                            yield done
                            start = done.stop
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Leave the cluster; stop it if it was started here."""
        if self._ours:
            self._ray.shutdown()
            self._ours = False

    def _compute(
        self, work: Work, settings: Mapping[str, Any], window: list[pa.Table]
    ) -> list[Any]:
        """Return references to the tables of results, one or more per block, in order."""
        blocks = self._ray.data.from_arrow(window)
        done = blocks.map_batches(
            _answer,
            fn_kwargs={"work": work, "settings": settings, "version": _version()},
            batch_size=None,
            batch_format="pyarrow",
            zero_copy_batch=True,
            num_cpus=1,
            max_retries=_RETRIES,
        )
        found: list[Any] = done.to_arrow_refs()
        return found

    def _tables(self, window: Future[list[Any]]) -> Iterator[pa.Table]:
        with _explained():
            references = deque(window.result())
        while references:
            with _explained():
                table = self._ray.get(references.popleft())
            yield table

    def _cpus(self) -> int:
        cpus = int(self._ray.cluster_resources().get("CPU", 0))
        if not cpus:
            raise RunError("The Ray cluster has no CPU.", "Add machines to it first.")
        return cpus

    def _connect(self) -> None:
        if not self._ray.is_initialized():
            quiet = {"logging_level": logging.CRITICAL, "log_to_driver": False}
            address = os.environ.get("RAY_ADDRESS")
            if address:
                _require_reachable(address)
                self._ray.init(address, **quiet)
            else:
                cores = available_cores()
                self._ray.init("local", num_cpus=cores, include_dashboard=False, **quiet)
            self._ours = True
        context = self._ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        warnings.filterwarnings("ignore", "`ray_remote_args` is deprecated")  # of max_retries


def featurize_block(
    texts: list[str], task: str, schema: dict[str, Any], chunk: int
) -> Iterator[ChunkResult]:
    """Run a task of the chemistry workers; the parts are what its encoder made."""
    return shared_pool(1).encoded(task, FeatureSchema.from_dict(schema), texts, chunk)


def _answer(block: pa.Table, work: Work, settings: Mapping[str, Any], version: str) -> pa.Table:
    """Do a block in a worker process."""
    try:
        if version != _version():
            raise RunError(
                f"graftwork is {_version()} here and {version} where the command was given.",
                "Install the same version on every machine of the cluster.",
            )
        return to_table(work(texts_of(block), **settings))
    except Exception as error:  # noqa: BLE001  (as text: Ray would bury it among its own errors)
        text = str(error) if isinstance(error, GraftworkError) else repr(error)
        return error_table(f"{socket.gethostname()}: {text}")


def _version() -> str:
    return metadata.version("graftwork")


def _import_ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray  # noqa: PLC0415  (an extra, slow to import)
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise InputError(
            f"--engine ray needs Ray with Ray Data, which cannot be imported: {error}.",
            "Install it: pip install 'graftwork[ray]'",
        ) from error
    return ray


def _require_reachable(address: str) -> None:
    """Say at once what Ray would find out in a quarter of an hour."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdigit():
        raise InputError(
            f"RAY_ADDRESS is {address!r}, where no cluster can be joined.",
            "Expected HOST:PORT or auto; this machine must be part of the cluster.",
        )
    socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_CONNECT).close()


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turn what Ray raises into an error of ours."""
    try:
        yield
    except GraftworkError:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise RunError(
            f"The work on the Ray cluster failed: {lines[-1].rstrip('.')}.",
            "Check that its machines run, with graftwork on each of them; without --engine ray the "
            "command works on this machine alone.",
        ) from error
