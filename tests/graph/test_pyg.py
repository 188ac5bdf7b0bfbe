"""To PyTorch Geometric and back."""

import pytest
import torch
from rdkit import Chem
from torch_geometric.data import Batch, Data

from graftwork.data.featurize import SCHEMAS
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.pack import pack
from molecule_graphs import molecule_graph

SMILES = ["CCO", "C", "c1ccccc1C(=O)N", "[Na+].[Cl-]"]


@pytest.fixture
def batch():
    schema = SCHEMAS["default"]
    graphs = [molecule_graph(Chem.MolFromSmiles(text), schema) for text in SMILES]
    labels = torch.arange(8.0).reshape(4, 2).numpy()
    return GraphBatch.from_packed(pack(graphs, schema), labels)


def test_round_trip_keeps_every_tensor(batch):
    back = GraphBatch.from_pyg(batch.to_pyg())
    assert back.num_graphs == batch.num_graphs
    for name in ("node_cat", "node_x", "edge_index", "edge_cat", "edge_x", "node_ptr", "y"):
        assert torch.equal(getattr(back, name), getattr(batch, name)), name


def test_each_graph_counts_its_own_nodes(batch):
    graphs = batch.to_pyg().to_data_list()
    assert [graph.num_nodes for graph in graphs] == [3, 1, 9, 2]
    assert graphs[2].edge_index.max() == 8
    assert graphs[1].edge_index.shape == (2, 0)


def test_root_counts_from_the_first_node_of_its_graph():
    data = Batch.from_data_list(
        [
            Data(edge_index=torch.tensor([[0, 1], [1, 0]]), num_nodes=2, root=torch.tensor([1])),
            Data(edge_index=torch.tensor([[0], [2]]), num_nodes=3, root=torch.tensor([0])),
        ]
    )
    found = GraphBatch.from_pyg(data)
    assert found.root is not None
    assert found.root.tolist() == [1, 2]
    assert GraphBatch.from_pyg(found.to_pyg()).root.tolist() == [1, 2]


def test_integer_features_are_categorical_and_float_ones_continuous():
    edges = torch.tensor([[0, 1], [1, 0]])
    ogb = GraphBatch.from_pyg(Data(x=torch.tensor([[6], [8]]), edge_index=edges))
    assert ogb.node_cat.tolist() == [[6], [8]]
    assert ogb.node_x.shape == (2, 0)
    plain = GraphBatch.from_pyg(Data(x=torch.rand(2, 3), edge_attr=torch.rand(2), edge_index=edges))
    assert plain.node_x.shape == (2, 3)
    assert plain.edge_x.shape == (2, 1)
    assert plain.node_cat.shape == (2, 0)


def test_what_does_not_fit_is_refused():
    edges = torch.tensor([[0], [5]])
    with pytest.raises(InputError, match="node 5 of 2"):
        GraphBatch.from_pyg(Data(edge_index=edges, num_nodes=2))
    two = Batch.from_data_list([Data(edge_index=edges[:, :0], num_nodes=1)] * 2)
    two.y = torch.zeros(3)
    with pytest.raises(InputError, match="do not fit 2 graphs"):
        GraphBatch.from_pyg(two)
