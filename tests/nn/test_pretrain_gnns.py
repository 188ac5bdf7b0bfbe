"""The layout of pretrain-gnns: what converted weights compute, and what does not fit."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import embedding, leaky_relu, linear, normalize

from foreign_checkpoints import foreign_state, molclr_state
from graftwork.data.featurize import SCHEMAS
from graftwork.errors import ArtifactError
from graftwork.nn.legacy import LegacyCheckpoint
from graftwork.nn.pretrain_gnns import build_encoder

KINDS = ("gin", "gcn", "graphsage", "gat")
SMILES = ["C/C=C/C(=O)O", "c1ccccc1[C@H](N)C#N", "C", "[Na+].[Cl-]"]


def build(state, conv=None):
    return build_encoder(LegacyCheckpoint("x.pth", "0" * 64, dict(state)), SCHEMAS["hu2020"], conv)


def original(state, kind, batch, layers=2):
    """Compute node embeddings from the file's names, as the publication describes it."""
    count = batch.num_nodes
    nodes = torch.arange(count)
    source, target = torch.cat([batch.edge_index, torch.stack([nodes, nodes])], 1)
    loops = torch.tensor([[4, 0]]).expand(count, 2)
    bonds = torch.cat([batch.edge_cat, loops])
    h = state["x_embedding1.weight"][batch.node_cat[:, 0]]
    h = h + state["x_embedding2.weight"][batch.node_cat[:, 1]]
    degree = torch.bincount(target, minlength=count).float()
    for n in range(layers):
        own = {k.removeprefix(f"gnns.{n}."): v for k, v in state.items() if f"gnns.{n}." in k}
        norm = {k.split(".")[2]: v for k, v in state.items() if f"batch_norms.{n}." in k}
        e = embedding(bonds[:, 0], own["edge_embedding1.weight"])
        e = e + embedding(bonds[:, 1], own["edge_embedding2.weight"])
        if kind == "gin":
            total = torch.zeros_like(h).index_add(0, target, h[source] + e)
            hidden = linear(total, own["mlp.0.weight"], own["mlp.0.bias"]).relu()
            h = linear(hidden, own["mlp.2.weight"], own["mlp.2.bias"])
        elif kind == "gat":
            x = linear(h, own["weight_linear.weight"], own["weight_linear.bias"])
            z = (x[source] + e).view(len(source), 2, -1)
            pair = torch.cat([x[target].view(len(source), 2, -1), z], 2)
            score = leaky_relu((pair * own["att"]).sum(2), 0.2).exp()
            share = score / torch.zeros(count, 2).index_add(0, target, score)[target]
            total = torch.zeros(count, *z.shape[1:]).index_add(0, target, share[:, :, None] * z)
            h = total.mean(1) + own["bias"]
        else:
            x = linear(h, own["linear.weight"], own["linear.bias"])
            scale = (
                (degree[source] * degree[target]) ** -0.5 if kind == "gcn" else 1 / degree[target]
            )
            h = torch.zeros_like(h).index_add(0, target, scale[:, None] * (x[source] + e))
            h = normalize(h, dim=1) if kind == "graphsage" else h
        h = (h - norm["running_mean"]) / (norm["running_var"] + 1e-5) ** 0.5
        h = h * norm["weight"] + norm["bias"]
        h = h.relu() if n < layers - 1 else h
    return h


@pytest.mark.parametrize("kind", KINDS)
def test_a_converted_encoder_computes_what_the_publication_describes(make_batch, kind):
    state, batch = foreign_state(kind, layers=3), make_batch(SMILES, schema="hu2020")
    found = build(state)
    assert found.encoder.config.to_dict() == {
        "conv": kind,
        "num_layers": 3,
        "dim": 8,
        "jumping_knowledge": "last",
        "dropout": 0.0,
        "norm": "batch",
    }
    assert not found.encoder.training
    assert (found.layout, found.dropped, found.padded) == ("pretrain-gnns, chemistry", [], [])
    expected = original(state, kind, batch, layers=3)
    torch.testing.assert_close(found.encoder(batch), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_no_weight_shares_memory_with_the_file_and_all_train(kind):
    state = foreign_state(kind)
    encoder = build(state).encoder
    for value in state.values():
        value.zero_()
    assert all(p.requires_grad and p.any() for p in encoder.parameters())


@pytest.mark.parametrize("prefix", ["gnn.", "module.", "module.gnn.", "encoder.0."])
def test_a_prefix_comes_off_and_what_lies_outside_is_dropped(prefix):
    state = foreign_state("gat")
    outside = {"graph_pred_linear.weight": torch.ones(1, 8), "decoder.w": torch.ones(1)}
    found = build({**{prefix + name: value for name, value in state.items()}, **outside})
    assert found.dropped == ["decoder", "graph_pred_linear"]
    assert found.encoder.convs[1].bias.equal(state["gnns.1.bias"])


def test_molclr(make_batch):
    state, batch = molclr_state(), make_batch(SMILES, schema="hu2020")
    found = build(state)
    assert found.layout == "MolCLR"
    assert found.dropped == ["feat_lin", "out_lin"]
    assert len(found.padded) == 2
    torch.testing.assert_close(
        found.encoder(batch), original(state, "gin", batch), atol=1e-4, rtol=1e-4
    )
    atoms, bonds = (
        found.encoder.nodes.tables[0].weight,
        found.encoder.convs[1].edges.tables[0].weight,
    )
    hidden = SCHEMAS["hu2020"].node_cat[0].mask
    assert atoms[hidden].equal(state["x_embedding1.weight"][118])
    assert atoms[118].equal(state["x_embedding1.weight"][118])
    assert bonds[:5].equal(state["gnns.1.edge_embedding1.weight"])
    torch.testing.assert_close(bonds[5], bonds[:4].mean(0))


def test_rows_are_not_made_up_where_only_one_vocabulary_is_short():
    for sizes in ({"atoms": 119}, {"bonds": 5}, {"atoms": 118, "bonds": 5}):
        with pytest.raises(ArtifactError, match=r" \((119|118|5), 8\), expected"):
            build(foreign_state("gin", **sizes))


@pytest.mark.parametrize("kind", ["gcn", "graphsage"])
@pytest.mark.parametrize("named", ["gcn", "graphsage"])
def test_a_named_layer_needs_no_telling(kind, named):
    assert build(foreign_state(kind), named).encoder.config.conv == named


@pytest.mark.parametrize("case", ["untrained", "one layer of each"])
def test_gcn_or_graphsage_is_asked_for_where_it_cannot_be_told(case):
    state = foreign_state("graphsage", dim=1 if case == "untrained" else 8)
    if case == "untrained":  # of width 1, so that the sum is 1 as well
        for n in range(2):
            state[f"batch_norms.{n}.running_mean"].zero_()
            state[f"batch_norms.{n}.running_var"].fill_(1)
    else:
        state["batch_norms.1.running_var"] *= 3
    with pytest.raises(ArtifactError, match="--encoder gcn or --encoder graphsage"):
        build(state)


def test_a_named_layer_must_fit():
    with pytest.raises(ArtifactError, match="type gat, not 'gin'"):
        build(foreign_state("gat"), "gin")
    with pytest.raises(ArtifactError, match="type gcn or graphsage, not 'gine'"):
        build(foreign_state("gcn"), "gine")


def test_a_missing_count_of_batches_is_zero_and_other_floats_become_single():
    state = foreign_state("gin")
    for n in range(2):
        del state[f"batch_norms.{n}.num_batches_tracked"]
    state["gnns.0.mlp.0.bias"] = state["gnns.0.mlp.0.bias"].double()
    state["gnns.0.mlp.2.bias"] = state["gnns.0.mlp.2.bias"].half()
    encoder = build(state).encoder
    assert encoder.norms[1].num_batches_tracked == 0
    assert {value.dtype for value in encoder.parameters()} == {torch.float32}
    torch.testing.assert_close(
        encoder.convs[0].mlp[2].bias, state["gnns.0.mlp.2.bias"].float(), atol=0, rtol=0
    )


def change(name, value):
    return lambda state: state.update({name: value})


def drop(name):
    return lambda state: state.pop(name)


def double(state):
    state |= {f"context.{name}": value for name, value in state.items()}


def wide(state):
    for name in list(state):
        state[name] = torch.zeros(1).expand(120, 9000)


def deep(state):
    state |= {f"gnns.{n}.mlp.0.weight": torch.ones(1) for n in range(2, 129)}


WRONG = {
    "no atoms": (drop("x_embedding1.weight"), r"no 'x_embedding1\.weight'; its first weights are"),
    "two encoders": (double, "two encoders"),
    "no layers": (
        lambda s: [s.pop(name) for name in list(s) if name.startswith("gnns")],
        "has the layers none",
    ),
    "a gap": (
        lambda s: [s.pop(name) for name in list(s) if name.startswith("gnns.0")],
        "has the layers '1'",
    ),
    "layer x": (change("gnns.x.w", torch.ones(1)), "has the layers '0', '1', 'x'"),
    "unknown layer": (drop("gnns.0.mlp.0.weight"), "weights of no known layer"),
    "two kinds": (change("gnns.0.att", torch.ones(1)), "weights of no known layer"),
    "missing": (drop("gnns.1.mlp.2.bias"), r"missing weights 'gnns\.1\.mlp\.2\.bias', unknown"),
    "unknown": (change("gnns.1.mlp.9", torch.ones(1)), r"unknown weights 'gnns\.1\.mlp\.9'"),
    "unknown head": (change("decoder.weight", torch.ones(1)), r"unknown weights 'decoder\.weight'"),
    "shape": (
        change("gnns.1.mlp.0.bias", torch.ones(15)),
        r"gnns\.1\.mlp\.0\.bias is torch\.float32 \(15,\), expected float32 \(16,\)",
    ),
    "same size, other shape": (change("gnns.1.mlp.0.bias", torch.ones(4, 4)), r"\(4, 4\)"),
    "whole numbers": (
        change("gnns.1.mlp.0.bias", torch.ones(16, dtype=torch.long)),
        r"is torch\.int64 \(16,\)",
    ),
    "a count that is a float": (
        change("batch_norms.0.num_batches_tracked", torch.tensor(1.0)),
        "expected int64",
    ),
    "NaN": (change("x_embedding2.weight", torch.full((3, 8), torch.nan)), "NaN or infinity"),
    "beyond single precision": (
        change("x_embedding2.weight", torch.full((3, 8), 1e300, dtype=torch.double)),
        "NaN or infinity",
    ),
    "complex": (
        change("x_embedding2.weight", torch.ones(3, 8, dtype=torch.cfloat)),
        r"x_embedding2\.weight is torch\.complex64",
    ),
    "a flat table": (change("x_embedding1.weight", torch.ones(960)), "width 0"),
    "a table without rows": (change("x_embedding1.weight", torch.ones(())), "width 0"),
    "too wide": (wide, "width 9000"),
    "too deep": (deep, "129 layers"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_named(case):
    state = foreign_state("gin")
    edit, said = WRONG[case]
    edit(state)
    with pytest.raises(ArtifactError, match=said):
        build(state)


def test_a_short_table_of_whole_numbers_is_not_padded():
    state = molclr_state()
    state["gnns.0.edge_embedding1.weight"] = torch.ones(5, 8, dtype=torch.long)
    with pytest.raises(ArtifactError, match="expected float32"):
        build(state)


@pytest.mark.parametrize("kind", ["gcn", "graphsage"])
def test_missing_statistics_are_named(kind):
    state = foreign_state(kind)
    del state["batch_norms.0.running_var"]
    with pytest.raises(ArtifactError):
        build(state)
    with pytest.raises(ArtifactError, match=r"missing weights 'batch_norms\.0\.running_var'"):
        build(state, kind)
