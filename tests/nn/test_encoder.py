"""The encoder: jumping knowledge, symmetry, what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.pack import pack
from graftwork.nn.conv import CONVS
from graftwork.nn.encoder import Encoder


def layers_of(encoder, batch):
    """The layers' outputs, one by one, as the class documents them."""
    nodes, found = encoder.nodes(batch.node_cat, batch.node_x), []
    for depth in range(encoder.config.num_layers):
        nodes = encoder.norms[depth](encoder.convs[depth](nodes, batch.block))
        if depth < encoder.config.num_layers - 1:
            nodes = torch.relu(nodes)
        found.append(nodes)
    return found


@pytest.mark.parametrize("how", ["last", "sum", "mean", "max"])
def test_jumping_knowledge(how, tiny_encoder, make_batch, nci):
    encoder = tiny_encoder(num_layers=3, jumping_knowledge=how).eval()
    batch = make_batch(nci[:10])
    layers = layers_of(encoder, batch)
    expected = {
        "last": layers[-1],
        "sum": layers[0] + layers[1] + layers[2],
        "mean": (layers[0] + layers[1] + layers[2]) / 3,
        "max": torch.maximum(torch.maximum(layers[0], layers[1]), layers[2]),
    }[how]
    out = encoder(batch)
    torch.testing.assert_close(out, expected)
    assert out.shape == (batch.num_nodes, 16)
    # no ReLU after the last layer; a maximum with earlier, rectified layers is not negative
    assert (out < 0).any() == (how != "max")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"conv": "cheb"}, "'cheb'"),
        ({"num_layers": 0}, "0 layers"),
        ({"num_layers": -3}, "-3 layers"),
        ({"num_layers": 129}, "129 layers"),
        ({"dim": 0}, "width 0"),
        ({"dim": -1}, "width -1"),
        ({"dim": 10**9}, "width 1000000000"),
        ({"dropout": 1.0}, "1.0"),
        ({"dropout": -0.1}, "-0.1"),
        ({"dropout": float("nan")}, "nan"),
        ({"jumping_knowledge": "concat"}, "'concat'"),
    ],
)
def test_impossible_shapes_are_refused_with_their_value(change, said):
    with pytest.raises(InputError, match=said):
        Encoder(SCHEMAS["default"], replace(EncoderConfig(), **change))


def permuted(graph, order):
    """The same graph with node ``order[i]`` at place ``i``."""
    place = np.argsort(order)
    return replace(
        graph,
        node_cat=graph.node_cat[order],
        node_x=graph.node_x[order],
        edge_index=place[graph.edge_index].reshape(-1, 2)[::-1],
        edge_cat=graph.edge_cat[::-1],
        edge_x=graph.edge_x[::-1],
    )


@pytest.mark.parametrize("conv", CONVS)
@settings(max_examples=15, deadline=None)
@given(nodes=st.integers(1, 9), seed=st.integers(0, 1000))
def test_permuting_nodes_permutes_their_embeddings(
    odd_schema, random_graphs, tiny_encoder, conv, nodes, seed
):
    (graph,) = random_graphs([nodes], seed)
    order = np.random.default_rng(seed).permutation(nodes)
    encoder = tiny_encoder(odd_schema, seed, conv=conv).eval()
    plain, shuffled = (
        encoder(GraphBatch.from_packed(pack([g], odd_schema)))
        for g in (graph, permuted(graph, order))
    )
    torch.testing.assert_close(shuffled, plain[torch.from_numpy(order)], atol=1e-5, rtol=1e-5)


def test_dropout_works_in_training_only(tiny_encoder, make_batch, nci):
    encoder, batch = tiny_encoder(dropout=0.5), make_batch(nci[:8])
    assert not encoder(batch).equal(encoder(batch))
    encoder.eval()
    assert encoder(batch).equal(encoder(batch))


@pytest.mark.parametrize("conv", sorted(CONVS.keys() - {"gcn", "graphsage"}))
def test_fits_a_random_label_of_every_atom(tiny_encoder, make_batch, conv):
    """Each atom of asymmetric molecules has its own surroundings, hence its own embedding.

    The last layer of GCN and GraphSAGE is a linear filter over neighbours; on a chain of five
    atoms it is singular, so that a linear read-out cannot fit every label.
    """
    batch = make_batch(["OCCCN", "FC(Cl)CBr", "CC(=O)C#N", "SCC=O"])
    encoder = tiny_encoder(num_layers=3, dim=32, conv=conv)
    y = torch.randint(0, 2, (batch.num_nodes,), generator=torch.Generator().manual_seed(0)).float()
    assert 0 < y.sum() < len(y)
    read = torch.nn.Linear(32, 1)
    optimizer = torch.optim.Adam([*encoder.parameters(), *read.parameters()], lr=1e-2)
    for _ in range(120):
        optimizer.zero_grad()
        raw = read(encoder(batch))[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(raw, y)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05
