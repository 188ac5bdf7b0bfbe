"""From a store to batches: one vectorised gather each."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from graftwork.data.sparse_labels import SparseLabels
from graftwork.data.store import GraphStore
from graftwork.graph.batch import GraphBatch

Labels = npt.NDArray[np.float32] | SparseLabels


class Movable(Protocol):
    """A batch of anything: tensors that can be moved together."""

    def map(self, function: Callable[[torch.Tensor], torch.Tensor], /) -> Self:
        """Apply ``function`` to every tensor."""
        ...

    def to(self, device: torch.device | str, /) -> Self:
        """Move to a device."""
        ...


Batch = TypeVar("Batch", bound=Movable)


def load_batch(
    store: GraphStore,
    graphs: npt.ArrayLike,
    labels: Labels | None = None,
    targets: Iterable[str] = (),
) -> GraphBatch:
    """Gather graphs (and their rows of ``labels`` ``[len(store), tasks]``) into a batch.

    Parameters
    ----------
    targets
        Which of the store's computed targets come along.
    """
    index = np.asarray(graphs, np.int64)
    return GraphBatch.from_packed(
        store.graphs.take(index),
        None if labels is None else labels[index],
        {name: store.targets[name][index] for name in targets},
    )


def prefetched(batches: Iterator[Batch], *, pin: bool = False) -> Generator[Batch, None, None]:
    """Yield the same batches; a thread gathers each while the one before it is being used.

    Parameters
    ----------
    batches
        What to yield.
    pin
        Put them where an accelerator can fetch them by itself.
    """

    def gathered() -> Batch | None:
        batch = next(batches, None)
        return batch.map(_pinned) if pin and batch is not None else batch

    with ThreadPoolExecutor(1, thread_name_prefix="graftwork-batches") as thread:
        coming = thread.submit(gathered)
        while (batch := coming.result()) is not None:
            coming = thread.submit(gathered)
            yield batch


def _pinned(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.pin_memory() if tensor.device.type == "cpu" else tensor


def in_order(
    store: GraphStore, graphs: npt.NDArray[np.int64], max_nodes: int = 20_000
) -> Iterator[tuple[npt.NDArray[np.int64], GraphBatch]]:
    """Yield ``(positions, batch)`` over the given graphs, each batch of about ``max_nodes``."""
    nodes = np.cumsum(np.diff(store.graphs.node_ptr)[graphs])
    bounds = np.flatnonzero(np.diff(nodes // max_nodes)) + 1
    for chosen in np.split(graphs, bounds):
        if len(chosen):
            yield chosen, load_batch(store, chosen)
