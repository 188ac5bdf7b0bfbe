"""Attribute masking: hide nodes (and their edges), predict what was there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, mse_loss

from graftwork.config import EncoderConfig
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import CategoricalColumn, FeatureSchema
from graftwork.graph.shapes import with_empty_rows
from graftwork.graph.tasks import TaskSet
from graftwork.nn.encoder import Encoder
from graftwork.nn.precision import single
from graftwork.nn.ranks import share
from graftwork.objectives.contrast import nothing_to_learn
from graftwork.objectives.objective import Objective, ObjectiveSettings, StepOutput


@dataclass(frozen=True)
class AttributeMaskingSettings(ObjectiveSettings):
    """Settings of attribute masking."""

    limits: ClassVar = {**ObjectiveSettings.limits, "rate": (1e-6, 1 - 1e-6)}

    rate: float = 0.15
    """Share of nodes to hide; at least one per graph."""
    edges: bool = False
    """Hide and predict the edges of hidden nodes too."""
    predict: str = "all"
    """Which node columns to predict, by commas; all are hidden. Hu et al.: atomic_number."""


@final
class AttributeMasking(Objective):
    """Predict the hidden attributes of nodes, optionally of their edges.

    Hu et al., *Strategies for Pre-training Graph Neural Networks*, ICLR 2020, section 3.1.2. A
    hidden node has every categorical column set to its mask id and continuous ones to zero; an
    edge that touches a hidden node is hidden too when ``edges`` is on. A node is predicted from
    its own embedding, an edge from the sum of its ends' embeddings: cross entropy for each
    categorical column, squared error for the continuous ones, averaged. Hu et al. predict only the
    first column, the element: ``predict="atomic_number"``.
    """

    Settings = AttributeMaskingSettings
    settings: AttributeMaskingSettings

    def __init__(
        self,
        schema: FeatureSchema,
        encoder: EncoderConfig,
        settings: AttributeMaskingSettings | None = None,
        tasks: TaskSet | None = None,
    ) -> None:
        super().__init__(schema, encoder, settings, tasks)
        self.node_head = _Reconstruction(
            "nodes", self.dim, *predicted_columns(schema, self.settings.predict)
        )
        self.edge_head = None
        if self.settings.edges and (schema.edge_cat or schema.edge_x):
            columns = list(enumerate(schema.edge_cat))
            self.edge_head = _Reconstruction("edges", self.dim, columns, len(schema.edge_x))

    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Hide, encode, predict."""
        hidden = choose_nodes(batch, self.settings.rate, generator).to(batch.node_cat.device)
        touched = hidden_edges(batch, hidden)
        masked = hide(batch, hidden, touched if self.settings.edges else None, self.schema)
        ends = batch.edge_index[:, touched if self.edge_head is not None else touched[:0]]
        read = encoder(masked, torch.cat([hidden, *ends]))
        nodes, source, target = read.split([len(hidden), ends.shape[1], ends.shape[1]])
        logs: dict[str, Tensor] = {}
        loss = self.node_head(nodes, batch.node_cat[hidden], batch.node_x[hidden], logs)
        if self.edge_head is not None and share(len(touched)).total:
            edges = source + target
            loss = loss + self.edge_head(
                edges, batch.edge_cat[touched], batch.edge_x[touched], logs
            )
        elif self.edge_head is not None:
            loss = loss + nothing_to_learn(self.edge_head)
        return StepOutput(loss, logs)


class _Reconstruction(nn.Module):
    """Predict the attributes of hidden nodes or edges from embeddings ``[hidden, dim]``."""

    def __init__(
        self, what: str, dim: int, columns: list[tuple[int, CategoricalColumn]], numbers: int
    ) -> None:
        super().__init__()
        self.what = what
        self.columns = [(place, column.name) for place, column in columns]
        self.classes = nn.ModuleList(nn.Linear(dim, column.size) for _, column in columns)
        self.numbers = nn.Linear(dim, numbers) if numbers else None

    def forward(self, embedding: Tensor, ids: Tensor, x: Tensor, logs: dict[str, Tensor]) -> Tensor:
        """Average the loss over columns and log each categorical column's accuracy."""
        rows, losses = share(len(embedding)), []
        for (place, name), scores in zip(self.columns, self._scores(embedding), strict=True):
            truth = ids[:, place]
            losses.append(rows.mean(cross_entropy(single(scores), truth, reduction="none")))
            logs[f"accuracy/{name}"] = rows.mean((scores.argmax(1) == truth).float())
        if self.numbers is not None:
            guess = single(self.numbers(embedding))
            losses.append(rows.mean(mse_loss(guess, x, reduction="none")))
            logs[f"{self.what}/squared_error"] = losses[-1].detach()
        return torch.stack(losses).mean()

    def _scores(self, embedding: Tensor) -> Sequence[Tensor]:
        """Return the scores ``[hidden, classes]`` of every column, from one matrix product."""
        heads = [head for head in self.classes if isinstance(head, nn.Linear)]
        if not heads:
            return []
        weight = torch.cat([head.weight for head in heads])
        bias = torch.cat([head.bias for head in heads])
        scores = linear(with_empty_rows(embedding), weight, bias)[: len(embedding)]
        return scores.split([head.out_features for head in heads], dim=1)


def predicted_columns(
    schema: FeatureSchema, predict: str
) -> tuple[list[tuple[int, CategoricalColumn]], int]:
    """Return the categorical node columns to predict with their places, and how many numbers.

    Parameters
    ----------
    predict
        Names of columns, by commas, or ``"all"``.

    Raises
    ------
    InputError
        If there is no such column.
    """
    columns = list(enumerate(schema.node_cat))
    if predict == "all":
        return columns, len(schema.node_x)
    names = [name.strip() for name in predict.split(",")]
    known = [column.name for _, column in columns]
    if unknown := [name for name in names if name not in known]:
        raise InputError(
            f"Masking cannot predict {', '.join(unknown)}.",
            f"Known: all, or some of {', '.join(known)}.",
        )
    return [(place, column) for place, column in columns if column.name in names], 0


def choose_nodes(batch: GraphBatch, rate: float, generator: torch.Generator) -> Tensor:
    """Return the sorted positions of the nodes to hide: ``floor(rate * n + 1)`` of a graph's n."""
    size = batch.node_ptr.diff().cpu()
    nodes = share(batch.num_nodes)
    keys = nodes.own(torch.rand(nodes.total, generator=generator, dtype=torch.float64))
    graph = batch.graph_of_node.cpu()
    order = torch.argsort(graph + keys)  # shuffled within each graph
    rank = torch.arange(batch.num_nodes) - batch.node_ptr[:-1].cpu()[graph]
    count = (rate * size.double() + 1).floor().clamp(max=size)
    return order[rank < count[graph]].sort().values


def hidden_edges(batch: GraphBatch, hidden: Tensor) -> Tensor:
    """Return the positions of the edges with at least one hidden end."""
    is_hidden = torch.zeros(batch.num_nodes, dtype=torch.bool, device=hidden.device)
    is_hidden[hidden] = True
    return is_hidden[batch.edge_index].any(0).nonzero()[:, 0]


def hide(
    batch: GraphBatch, nodes: Tensor, edges: Tensor | None, schema: FeatureSchema
) -> GraphBatch:
    """Return a batch in which these nodes and edges show only mask ids; the input is kept."""
    node_mask = _masks(schema.node_cat, nodes.device)
    changed = replace(
        batch,
        node_cat=batch.node_cat.index_copy(0, nodes, node_mask.expand(len(nodes), -1)),
        node_x=batch.node_x.index_fill(0, nodes, 0.0),
    )
    if edges is None:
        return changed
    edge_mask = _masks(schema.edge_cat, edges.device)
    return replace(
        changed,
        edge_cat=batch.edge_cat.index_copy(0, edges, edge_mask.expand(len(edges), -1)),
        edge_x=batch.edge_x.index_fill(0, edges, 0.0),
    )


def _masks(columns: tuple[CategoricalColumn, ...], device: torch.device) -> Tensor:
    return torch.tensor([column.mask for column in columns], dtype=torch.int64, device=device)
