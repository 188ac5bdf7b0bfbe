"""Edge prediction: which nodes are joined."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, final

import torch
from torch import Tensor

from graftwork.graph.batch import GraphBatch
from graftwork.graph.subgraph import keep_edges
from graftwork.nn.encoder import Encoder
from graftwork.nn.precision import single
from graftwork.nn.ranks import share
from graftwork.objectives.contrast import contrast, nothing_to_learn
from graftwork.objectives.objective import Objective, ObjectiveSettings, StepOutput

TRIES = 8
"""How often an unjoined pair is looked for before the search is given up."""


@dataclass(frozen=True)
class EdgePredictionSettings(ObjectiveSettings):
    """Settings of edge prediction."""

    limits: ClassVar = {**ObjectiveSettings.limits, "hide": (0, 1), "negatives": (1, 10**6)}

    hide: float = 0.0
    """Share of joined pairs that are removed from the graph and predicted; 0 predicts all of
    them while the encoder sees them."""
    negatives: int = 1
    """Unjoined pairs of the same graph per joined pair."""


@final
class EdgePrediction(Objective):
    """Tell joined pairs of nodes from unjoined ones by the dot product of their embeddings.

    The baseline "EdgePred" of Hu et al., *Strategies for Pre-training Graph Neural Networks*, ICLR
    2020, after the graph autoencoder of Kipf and Welling (2016). A score without direction cannot
    tell the direction of an edge: every pair of different nodes joined by one edge or more,
    whichever way, counts once. Unjoined pairs come from the same graph; those of a graph in which
    (nearly) all nodes are joined may not be found.

    By default the encoder sees the edges that it has to predict, as in the paper: the answer is in
    its input. With ``hide`` above 0 a share of the pairs, drawn from the whole batch, loses its
    edges in both directions before encoding, and only those pairs are predicted.
    """

    Settings = EdgePredictionSettings
    settings: EdgePredictionSettings

    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Hide, encode, compare."""
        joined = joined_pairs(batch)
        asked = torch.arange(len(joined.key), device=joined.key.device)
        if self.settings.hide:
            asked = choose_pairs(len(joined.key), self.settings.hide, generator).to(asked.device)
        positive = joined.pairs[:, asked]
        graph = batch.graph_of_node[positive[0]]
        negative = unjoined_pairs(batch, joined.key, graph, generator, self.settings.negatives)
        counts = {
            "pairs/positive": torch.tensor(float(share(positive.shape[1]).total)),
            "pairs/negative": torch.tensor(float(share(negative.shape[1]).total)),
        }
        if not all(counts.values()):
            return StepOutput(nothing_to_learn(encoder), counts)
        shown = without_pairs(batch, joined, asked) if self.settings.hide else batch
        embedding = single(encoder(shown))
        loss, logs = contrast(_dots(embedding, positive), _dots(embedding, negative))
        return StepOutput(loss, {**logs, **counts})


class JoinedPairs(NamedTuple):
    """The pairs of different nodes that at least one edge joins, each once.

    Parameters
    ----------
    key
        int64, sorted: ``smaller * num_nodes + larger`` of the two positions.
    pairs
        int64 ``[2, joined pairs]``: smaller and larger position.
    of_edge
        int64 ``[num_edges]``: the pair that an edge joins, or -1 for a self loop.
    """

    key: Tensor
    pairs: Tensor
    of_edge: Tensor


def joined_pairs(batch: GraphBatch) -> JoinedPairs:
    """Find the joined pairs of a batch."""
    proper = batch.edge_index[0] != batch.edge_index[1]
    key, place = _key(batch.edge_index[:, proper], batch.num_nodes).unique(return_inverse=True)
    of_edge = torch.full_like(batch.edge_index[0], -1)
    of_edge[proper] = place
    size = max(batch.num_nodes, 1)
    return JoinedPairs(key, torch.stack([key // size, key % size]), of_edge)


def choose_pairs(count: int, rate: float, generator: torch.Generator) -> Tensor:
    """Draw a share of all pairs of the batch; return the sorted numbers of those of our own."""
    pairs = share(count)
    hidden = torch.zeros(pairs.total, dtype=torch.bool)
    order = torch.randperm(pairs.total, generator=generator)
    hidden[order[: math.ceil(rate * pairs.total)]] = True
    return pairs.own(hidden).nonzero()[:, 0]


def unjoined_pairs(
    batch: GraphBatch,
    joined: Tensor,
    graph: Tensor,
    generator: torch.Generator,
    times: int = 1,
) -> Tensor:
    """Draw unjoined pairs of different nodes, uniformly and with repeats.

    Parameters
    ----------
    batch
        The graphs.
    joined
        The sorted keys of the joined pairs.
    graph
        int64: for every pair that is wanted, its graph; that graph has two nodes or more.
    generator
        On the CPU.
    times
        How often each of them is wanted.

    Returns
    -------
    Tensor
        int64 ``[2, pairs]``, in the order of ``graph``, time after time; a pair that :data:`TRIES`
        draws did not find is missing.
    """
    wanted = graph.repeat(times).cpu()
    first, size = batch.node_ptr[:-1].cpu()[wanted], batch.node_ptr.diff().cpu()[wanted]
    pairs = share(len(graph))
    shape = (2, TRIES, times, pairs.total)
    chance = pairs.own(torch.rand(shape, generator=generator, dtype=torch.float64), 3).flatten(2)
    left = (chance[0] * size).long().minimum(size - 1)
    step = (chance[1] * (size - 1)).long().minimum(size - 2)
    right = (left + 1 + step) % size  # never the same node
    drawn = (first + torch.stack([left, right])).to(graph.device)  # [2, tries, wanted]
    free = ~torch.isin(_key(drawn, batch.num_nodes), joined)
    choice = free.int().argmax(0)  # the first free one
    found = drawn.gather(1, choice.expand(2, 1, -1))[:, 0]
    return found[:, free.any(0)]


def without_pairs(batch: GraphBatch, joined: JoinedPairs, hidden: Tensor) -> GraphBatch:
    """Return the batch without any edge of the hidden pairs, in either direction."""
    gone = torch.zeros(len(joined.key) + 1, dtype=torch.bool, device=hidden.device)
    gone[hidden] = True  # the last place stays false: that of self loops, -1
    return keep_edges(batch, ~gone[joined.of_edge])


def _key(pairs: Tensor, size: int) -> Tensor:
    return pairs.amin(0) * size + pairs.amax(0)


def _dots(embedding: Tensor, pairs: Tensor) -> Tensor:
    left, right = (embedding.index_select(0, nodes) for nodes in pairs)
    return (left * right).sum(1)
