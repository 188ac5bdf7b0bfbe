"""Deep graph infomax: which graph a node belongs to, or whether it is real."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from graftwork.config import EncoderConfig
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.segment import bag_mean
from graftwork.graph.subgraph import drop_empty
from graftwork.graph.tasks import TaskSet
from graftwork.nn.encoder import Encoder
from graftwork.nn.precision import single
from graftwork.nn.ranks import share
from graftwork.objectives.contrast import contrast, nothing_to_learn
from graftwork.objectives.objective import Objective, ObjectiveSettings, StepOutput


@dataclass(frozen=True)
class InfomaxSettings(ObjectiveSettings):
    """Settings of deep graph infomax."""

    choices: ClassVar = {"corruption": ("auto", "summaries", "features")}

    corruption: str = "auto"
    """False pairs: summaries of other graphs, or nodes with shuffled features; auto takes
    summaries where the batch has more than one graph."""


@final
class Infomax(Objective):
    r"""Tell the nodes of a graph from others, given a summary of the graph.

    Velickovic et al., *Deep Graph Infomax*, ICLR 2019; with the summaries of other graphs as false
    ones, as in Hu et al., ICLR 2020. The summary of a graph is
    :math:`s = \sigma(\mathrm{mean}_i\, h_i)`, the score of a pair :math:`h_i^\top W s`.

    ``summaries`` pairs the nodes of a graph with the summary of the next graph of the batch.
    ``features`` shuffles the features of all nodes of the batch among them, encodes a second time,
    and pairs those embeddings with the true summaries; it also works for a single graph.
    """

    Settings = InfomaxSettings
    settings: InfomaxSettings

    def __init__(
        self,
        schema: FeatureSchema,
        encoder: EncoderConfig,
        settings: InfomaxSettings | None = None,
        tasks: TaskSet | None = None,
    ) -> None:
        super().__init__(schema, encoder, settings, tasks)
        bound = 1 / math.sqrt(self.dim)
        self.discriminator = nn.Parameter(torch.empty(self.dim, self.dim).uniform_(-bound, bound))

    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Encode, summarise, compare.

        Raises
        ------
        InputError
            If the summaries of other graphs are asked for in a batch of one graph.
        """
        batch, _ = drop_empty(batch)
        graphs = share(batch.num_graphs)
        corruption = self._corruption(graphs.total)
        if share(batch.num_nodes).total < 2:  # no other node, and too few for batch normalisation
            return StepOutput(nothing_to_learn(encoder, self), {})
        nodes = single(encoder(batch))
        summary = bag_mean(nodes, batch.nodes_of_graph).sigmoid() @ single(self.discriminator).T
        positive = _scores(nodes, summary, batch)
        if corruption == "summaries":
            negative = _scores(nodes, graphs.own(graphs.gather(summary).roll(-1, 0)), batch)
        else:
            shuffled = single(encoder(shuffle_features(batch, generator)))
            negative = _scores(shuffled, summary, batch)
        return contrast(positive, negative)

    def _corruption(self, graphs: int) -> str:
        name = self.settings.corruption
        if name == "auto":
            return "summaries" if graphs > 1 else "features"
        if name == "summaries" and graphs == 1:
            raise InputError(
                "A batch of one graph has no summary of another graph.",
                "Set corruption to features, or take larger batches.",
            )
        return name


def shuffle_features(batch: GraphBatch, generator: torch.Generator) -> GraphBatch:
    """Return the same edges over nodes whose rows of features changed places at random."""
    nodes = share(batch.num_nodes)
    order = nodes.own(torch.randperm(nodes.total, generator=generator)).to(batch.node_cat.device)
    node_cat, node_x = nodes.gather(batch.node_cat), nodes.gather(batch.node_x)
    return replace(batch, node_cat=node_cat[order], node_x=node_x[order])


def _scores(nodes: Tensor, summary: Tensor, batch: GraphBatch) -> Tensor:
    """Multiply every node with the projected summary of its graph."""
    return (nodes * summary.index_select(0, batch.graph_of_node)).sum(1)
