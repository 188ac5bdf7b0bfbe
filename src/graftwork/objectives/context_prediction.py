"""Context prediction: which surroundings belong to this neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, final

import torch
from torch import Tensor

from graftwork.config import EncoderConfig
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.segment import Bags, bag_mean
from graftwork.graph.subgraph import drop_empty, hop_distance, induced, select_graphs
from graftwork.graph.tasks import TaskSet
from graftwork.nn.encoder import Encoder
from graftwork.nn.precision import single
from graftwork.nn.ranks import Share, share
from graftwork.objectives.contrast import contrast, nothing_to_learn
from graftwork.objectives.objective import Objective, ObjectiveSettings, StepOutput


@dataclass(frozen=True)
class ContextPredictionSettings(ObjectiveSettings):
    """Settings of context prediction."""

    limits: ClassVar = {
        **ObjectiveSettings.limits,
        "k": (1, 100),
        "r1": (0, 100),
        "r2": (1, 100),
        "negatives": (1, 10**6),
        "temperature": (1e-6, 1e6),
    }
    choices: ClassVar = {
        "mode": ("cbow", "skipgram"),
        "context_encoder": ("separate", "shared"),
    }

    k: int = 5
    """Radius of the neighbourhood, in hops from the centre."""
    r1: int = 4
    """The context begins beyond this many hops."""
    r2: int = 7
    """The context ends after this many hops."""
    mode: str = "cbow"
    """cbow: a context is the mean of its anchors; skipgram: every anchor by itself."""
    negatives: int = 1
    """False contexts per neighbourhood, taken from other graphs of the batch."""
    temperature: float = 1.0
    """Scores are divided by it; the square root of the width makes a short run start faster."""
    context_encoder: str = "separate"
    """separate: contexts have an encoder of r2 - r1 layers; shared: the main encoder."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.r1 < min(self.k, self.r2):
            raise InputError(
                f"r1 = {self.r1}, k = {self.k} and r2 = {self.r2} cannot be used together.",
                "Expected r1 < k and r1 < r2, so that context and neighbourhood share nodes.",
            )


@final
class ContextPrediction(Objective):
    """Tell the context around a node's neighbourhood from that of another graph.

    Hu et al., *Strategies for Pre-training Graph Neural Networks*, ICLR 2020, section 3.1.1. The
    centre of a graph is its root, or a node drawn at random. The main encoder embeds the centre
    inside the subgraph of all nodes at most ``k`` hops away. A second encoder embeds the context
    graph, the nodes more than ``r1`` and at most ``r2`` hops away; its anchors are those at most
    ``k`` hops away. The score of a pair is the dot product of centre and anchors. Hops go along
    edges in either direction. Both subgraphs keep the original features.

    A graph without anchors has no part in the loss.
    """

    Settings = ContextPredictionSettings
    settings: ContextPredictionSettings

    def __init__(
        self,
        schema: FeatureSchema,
        encoder: EncoderConfig,
        settings: ContextPredictionSettings | None = None,
        tasks: TaskSet | None = None,
    ) -> None:
        super().__init__(schema, encoder, settings, tasks)
        self.context_encoder = None
        if self.settings.context_encoder == "separate":
            depth = self.settings.r2 - self.settings.r1
            self.context_encoder = Encoder(schema, replace(encoder, num_layers=depth))

    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Cut out, encode, compare."""
        known = self.settings
        batch = choose_centres(drop_empty(batch)[0], generator)
        pairs = cut_contexts(batch, known.k, known.r1, known.r2)
        graphs = share(pairs.context.num_graphs)
        used = torch.tensor(float(graphs.total))
        if graphs.total < 2:  # no other graph to take a false context from
            return StepOutput(nothing_to_learn(encoder, self), {"graphs_used": used * 0})
        centre = single(encoder(pairs.neighbourhood, pairs.neighbourhood.root))
        centre = centre / known.temperature
        anchor = pairs.anchor.nonzero()[:, 0]
        graph = pairs.context.graph_of_node[anchor]
        anchors = single((self.context_encoder or encoder)(pairs.context, anchor))
        shifts = range(1, min(known.negatives, graphs.total - 1) + 1)
        if known.mode == "cbow":
            own = torch.arange(len(anchor), device=anchor.device)
            context = bag_mean(anchors, Bags.from_pairs(own, graph, len(anchor), graphs.count))
            positive = (centre * context).sum(1)
            others = _shifted(context, graphs, shifts)
            negative = torch.cat([(centre * other).sum(1) for other in others])
        else:
            positive = _dots(anchors, centre, graph)
            others = _shifted(centre, graphs, shifts)
            negative = torch.cat([_dots(anchors, other, graph) for other in others])
        loss, logs = contrast(positive, negative, factor=len(shifts))
        return StepOutput(loss, {**logs, "graphs_used": used})


class ContextPairs(NamedTuple):
    """The neighbourhoods and contexts of those graphs that have anchors.

    Parameters
    ----------
    neighbourhood
        Nodes at most ``k`` hops from the centre, which is its ``root``.
    context
        Nodes more than ``r1`` and at most ``r2`` hops away.
    anchor
        bool ``[nodes of context]``: which of them are in the neighbourhood too.
    """

    neighbourhood: GraphBatch
    context: GraphBatch
    anchor: Tensor


def choose_centres(batch: GraphBatch, generator: torch.Generator) -> GraphBatch:
    """Return the batch with a root in every graph: its own, or a node drawn at random.

    No graph may be empty.
    """
    size = batch.node_ptr.diff().cpu()
    graphs = share(batch.num_graphs)
    drawn = graphs.own(torch.rand(graphs.total, generator=generator, dtype=torch.float64))
    rank = (drawn * size).long().minimum(size - 1)
    return batch if batch.root is not None else _rooted(batch, rank)


def cut_contexts(batch: GraphBatch, k: int, r1: int, r2: int) -> ContextPairs:
    """Cut the neighbourhood and the context of every root out of its graph."""
    assert batch.root is not None  # noqa: S101  (choose_centres has given one)
    distance = hop_distance(batch, batch.root, max(k, r2), "both")
    nearest = (distance == r1 + 1).long()  # every context begins with such anchors
    found = nearest.new_zeros(batch.num_graphs).index_add(0, batch.graph_of_node, nearest)
    batch, old = select_graphs(replace(batch, y=None), found > 0)
    distance = distance[old]
    neighbourhood, _ = induced(batch, (distance >= 0) & (distance <= k))
    context, kept = induced(batch, (distance > r1) & (distance <= r2))
    return ContextPairs(neighbourhood, context, distance[kept] <= k)


def _rooted(batch: GraphBatch, rank: Tensor) -> GraphBatch:
    return replace(batch, root=batch.node_ptr[:-1] + rank.to(batch.node_ptr.device))


def _shifted(rows: Tensor, graphs: Share, shifts: range) -> list[Tensor]:
    """Return, for each shift, the rows of the graphs so many places on, wherever they are."""
    whole = graphs.gather(rows)
    return [graphs.own(whole.roll(-shift, 0)) for shift in shifts]


def _dots(anchors: Tensor, centre: Tensor, graph: Tensor) -> Tensor:
    """Multiply every anchor with the centre of its graph."""
    return (anchors * centre.index_select(0, graph)).sum(1)
