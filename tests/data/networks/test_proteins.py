"""Protein networks: labels, species, features that do not depend on the species."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graftwork.data.networks import (
    NETWORKS,
    is_network,
    network_store,
    open_network,
    read_ontology,
    read_proteins,
    separate_terms,
    without_labels,
)
from graftwork.data.networks.proteins import FEATURES, MIN_SCORE
from graftwork.errors import InputError, SchemaMismatchError
from made_networks import protein_arrays
from mirror import mirrored

TERMS = [f"GO:{i}" for i in range(6)]


def arrays(**changed):
    """Two species of 12 proteins each; the last protein of each has no annotation."""
    return {**protein_arrays(terms=len(TERMS)), **changed}


@pytest.fixture
def write(tmp_path):
    def write(**values):
        path = tmp_path / "proteins.npz"
        np.savez(path, **values)
        return path

    return write


def test_labels_equal_the_annotations_one_by_one(write):
    values = arrays()
    wanted = ["GO:4", "GO:0", "GO:5"]
    network = open_network(write(**values), wanted)
    assert network.tasks == tuple(wanted)
    assert network.kind == "classification"
    row = 0
    for name in ("AA", "BB"):
        pairs = {tuple(pair) for pair in values[f"{name}_propagated"].tolist()}
        for i, protein in enumerate(values[f"{name}_proteins"].tolist()):
            assert network.names[row] == protein
            assert network.group[row] == name
            known = any(pair[0] == i for pair in pairs)
            truth = [float((i, TERMS.index(term)) in pairs) if known else np.nan for term in wanted]
            np.testing.assert_array_equal(network.y[row], truth)
            row += 1
    assert row == network.num_nodes


def test_edges_stay_within_a_species_and_go_both_ways(write):
    values = arrays()
    network = open_network(write(**values))
    expected = set()
    for name, start in (("AA", 0), ("BB", 12)):
        for a, b in values[f"{name}_edges"].tolist():
            expected |= {(a + start, b + start), (b + start, a + start)}
    assert set(map(tuple, network.edge_index.tolist())) == expected
    assert len(network.edge_index) == len(expected)


def test_without_targets_there_are_no_labels(write):
    network = open_network(write(**arrays()))
    assert network.y.shape == (24, 0)
    assert len(network_store(network)) == 24
    assert len(open_network(write(**arrays()), ["*"]).tasks) == 6


def test_features_of_a_species_do_not_depend_on_the_others_nor_on_labels_or_names(write):
    values = arrays()
    both = open_network(write(**values), ["*"])
    alone = {key: value for key, value in values.items() if not key.startswith("AA")}
    alone["BB_proteins"] = alone["BB_proteins"][::-1]
    alone["BB_propagated"] = alone["BB_propagated"][:1]
    one = open_network(write(**alone), ["GO:1"])
    np.testing.assert_allclose(one.node_x, both.node_x[12:], rtol=1e-6)
    assert one.schema == both.schema
    assert one.schema.node_x == FEATURES
    assert "degree" not in FEATURES
    degree = np.bincount(values["BB_edges"].ravel(), minlength=12)
    found = one.node_x[:, FEATURES.index("log_degree")]
    np.testing.assert_allclose(found, np.log1p(degree), rtol=1e-6)


def test_what_is_known_of_proteins_becomes_features_beside_the_topology(write):
    path = write(**arrays())
    network = open_network(path, ["GO:1"], ["GO:4", "GO:0"])
    labels = open_network(path, ["GO:1", "GO:4", "GO:0"]).y
    assert network.tasks == ("GO:1",)
    assert network.schema.node_x == (*FEATURES, "GO:4", "GO:0")
    np.testing.assert_array_equal(network.y, labels[:, :1])
    np.testing.assert_array_equal(network.node_x[:, -2:], np.nan_to_num(labels[:, 1:]))
    np.testing.assert_array_equal(network.node_x[:, :-2], open_network(path).node_x)
    assert np.isnan(labels[11]).all()
    assert (network.node_x[11, -2:] == 0).all()  # nothing is known of the last protein


def test_a_term_is_no_feature_of_its_own_label(write, tmp_path):
    listed = tmp_path / "terms.txt"
    listed.write_text("GO:2\nGO:3\n")
    with pytest.raises(InputError, match=r"GO:3 would be a feature and a label"):
        open_network(write(**arrays()), ["GO:3"], [str(listed)])


def test_a_network_is_read_with_the_features_of_the_model_that_reads_it(write):
    path = write(**arrays())
    known = open_network(path, features=["GO:4", "GO:0"])
    schema = network_store(known, {"hops": 1}).schema
    again = open_network(path, ["GO:1"], schema=schema)
    assert again.schema == known.schema
    np.testing.assert_array_equal(again.node_x, known.node_x)
    store = network_store(path, schema, [3, 20])
    assert store.schema == schema
    with pytest.raises(SchemaMismatchError):
        network_store(open_network(path), schema)


def test_only_edges_of_high_confidence_are_read(write):
    values = arrays()
    del values["species"], values["term_namespace"]
    values["channels"] = np.array(["textmining", "combined_score", "homology"])
    for name in ("AA", "BB"):
        scores = np.full((len(values[f"{name}_edges"]), 3), 250)
        scores[:, 2] = 100 + np.arange(len(scores))
        scores[:, 1] = MIN_SCORE
        scores[::2, 1] = MIN_SCORE - 1
        values[f"{name}_edge_scores"] = scores
    network = open_network(write(**values))
    kept = sum(len(values[f"{name}_edges"][1::2]) for name in ("AA", "BB"))
    assert len(network.edge_index) == 2 * kept
    assert network.schema.edge_x == ("textmining", "homology")
    plain = open_network(write(**arrays()))
    assert plain.schema.edge_x == ()
    assert plain.schema == replace(network.schema, edge_x=())
    pairs = [values["AA_edges"], values["BB_edges"] + len(values["AA_proteins"])]
    expected = {}
    for one in pairs:
        for i, (a, b) in list(enumerate(one.tolist()))[1::2]:
            expected[a, b] = expected[b, a] = [0.25, (100 + i) / 1000]
    found = dict(zip(map(tuple, network.edge_index.tolist()), network.edge_x.tolist(), strict=True))
    assert found.keys() == expected.keys()
    for edge, evidence in found.items():
        np.testing.assert_allclose(evidence, expected[edge], rtol=1e-6)
    values["BB_edge_scores"] = values["BB_edge_scores"][1:]
    with pytest.raises(InputError, match=r"'BB_edge_scores' has shape"):
        open_network(write(**values))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"AA_edges": np.array([[0, 12]])}, r"'AA_edges' does not hold pairs below \(12, 12\)"),
        ({"AA_edges": np.array([[0, -1]])}, "'AA_edges'"),
        ({"AA_edges": np.array([0, 1])}, "'AA_edges'"),
        ({"AA_edges": np.array([[0.0, 1.0]])}, "'AA_edges'"),
        ({"BB_propagated": np.array([[0, 6]])}, r"'BB_propagated' .* \(12, 6\)"),
    ],
)
def test_damaged_arrays_are_named(write, changed, message):
    with pytest.raises(InputError, match=message):
        open_network(write(**arrays(**changed)))


def test_a_missing_array_and_a_file_without_proteins_are_typed_errors(write):
    values = arrays()
    del values["BB_edges"]
    with pytest.raises(InputError, match="BB_edges"):
        open_network(write(**values))
    bare = {key: values[key] for key in ("species", "terms", "term_namespace")}
    with pytest.raises(InputError, match="no array of proteins"):
        open_network(write(**bare))


def test_a_species_without_edges_can_be_read(write):
    network = open_network(write(**arrays(BB_edges=np.empty((0, 2), np.int32))), ["GO:1"])
    assert not network.node_x[12:].any()


def test_layouts_are_registered():
    assert {"go2ppi", "string12"} <= set(NETWORKS)
    assert all(NETWORKS[name].read is read_proteins for name in ("go2ppi", "string12"))


def data(name):
    return mirrored(f"ppi/{name}")


def test_the_real_networks_and_the_evaluation_tasks():
    path, tasks = data("go2ppi_8species_propagated.npz"), data("go2ppi_eval_tasks_bp.tsv")
    assert is_network(path)
    network = without_labels(open_network(path, [str(tasks)]), ["SC"])
    rows = [line.split("\t") for line in tasks.read_text().splitlines()]
    species, counts = rows[0][4:], np.array([row[4:] for row in rows[1:]], np.int64)
    assert network.tasks == tuple(row[0] for row in rows[1:])
    group = np.array(network.group)
    for name, expected in zip(species, counts.T, strict=True):
        known = network.y[group == name]
        assert np.isnan(known).all() == (name == "SC")
        np.testing.assert_array_equal(
            np.nansum(known, 0), 0 * expected if name == "SC" else expected
        )
    assert (group == "SC").sum() == 3296
    bacteria = open_network(data("string12_2bacteria_propagated.npz"))
    assert bacteria.schema.node_x == network.schema.node_x
    assert bacteria.schema.edge_x[:2] == ("homology", "experiments")
    assert len(bacteria.schema.edge_x) == 7
    assert 0 < bacteria.edge_x.max() <= 1


def test_the_terms_of_the_biology_recipes_are_apart_from_the_tasks_and_all_of_them():
    path = data("go2ppi_8species_propagated.npz")
    lines = data("go2ppi_eval_tasks_bp.tsv").read_text().splitlines()[1:]
    ontology = read_ontology(
        *(data(f"go_dag_{name}.tsv.gz") for name in ("2014_links", "2024_is_a", "2024_rel")),
        alternative_ids=data("go_dag_2014_alt_ids.tsv.gz"),
    )
    tasks = [line.split("\t")[0] for line in lines]
    network = without_labels(open_network(path, ["*"]), ["SC"])
    expected = separate_terms(network, ontology, tasks)
    with np.load(path) as file:
        space = dict(zip(file["terms"].tolist(), file["term_namespace"].tolist(), strict=True))
    folder = Path(__file__).parents[3] / "configs"
    for name, wanted in (
        ("hu2020-biology-terms", {"bp", "mf", "cc"}),
        ("protein-functions", {"mf", "cc"}),
        ("protein-processes", {"bp"}),
    ):
        listed = (folder / f"{name}.txt").read_text().split()
        assert listed == [term for term in expected if space[term] in wanted]
        assert len(listed) > 100
    by_ancestry = separate_terms(
        network,
        read_ontology(
            data("go_dag_2014_links.tsv.gz"), alternative_ids=data("go_dag_2014_alt_ids.tsv.gz")
        ),
        tasks,
        most_alike=2,
        most_telling=2,
    )
    for name, wanted in (("functions", {"mf", "cc"}), ("processes", {"bp"})):
        listed = (folder / f"protein-{name}-ancestry.txt").read_text().split()
        assert listed == [term for term in by_ancestry if space[term] in wanted]
