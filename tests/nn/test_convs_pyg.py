"""The modern layers equal those of PyTorch Geometric with the same weights."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import one_hot

from graftwork.nn.conv import GATv2Conv, GINEConv

geometric = pytest.importorskip("torch_geometric.nn")


def edge_attributes(schema, batch, *, loops):
    """One-hot columns and continuous ones, as the rows of the tables and of the linear map."""
    columns = [one_hot(batch.edge_cat[:, i], c.size) for i, c in enumerate(schema.edge_cat)]
    attributes = torch.cat([*columns, batch.edge_x], 1)
    if not loops:
        return batch.edge_index, attributes
    ids = [one_hot(torch.tensor(c.self_loop), c.size) for c in schema.edge_cat]
    own = torch.cat([*ids, torch.zeros(batch.edge_x.shape[1])])
    nodes = torch.arange(batch.num_nodes)
    return (
        torch.cat([batch.edge_index, torch.stack([nodes, nodes])], 1),
        torch.cat([attributes, own.expand(batch.num_nodes, -1)]),
    )


def edge_weight(edges):
    """``[dim, attributes]``: the tables and the linear map as one matrix."""
    return torch.cat([*(table.weight.T for table in edges.tables), edges.linear.weight], 1)


@pytest.mark.parametrize(("dim", "heads"), [(8, 4), (6, 2), (5, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_gatv2(odd_schema, random_batch, dim, heads, seed):
    torch.manual_seed(seed)
    ours, batch = GATv2Conv(odd_schema, dim), random_batch([6, 1, 4], seed)
    torch.nn.init.normal_(ours.bias)
    weight = edge_weight(ours.edges)
    theirs = geometric.GATv2Conv(
        dim, dim // heads, heads=heads, edge_dim=weight.shape[1], add_self_loops=False
    )
    theirs.load_state_dict(
        {
            "att": ours.attention[None],
            "bias": ours.bias,
            "lin_l.weight": ours.source.weight,
            "lin_l.bias": ours.source.bias,
            "lin_r.weight": ours.target.weight,
            "lin_r.bias": ours.target.bias,
            "lin_edge.weight": weight,
        }
    )
    nodes = torch.randn(11, dim)
    expected = theirs(nodes, *edge_attributes(odd_schema, batch, loops=True))
    torch.testing.assert_close(ours(nodes, batch.block), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_gine(odd_schema, random_batch, seed):
    torch.manual_seed(seed)
    ours, batch = GINEConv(odd_schema, 6), random_batch([6, 1, 4], seed)
    torch.nn.init.normal_(ours.eps)
    weight = edge_weight(ours.edges)
    theirs = geometric.GINEConv(ours.mlp, train_eps=True, edge_dim=weight.shape[1])
    with torch.no_grad():  # made in place, as the constructor resets the shared network
        theirs.eps.copy_(ours.eps)
        theirs.lin.weight.copy_(weight)
        theirs.lin.bias.zero_()
    nodes = torch.randn(11, 6)
    expected = theirs(nodes, *edge_attributes(odd_schema, batch, loops=False))
    torch.testing.assert_close(ours(nodes, batch.block), expected, atol=1e-5, rtol=1e-5)
