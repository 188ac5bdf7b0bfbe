"""The published GCN, GraphSAGE and GAT encoders of Hu et al. compute what the original code does.

The reference is the original model code in evaluation mode, mean-pooled per molecule.
"""

from __future__ import annotations

import numpy as np
import pytest

from graftwork.cli.convert import convert
from graftwork.data.record import Record
from graftwork.inference import Model, load
from mirror import mirrored

NAMES = [
    f"{layer}_{stage}"
    for layer in ("gcn", "graphsage", "gat")
    for stage in ("contextpred", "supervised_contextpred")
]


@pytest.fixture(scope="module")
def golden():
    with np.load(mirrored("../golden/pretrain_gnns_embeddings.npz")) as file:
        return dict(file)


@pytest.fixture(scope="module")
def smiles():
    return mirrored("../golden/pretrain_gnns_smiles.txt").read_text().split()


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """A published checkpoint by name -> the loaded model, each converted once."""
    folder, models = tmp_path_factory.mktemp("converted"), {}

    def make(name) -> Model:
        if name not in models:
            convert(mirrored(f"weights/pretrain-gnns/{name}.pth"), folder / name)
            models[name] = load(folder / name)
        return models[name]

    return make


@pytest.mark.parametrize("name", NAMES)
def test_graph_embeddings(converted, golden, smiles, name):
    model = converted(name)
    assert model.encoder.config.conv == name.split("_")[0]
    assert (model.encoder.config.num_layers, model.encoder.config.dim) == (5, 300)
    # float32 has seven digits: the largest numbers, some hundreds, differ between processors
    within = max(1e-4, 2e-6 * np.abs(golden[name]).max())
    np.testing.assert_allclose(model.embed(smiles), golden[name], atol=within, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_molecule_alone_embeds_as_in_a_batch(converted, golden, smiles, name):
    # other shapes of matrix products round differently, relative to the largest numbers
    scale = np.abs(golden[name]).max()
    for row in (0, 7):
        alone = converted(name).embed(smiles[row])
        np.testing.assert_allclose(alone[0], golden[name][row], atol=2e-6 * scale + 1e-5, rtol=0)


def test_node_embeddings(converted, golden, smiles):
    records = [Record(row, row + 1, text, ()) for row, text in enumerate(smiles[:8])]
    found = list(converted("gcn_contextpred").embed_records(records, "node"))
    assert [len(row.values) for row in found] == golden["num_nodes"][:8].tolist()
    nodes = np.concatenate([row.values for row in found])
    np.testing.assert_allclose(nodes, golden["gcn_contextpred_nodes_first8"], atol=1e-4, rtol=0)
