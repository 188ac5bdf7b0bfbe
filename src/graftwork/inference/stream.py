"""Records through a network, batch by batch, in the order they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import torch

from graftwork.data.isolate import ChunkResult
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
    records: Iterable[Record], answers: Callable[[Iterable[str]], Iterator[ChunkResult]]
) -> Iterator[RowResult]:
    """Send the structures ahead, and keep the order.

    Parameters
    ----------
    records
        Rows; one with a problem is not sent.
    answers
        Structures to their values, such as :func:`computed_chunks` yields.
    """
    order: deque[Record] = deque()  # read, not yet handed on
    sent: dict[int, Record] = {}  # by position among the rows sent, until they are answered
    finished: dict[int, RowResult] = {}  # by row, until its turn comes

    def texts() -> Iterator[str]:
        position = 0
        for record in records:
            order.append(record)
            if record.problem is None:
                sent[position] = record
                position += 1
                yield record.structure
            else:
                finished[record.row] = RowResult(record, None, record.problem)

    def in_turn() -> Iterator[RowResult]:
        while order and order[0].row in finished:
            yield finished.pop(order.popleft().row)

    for chunk in answers(texts()):
        for position, reason in chunk.failed:
            record = sent.pop(position)
            finished[record.row] = RowResult(record, None, reason)
        for positions, computed in chunk.parts:
            for position, values in zip(positions, computed, strict=True):
                record = sent.pop(position)
                finished[record.row] = RowResult(record, values)
        yield from in_turn()
    yield from in_turn()


def computed_chunks(
    chunks: Iterable[ChunkResult], schema: FeatureSchema, compute: Compute, level: Level
) -> Iterator[ChunkResult]:
    """Turn chunks of packed graphs into chunks of values, one :data:`Matrix` per graph."""
    for chunk in chunks:
        parts: list[tuple[list[int], Any]] = []
        for positions, graphs in chunk.parts:
            store = GraphStore.from_parts(schema, [(positions, graphs)])
            parts.append((positions, _computed(store, compute, level)))
        yield replace(chunk, parts=parts)


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
