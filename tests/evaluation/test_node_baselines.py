"""Baselines of nodes, and which baselines apply to which data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge

from graftwork.data.featurize import SCHEMAS
from graftwork.data.labelled import LabelledData, load_labelled
from graftwork.data.networks import network_store, open_network
from graftwork.data.networks.topology import topology
from graftwork.errors import InputError
from graftwork.evaluation.applicable import baseline_tables
from graftwork.evaluation.baselines import BASELINES, TABLES, Numbers
from graftwork.evaluation.baselines.linear import FeaturesBaseline, TopologyBaseline
from graftwork.evaluation.consensus import consensus
from graftwork.metrics import score
from made_networks import write_citation


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    path = write_citation(tmp_path_factory.mktemp("papers") / "papers.npz")
    return load_labelled(path, network_store(open_network(path)).schema)


def nodes_of(network):
    """Labelled data of a network that is in memory, its first nodes left out."""
    store = network_store(network, None, np.arange(5, network.num_nodes))
    return LabelledData([], store, network.y[5:], network.tasks, [], 40, [], [], network)


def test_features_are_those_of_the_labelled_nodes(papers, make_network):
    table = TABLES["features"](papers)
    assert sparse.issparse(table.values) == (np.count_nonzero(papers.network.node_x) < 432)
    dense = table.values.toarray() if sparse.issparse(table.values) else table.values
    np.testing.assert_array_equal(dense, papers.network.node_x)
    network = make_network()
    values = TABLES["features"](nodes_of(network)).values
    colours = network.node_cat[5:, 0]
    np.testing.assert_array_equal(values[:, :3], network.node_x[5:])
    np.testing.assert_array_equal(values[:, 3:], np.eye(5)[colours])
    rare = replace(network, node_x=network.node_x * (np.arange(40) % 10 == 0)[:, None])
    rare = replace(rare, node_cat=np.zeros_like(network.node_cat))
    assert sparse.issparse(TABLES["features"](nodes_of(rare)).values)
    plain = replace(rare, node_x=np.ones_like(network.node_x))
    assert TABLES["features"](nodes_of(plain)) is None


def test_topology_is_that_of_the_labelled_nodes(make_network):
    network = make_network()
    values = TABLES["topology"](nodes_of(network)).values
    np.testing.assert_array_equal(values, topology(network)[5:])


def test_those_that_apply_are_taken(papers, make_network):
    assert list(baseline_tables(papers, "multiclass")) == ["features-logistic", "topology-ridge"]
    chosen = baseline_tables(papers, "multiclass", ("topology-ridge",))
    assert list(chosen) == ["topology-ridge"]
    assert baseline_tables(papers, "multiclass", ()) == {}
    with pytest.raises(InputError, match="'ecfp-rf' does not apply: it reads fingerprints"):
        baseline_tables(papers, "multiclass", ("topology-ridge", "ecfp-rf"))
    network = make_network()
    bare = replace(
        network,
        node_x=np.zeros_like(network.node_x),
        node_cat=np.zeros_like(network.node_cat),
    )
    assert list(baseline_tables(nodes_of(bare), "multiclass")) == ["topology-ridge"]


def test_molecules_of_several_classes_have_no_gaussian_process(tmp_path):
    (tmp_path / "m.csv").write_text("smiles,y\nC,0\nCC,1\nCCO,2\nCCN,1\n")
    data = load_labelled(tmp_path / "m.csv", SCHEMAS["default"])
    assert list(baseline_tables(data, "multiclass")) == ["ecfp-rf"]
    assert list(baseline_tables(data, "regression")) == ["ecfp-rf", "fingerprint-gp"]
    assert len(baseline_tables(data, "regression")["ecfp-rf"]) == 4


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_reads_a_table_that_there_is(name):
    assert BASELINES[name].reads in TABLES


def test_features_tell_the_field_of_a_paper(papers):
    table, split = TABLES["features"](papers), papers.split("auto", (0.8, 0.1, 0.1), 0)
    model = FeaturesBaseline().fit(table.take(split.train), papers.y[split.train], "multiclass", 0)
    found = model.predict(table.take(split.test))
    assert score(papers.y[split.test], found, "multiclass_accuracy") > 0.7
    assert model.deterministic


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_ridge_is_ridge_on_standardised_columns(kind):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4)) * [1, 10, 100, 1000] + 5
    y = x @ [1, 0.1, 0.02, 0.001] + rng.normal(size=60)
    if kind == "classification":
        y = (y > np.median(y)).astype(float)
    found = TopologyBaseline().fit(Numbers(x), y[:, None], kind, 0).predict(Numbers(x))[:, 0]
    scaled = (x - x.mean(0)) / x.std(0)
    wanted = Ridge(alpha=1.0).fit(scaled, y).predict(scaled)
    if kind == "classification":
        assert wanted.max() > 1  # so that clipping shows
        wanted = wanted.clip(0, 1)
    np.testing.assert_allclose(found, wanted)


def test_a_scale_of_the_features_changes_nothing():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(50, 3)), rng.integers(0, 2, (50, 1)).astype(float)
    one, other = (
        FeaturesBaseline().fit(Numbers(v), y, "classification", 0).predict(Numbers(v))
        for v in (x, x * [1, 100, 0.01])
    )
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert 0 < one.min() < one.max() < 1


def test_the_consensus_is_the_mean_or_the_majority():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 4, (5, 200, 1)).astype(float)
    np.testing.assert_array_equal(consensus(values, "regression"), values.mean(0))
    np.testing.assert_array_equal(consensus(values, "classification"), values.mean(0))
    wanted = []
    for votes in values[:, :, 0].T:
        counts = np.bincount(votes.astype(int))
        wanted.append(counts.argmax())  # the lowest of those with most votes
    assert consensus(values, "multiclass")[:, 0].tolist() == wanted
