"""Leaving out what nobody reads, and what is there twice, changes no embedding and no gradient."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.graph.batch import GraphBatch
from graftwork.graph.reach import _alike, reach, whole
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.segment import bag_mean
from graftwork.nn.conv import CONVS
from graftwork.nn.encoder import _MANY, Encoder

SIZES = st.lists(st.integers(0, 6), min_size=1, max_size=5).filter(any)
KNOWLEDGE = ("last", "sum", "mean", "max")
EXACT = {"atol": 1e-10, "rtol": 1e-9}


def in_double(batch):
    return batch.map(lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)


def make(schema, seed=0, **shape):
    """An encoder in double precision whose every weight and running statistic is random."""
    torch.manual_seed(seed)
    encoder = Encoder(schema, EncoderConfig(**{"num_layers": 3, "dim": 6, **shape})).double()
    for value in [*encoder.parameters(), *encoder.buffers()]:
        if value.is_floating_point():
            value.data.uniform_(0.2, 1.5)
    for value in encoder.parameters():
        value.data.mul_(torch.randn_like(value).sign() * 0.7)
    return encoder


def plainly(encoder, batch):
    """Every node through every layer."""
    nodes, layers = encoder.nodes(batch.node_cat, batch.node_x), []
    for depth, (conv, norm) in enumerate(zip(encoder.convs, encoder.norms, strict=True), start=1):
        read, nodes = nodes, norm(conv(nodes, batch.block))
        if depth < len(encoder.convs):
            nodes = torch.relu(nodes)
        if encoder.config.residual and depth > 1:
            nodes = nodes + read
        layers.append(nodes)
    stacked = torch.stack(layers)
    how = encoder.config.jumping_knowledge
    return {"last": nodes, "sum": stacked.sum(0), "mean": stacked.mean(0), "max": stacked.amax(0)}[
        how
    ]


@pytest.mark.parametrize("conv", CONVS)
@settings(max_examples=10, deadline=None)
@given(
    sizes=SIZES,
    seed=st.integers(0, 1000),
    norm=st.sampled_from(["batch", "layer", "none"]),
    how=st.sampled_from(KNOWLEDGE),
    residual=st.booleans(),
)
def test_equal_neighbourhoods_are_computed_once(
    odd_schema, random_batch, conv, sizes, seed, norm, how, residual
):
    batch = in_double(random_batch(sizes, seed))
    batch.node_x.copy_(batch.node_x > 0)  # else no two nodes are alike
    batch.edge_x.copy_(batch.edge_x > 0)
    shape = {"conv": conv, "norm": norm, "jumping_knowledge": how, "residual": residual}
    encoder = make(odd_schema, seed, **shape).eval()
    rows = torch.randint(batch.num_nodes, (3,))
    with torch.no_grad():
        means = bag_mean(plainly(encoder, batch), batch.nodes_of_graph)
        torch.testing.assert_close(encoder(batch, batch.nodes_of_graph), means, **EXACT)
        torch.testing.assert_close(encoder(batch), plainly(encoder, batch), **EXACT)
        torch.testing.assert_close(encoder(batch, rows), plainly(encoder, batch)[rows], **EXACT)


@pytest.mark.parametrize("conv", CONVS)
@settings(max_examples=10, deadline=None)
@given(
    sizes=SIZES,
    seed=st.integers(0, 1000),
    norm=st.sampled_from(["layer", "none"]),
    how=st.sampled_from(KNOWLEDGE),
    residual=st.booleans(),
)
def test_unread_nodes_are_left_out_in_training(
    odd_schema, random_batch, conv, sizes, seed, norm, how, residual
):
    batch = in_double(random_batch(sizes, seed))
    shape = {"conv": conv, "norm": norm, "jumping_knowledge": how, "residual": residual}
    encoder = make(odd_schema, seed, **shape).train()
    rows = torch.randperm(batch.num_nodes)[: batch.num_nodes // 3 + 1]
    assert_same(encoder, lambda: encoder(batch, rows), lambda: plainly(encoder, batch)[rows])


def assert_same(encoder, *forwards):
    """Values and all gradients agree."""
    found = []
    for forward in forwards:
        encoder.zero_grad()
        value = forward()
        (value * torch.linspace(-1, 1, value.numel()).view_as(value)).sum().backward()
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in encoder.parameters()]
        found.append([value.detach(), *(grad.clone() for grad in grads)])
    for fast, slow in zip(*found, strict=True):
        torch.testing.assert_close(fast, slow, **EXACT)


@pytest.mark.parametrize("conv", CONVS)
def test_equal_nodes_are_trained_once_in_the_first_layer(make_batch, nci, conv):
    batch = in_double(make_batch(nci[:150]))
    encoder = make(SCHEMAS["default"], conv=conv, num_layers=2).train()
    assert batch.num_nodes > _MANY
    assert encoder._reach(batch, None).blocks[0].num_outputs < batch.num_nodes / 2
    assert_same(encoder, lambda: encoder(batch), lambda: plainly(encoder, batch))


def test_equal_nodes_drop_out_one_by_one(make_batch, nci):
    batch = make_batch(nci[:150])
    encoder = Encoder(SCHEMAS["default"], EncoderConfig(num_layers=1, dim=6, dropout=0.5)).train()
    output = encoder._reach(batch, None).copies.index
    alike = (output == output.mode().values).nonzero()[:, 0]
    dropped = encoder(batch)[alike] == 0
    assert 0 < dropped[:, 0].sum() < len(alike)


@pytest.mark.parametrize("how", KNOWLEDGE)
def test_batch_normalisation_in_training_reads_every_node(odd_schema, random_batch, how):
    batch = in_double(random_batch([5, 4, 6], seed=2))
    encoder = make(odd_schema, jumping_knowledge=how).train()
    rows = torch.tensor([7, 2, 2])
    torch.testing.assert_close(encoder(batch, rows), plainly(encoder, batch)[rows], **EXACT)


@pytest.mark.parametrize("conv", ["gin", "gcn"])
def test_bags_of_words_are_told_apart(conv):
    words = (torch.rand(600, 300, generator=torch.Generator().manual_seed(1)) < 0.01).float()
    edges = torch.randint(600, (2, 1500), generator=torch.Generator().manual_seed(2))
    schema = FeatureSchema("words", (), (), node_x=tuple(f"w{i}" for i in range(300)))
    batch = GraphBatch(
        node_cat=torch.zeros(600, 0, dtype=torch.int64),
        node_x=words,
        edge_index=edges,
        edge_cat=torch.zeros(1500, 0, dtype=torch.int64),
        edge_x=torch.zeros(1500, 0),
        node_ptr=torch.tensor([0, 600]),
        num_graphs=1,
    )
    batch = in_double(batch)
    encoder = make(schema, conv=conv, num_layers=2).eval()
    with torch.no_grad():
        torch.testing.assert_close(encoder(batch), plainly(encoder, batch), **EXACT)


def test_a_part_in_training_mode_is_trained_on_every_node(make_batch, tiny_encoder):
    encoder, batch = tiny_encoder(dropout=0.5).eval(), make_batch(["CCCCCC", "CCCCCC"])
    encoder.dropout.train()
    torch.manual_seed(0)
    with torch.no_grad():
        first, second = encoder(batch).split(6)
    assert not first.equal(second)  # each node has noise of its own


def test_molecules_are_merged_and_equal(make_batch, nci, tiny_encoder):
    encoder = tiny_encoder(num_layers=4).eval()
    batch = make_batch(nci[:200])
    with torch.no_grad():
        torch.testing.assert_close(encoder(batch), plainly(encoder, batch), atol=1e-5, rtol=1e-5)
    written = [block.num_outputs for block in reach(batch, 4, None, merge=True).blocks]
    assert written == sorted(written)
    assert written[0] < batch.num_nodes / 4
    assert written[-1] < batch.num_nodes


def test_the_nodes_of_a_molecule_twice_are_alike_and_those_of_its_mirror_image_are_not(make_batch):
    batch = make_batch(["CC(O)CN", "NCC(C)O", "C[C@H](O)CN", "C[C@@H](O)CN"])
    first, second, left, right = _alike(batch, 5)[-1].split(5)
    assert sorted(first.tolist()) == sorted(second.tolist())
    assert not set(left.tolist()) & set(right.tolist())


def test_a_centre_needs_fewer_nodes_in_every_layer(make_batch):
    batch = make_batch(["CCCCCCCCCCCC"])
    part = reach(batch, 3, torch.tensor([0]), merge=False)
    assert part.nodes.tolist() == [0, 1, 2, 3]
    assert [block.num_outputs for block in part.blocks] == [3, 2, 1]
    assert [block.num_inputs for block in part.blocks] == [4, 3, 2]
    everything = whole(batch, 3, None)
    assert everything.nodes is None
    assert [block.num_outputs for block in everything.blocks] == [12, 12, 12]
