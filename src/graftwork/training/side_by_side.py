"""Several small networks at a time, each on its share of the cores.

A step of a small network leaves all cores but one idle most of the time: two networks at a time on
two cores take little more than half as long as one after the other on both.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import nullcontext
from typing import TypeVar

import torch
from threadpoolctl import threadpool_limits

from graftwork import console

Result = TypeVar("Result")
_here = threading.local()


class Unwanted(Exception):  # noqa: N818  (not an error: nobody waits for the result any more)
    """Ends a job whose group has failed or was interrupted."""


def width(jobs: int, device: torch.device) -> int:
    """Return how many of some jobs run at a time: on an accelerator, one."""
    return max(1, min(jobs, torch.get_num_threads())) if device.type == "cpu" else 1


class Shares:
    """Shares out the time for a number of jobs, of which some run at a time.

    Parameters
    ----------
    seconds
        For all of them, from now on; None for as long as they take.
    jobs
        How many there will be.
    wide
        How many of them run at a time.
    """

    def __init__(self, seconds: float | None, jobs: int, wide: int = 1) -> None:
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._left, self._wide = jobs, wide
        self._lock = threading.Lock()

    def next(self) -> float | None:
        """Return the seconds of the next job, at least one: its part of what is left."""
        with self._lock:
            parts = self._left + self._wide - 1  # those that run now need some of it, too
            self._left -= 1
        if self._deadline is None:
            return None
        return max(1.0, (self._deadline - time.monotonic()) * self._wide / max(1, parts))


def side_by_side(
    jobs: Sequence[Callable[[], Result]], device: torch.device, title: str | None = None
) -> list[Result]:
    """Run jobs that train something, and return what they return, in their order.

    If one fails, or on Ctrl-C, the others end at their next step. With a title there is a bar of
    how many are done.
    """
    with console.progress(title, len(jobs)) if title else nullcontext(_unheard) as update:
        return _run(jobs, width(len(jobs), device), update)


def _run(jobs: Sequence[Callable[[], Result]], wide: int, update: console.Update) -> list[Result]:
    threads = torch.get_num_threads()
    share = max(1, threads // wide)
    unwanted = threading.Event()
    done = itertools.count(1)

    def run(job: Callable[[], Result]) -> Result:
        if wide > 1:
            _here.unwanted = unwanted
            torch.set_num_threads(share)
        result = job()
        update(next(done))
        return result

    if wide == 1:
        return [run(job) for job in jobs]
    with (
        threadpool_limits(share, user_api="blas"),  # NumPy's, which Gaussian processes use
        ThreadPoolExecutor(wide, thread_name_prefix="graftwork-training") as pool,
    ):
        running = [pool.submit(run, job) for job in jobs]
        try:
            for future in wait(running, return_when=FIRST_EXCEPTION).done:
                future.result()  # raises what failed first
            return [future.result() for future in running]
        finally:
            unwanted.set()
            pool.shutdown(wait=True, cancel_futures=True)
            torch.set_num_threads(threads)


def _unheard(done: int, note: str = "") -> None:
    """Show nothing."""


def leave_if_unwanted() -> None:
    """End the job of this thread if nobody waits for it; called at every step."""
    unwanted: threading.Event | None = getattr(_here, "unwanted", None)
    if unwanted is not None and unwanted.is_set():
        raise Unwanted
