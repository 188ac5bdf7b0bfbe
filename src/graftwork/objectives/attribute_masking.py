"""Attribute masking: hide nodes (and their edges), predict what was there."""

from __future__ import annotations

from dataclasses import replace
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import CategoricalColumn, FeatureSchema
from graftwork.nn.encoder import Encoder
from graftwork.objectives.objective import Objective, StepOutput


@final
class AttributeMasking(Objective):
    """Predict the hidden categorical attributes of nodes, optionally of their edges.

    Hu et al., *Strategies for Pre-training Graph Neural Networks*, ICLR 2020, section 3.1.2. A
    hidden node has every column set to its mask id, continuous features set to zero; an edge that
    touches a hidden node is hidden too when ``edges`` is on. A node is predicted from its own
    embedding, an edge from the sum of its ends' embeddings.

    Parameters
    ----------
    schema
        Names the columns and their mask ids.
    dim
        Width of the node embeddings.
    rate
        Share of nodes to hide; at least one per graph.
    edges
        Hide and predict the edges of hidden nodes too.
    """

    def __init__(
        self, schema: FeatureSchema, dim: int, rate: float = 0.15, *, edges: bool = False
    ) -> None:
        super().__init__()
        self.rate = rate
        self.edges = edges
        self.schema = schema
        self.node_heads = nn.ModuleList(nn.Linear(dim, c.size) for c in schema.node_cat)
        self.edge_heads = nn.ModuleList(
            nn.Linear(dim, c.size) for c in (schema.edge_cat if edges else ())
        )

    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Hide, encode, predict."""
        hidden = choose_nodes(batch, self.rate, generator).to(batch.node_cat.device)
        touched = hidden_edges(batch, hidden)
        masked = hide(batch, hidden, touched if self.edges else None, self.schema)
        embedding = encoder(masked)
        logs: dict[str, Tensor] = {}
        loss = _predict(
            embedding[hidden], batch.node_cat[hidden], self.node_heads, self.schema.node_cat, logs
        )
        if self.edges and len(touched):
            source, target = batch.edge_index[:, touched]
            ends = embedding[source] + embedding[target]
            loss = loss + _predict(
                ends, batch.edge_cat[touched], self.edge_heads, self.schema.edge_cat, logs
            )
        return StepOutput(loss, logs)


def choose_nodes(batch: GraphBatch, rate: float, generator: torch.Generator) -> Tensor:
    """Return the sorted positions of the nodes to hide: ``floor(rate * n + 1)`` of a graph's n."""
    size = batch.node_ptr.diff().cpu()
    keys = torch.rand(batch.num_nodes, generator=generator, dtype=torch.float64)
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
    node_mask = torch.tensor([c.mask for c in schema.node_cat], device=nodes.device)
    changed = replace(
        batch,
        node_cat=batch.node_cat.index_copy(0, nodes, node_mask.expand(len(nodes), -1)),
        node_x=batch.node_x.index_fill(0, nodes, 0.0),
    )
    if edges is None:
        return changed
    edge_mask = torch.tensor([c.mask for c in schema.edge_cat], device=edges.device)
    return replace(
        changed,
        edge_cat=batch.edge_cat.index_copy(0, edges, edge_mask.expand(len(edges), -1)),
        edge_x=batch.edge_x.index_fill(0, edges, 0.0),
    )


def _predict(
    embedding: Tensor,
    targets: Tensor,
    heads: nn.ModuleList,
    columns: tuple[CategoricalColumn, ...],
    logs: dict[str, Tensor],
) -> Tensor:
    """Average the cross entropy over columns and log each column's accuracy."""
    losses = []
    for position, (head, column) in enumerate(zip(heads, columns, strict=True)):
        scores, truth = head(embedding), targets[:, position]
        losses.append(cross_entropy(scores.float(), truth))
        logs[f"accuracy/{column.name}"] = (scores.argmax(1) == truth).float().mean().detach()
    return torch.stack(losses).mean()
