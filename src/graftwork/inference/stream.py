"""Records through a network, batch by batch, in the order they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

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

_EGO_NETWORKS = 1024  # cut out at a time
_AT_ONCE = 50_000  # nodes that are computed together


def stream_nodes(
    records: Iterable[Record], network: Network, schema: FeatureSchema, compute: Compute
) -> Iterator[RowResult]:
    """Cut out ego networks piece by piece; a node is never rejected."""
    rows = iter(records)
    while piece := list(islice(rows, _EGO_NETWORKS)):
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
    """Turn chunks of packed graphs into chunks of values, one :data:`Matrix` per graph.

    Several chunks are computed together: the more molecules, the more of their neighbourhoods are
    alike and computed once.
    """
    for group in _groups(chunks):
        parts = [part for chunk in group for part in chunk.parts]
        values = iter(_computed(GraphStore.from_parts(schema, parts), compute, level))
        for chunk in group:
            done = [(where, list(islice(values, len(where)))) for where, _ in chunk.parts]
            yield replace(chunk, parts=done)


def _groups(chunks: Iterable[ChunkResult]) -> Iterator[list[ChunkResult]]:
    """Collect consecutive chunks until they hold enough nodes."""
    group: list[ChunkResult] = []
    nodes = 0
    for chunk in chunks:
        group.append(chunk)
        nodes += sum(len(graphs.node_cat) for _, graphs in chunk.parts)
        if nodes >= _AT_ONCE:
            yield group
            group, nodes = [], 0
    if group:
        yield group


@torch.inference_mode()
def _computed(store: GraphStore, compute: Compute, level: Level) -> list[Matrix]:
    out: list[Matrix] = []
    for _chosen, batch in in_order(store, np.arange(len(store)), 2 * _AT_ONCE):
        values = compute(batch).float().numpy()
        if level == "node":
            out += np.split(values, batch.node_ptr[1:-1].numpy())
        else:
            out += list(values)
    return out
