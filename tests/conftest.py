"""Real molecules, made-up graphs and tiny encoders that the tests share."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: cores are shared, results exact

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def nci():
    """SMILES of the first 5,000 molecules of the NCI set that comes with RDKit."""
    from rdkit import RDConfig

    lines = (Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi").read_text().splitlines()
    return [line.split()[0] for line in lines]


@pytest.fixture(scope="session")
def make_store():
    """SMILES -> a graph store in memory, featurised in this process; unusable ones left out."""
    from graftwork.data.featurize import SCHEMAS, UnusableMoleculeError, parse_molecule
    from graftwork.data.store import GraphStore
    from graftwork.graph.pack import pack
    from molecule_graphs import molecule_graph

    def make(smiles, schema="default"):
        schema = SCHEMAS[schema]
        graphs = []
        for text in smiles:
            try:
                graphs.append(molecule_graph(parse_molecule(text, schema.options), schema))
            except UnusableMoleculeError:
                continue
        return GraphStore.from_parts(schema, [(list(range(len(graphs))), pack(graphs, schema))])

    return make


@pytest.fixture(scope="session")
def make_batch(make_store):
    """SMILES and labels -> a batch."""
    from graftwork.graph.batch import GraphBatch

    def make(smiles, y=None, schema="default"):
        graphs = make_store(smiles, schema).graphs
        return GraphBatch.from_packed(graphs, None if y is None else np.asarray(y, np.float32))

    return make


@pytest.fixture(scope="session")
def odd_schema():
    """Two categorical and some continuous columns on nodes and edges; self loop not id 0."""
    from graftwork.graph.schema import CategoricalColumn, FeatureSchema

    return FeatureSchema(
        featurizer="made-up",
        node_cat=(CategoricalColumn("a", 5, mask=4), CategoricalColumn("b", 3, mask=2)),
        edge_cat=(
            CategoricalColumn("t", 4, mask=3, self_loop=2),
            CategoricalColumn("u", 6, mask=5, self_loop=1),
        ),
        node_x=("x",),
        edge_x=("length", "angle"),
    )


@pytest.fixture(scope="session")
def random_graphs(odd_schema):
    """Graphs of ``odd_schema`` with given sizes: directed, with self loops and double edges."""
    from graftwork.graph.types import Graph

    def make(sizes, seed=0):
        rng = np.random.default_rng(seed)

        def ids(rows, columns):
            return np.stack([rng.integers(0, c.size - 1, rows) for c in columns], 1)

        graphs = []
        for nodes in sizes:
            edges = int(rng.integers(0, 3 * nodes + 1)) if nodes else 0
            graphs.append(
                Graph(
                    node_cat=ids(nodes, odd_schema.node_cat),
                    edge_index=rng.integers(0, max(nodes, 1), (edges, 2)),
                    edge_cat=ids(edges, odd_schema.edge_cat),
                    node_x=rng.normal(size=(nodes, 1)).astype(np.float32),
                    edge_x=rng.normal(size=(edges, 2)).astype(np.float32),
                )
            )
        return graphs

    return make


@pytest.fixture(scope="session")
def random_batch(odd_schema, random_graphs):
    """Graphs of ``odd_schema`` with given sizes as a batch."""
    from graftwork.graph.batch import GraphBatch
    from graftwork.graph.pack import pack

    return lambda sizes, seed=0: GraphBatch.from_packed(
        pack(random_graphs(sizes, seed), odd_schema)
    )


@pytest.fixture(scope="session")
def tiny_encoder():
    """A small encoder with seeded weights."""
    import torch

    from graftwork.config import EncoderConfig
    from graftwork.data.featurize import SCHEMAS
    from graftwork.nn.encoder import Encoder

    def make(schema=SCHEMAS["default"], seed=0, **shape):
        torch.manual_seed(seed)
        return Encoder(schema, EncoderConfig(**{"num_layers": 2, "dim": 16, **shape}))

    return make


@pytest.fixture(scope="session")
def tiny_predictor(tiny_encoder, make_batch, nci):
    """A small predictor whose batch normalisation has seen molecules."""
    import torch

    from graftwork.config import HeadConfig
    from graftwork.nn.predictor import Predictor

    def make(seed=0, shape=None, **head):
        encoder = tiny_encoder(seed=seed, **(shape or {}))
        model = Predictor(encoder, HeadConfig(**{"tasks": ("y",), **head}))
        with torch.no_grad():
            for start in range(0, 200, 50):
                model(make_batch(nci[start : start + 50]))
        return model.eval()

    return make


@pytest.fixture(scope="module")
def start(tmp_path_factory, tiny_predictor):
    """The artifact of a tiny encoder, to start from."""
    from graftwork.nn.artifact import save_artifact

    folder = tmp_path_factory.mktemp("start") / "model"
    save_artifact(folder, tiny_predictor().encoder, {})
    return str(folder)
