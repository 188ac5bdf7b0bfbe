"""Records through a network, batch by batch, in the order they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeAlias

import numpy as np
import torch

from graftwork.data.isolate import IsolatedPool, shared_pool
from graftwork.data.loader import in_order
from graftwork.data.networks import Network, network_store
from graftwork.data.record import Record
from graftwork.data.store import GraphStore
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.inference.results import Level, Matrix, RowResult

Compute: TypeAlias = Callable[[GraphBatch], torch.Tensor]
"""A batch to ``[graphs, columns]``, or at the level ``node`` to ``[nodes, columns]``."""

_NODES = 1024  # ego networks cut out at a time


def stream_nodes(
    records: Iterable[Record], network: Network, schema: FeatureSchema, compute: Compute
) -> Iterator[RowResult]:
    """Cut out ego networks piece by piece; a node is never rejected."""
    rows = iter(records)
    while piece := list(islice(rows, _NODES)):
        store = network_store(network, schema, [record.row for record in piece])
        for record, values in zip(piece, _computed(store, compute, "graph"), strict=True):
            yield RowResult(record, values)


def stream_molecules(
    records: Iterable[Record],
    pool: IsolatedPool | None,
    schema: FeatureSchema,
    compute: Compute,
    level: Level,
) -> Iterator[RowResult]:
    """Featurise ahead in worker processes (None: the shared ones), and keep the order."""
    order: deque[Record] = deque()  # read, not yet handed on
    sent: list[Record] = []  # by position among the rows sent to the workers
    finished: dict[int, RowResult] = {}  # by row, until its turn comes

    def texts() -> Iterator[str]:
        for record in records:
            order.append(record)
            if record.problem is None:
                sent.append(record)
                yield record.structure
            else:
                finished[record.row] = RowResult(record, None, record.problem)

    def in_turn() -> Iterator[RowResult]:
        while order and order[0].row in finished:
            yield finished.pop(order.popleft().row)

    for chunk in (pool or shared_pool()).map("graph", schema, texts()):
        for position, reason in chunk.failed:
            record = sent[position]
            finished[record.row] = RowResult(record, None, reason)
        for positions, graphs in chunk.parts:
            store = GraphStore.from_parts(schema, [(positions, graphs)])
            computed = _computed(store, compute, level)
            for position, values in zip(positions, computed, strict=True):
                finished[sent[position].row] = RowResult(sent[position], values)
        yield from in_turn()
    yield from in_turn()


@torch.inference_mode()
def _computed(store: GraphStore, compute: Compute, level: Level) -> list[Matrix]:
    out: list[Matrix] = []
    for _chosen, batch in in_order(store, np.arange(len(store))):
        values = compute(batch).float().numpy()
        if level == "node":
            out += np.split(values, batch.node_ptr[1:-1].numpy())
        else:
            out += list(values)
    return out
