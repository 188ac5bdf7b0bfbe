"""Citation networks from files: what is read, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from graftwork.data.networks import NETWORKS, network_store, open_network
from graftwork.errors import InputError
from made_networks import citation_arrays, write_citation
from mirror import mirrored


def test_what_the_file_says_is_what_is_read(tmp_path):
    arrays = citation_arrays()
    arrays["labels"][5] = -1
    network = open_network(write_citation(tmp_path / "c.npz", labels=arrays["labels"]))
    assert network.num_nodes == 90
    assert network.names == [str(i) for i in range(90)]
    assert network.tasks == ("class",)
    assert network.kind == "multiclass"
    assert np.isnan(network.y[5, 0])
    assert network.y[[0, 1, 2], 0].tolist() == [0, 1, 2]
    links = {tuple(sorted(pair)) for pair in network.edge_index.tolist()}
    assert links == {tuple(pair) for pair in arrays["edges"].tolist()}
    assert len(network.edge_index) == 2 * len(links)
    for node in range(90):
        words = arrays["x_indices"][arrays["x_indptr"][node] : arrays["x_indptr"][node + 1]]
        row = np.zeros(24)
        row[words] = 1 / np.sqrt(max(len(words), 1))
        np.testing.assert_allclose(network.node_x[node], row, atol=1e-7)
    for part in ("train", "val", "test"):
        assert np.flatnonzero(np.array(network.split) == part).tolist() == sorted(arrays[part])
    assert network.split.count("") == 4
    assert open_network(tmp_path / "c.npz", ["class"]).tasks == ("class",)


A = citation_arrays()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("edges", A["edges"] + 10, "'edges' names a node outside 0 to 89"),
        ("edges", A["edges"] - 1, "'edges' names a node outside"),
        ("edges", A["edges"][:, 0], "'edges' has 1 axes"),
        ("edges", A["edges"][:, [0, 1, 1]], "'edges' has 3 columns"),
        ("edges", A["edges"].astype(float), "'edges' holds float64"),
        ("labels", A["labels"][:0], "'labels' is empty"),
        ("labels", A["labels"][:80], "outside 0 to 79"),
        ("x_shape", np.array([91, 24]), "'x_shape' is"),
        ("x_shape", np.array([90]), "'x_shape' is"),
        ("x_shape", np.array([90, 0]), "'x_shape'"),
        ("x_shape", np.array([90, 1 << 40]), "too large"),
        ("x_indices", A["x_indices"] + 1, "'x_indices' names a word outside 0 to 23"),
        ("x_indptr", A["x_indptr"][:-1], "'x_indptr' is no row pointer"),
        ("x_indptr", A["x_indptr"][::-1].copy(), "'x_indptr' is no row pointer"),
        ("x_indptr", A["x_indptr"] + 1, "'x_indptr' is no row pointer"),
        ("val", A["train"], "'val' has nodes of another part"),
        ("test", np.array([90]), "'test' names a node"),
        ("train", np.array([[1]]), "'train' has 2 axes"),
    ],
)
def test_damaged_files_are_refused(tmp_path, name, value, message):
    with pytest.raises(InputError, match=message):
        open_network(write_citation(tmp_path / "c.npz", **{name: value}))


def test_a_row_pointer_that_goes_back_is_refused(tmp_path):
    ptr = A["x_indptr"].copy()
    ptr[4] = ptr[6]
    with pytest.raises(InputError, match="no row pointer"):
        open_network(write_citation(tmp_path / "c.npz", x_indptr=ptr))


def test_other_labels_are_not_there(tmp_path):
    with pytest.raises(InputError, match=r"no label pIC50.*'class'"):
        open_network(write_citation(tmp_path / "c.npz"), ["pIC50"])


def test_a_file_of_no_known_layout_names_those_that_are(tmp_path):
    path = write_citation(tmp_path / "c.npz", val=None)
    with pytest.raises(InputError, match=r"known layout.*planetoid \(edges, labels"):
        open_network(path)
    with pytest.raises(InputError, match="is no file"):
        open_network(tmp_path / "none.npz")


def test_no_file_fits_two_layouts():
    for name, layout in NETWORKS.items():
        others = [other.keys for key, other in NETWORKS.items() if key != name]
        assert not any(layout.keys <= keys for keys in others)


@pytest.mark.parametrize(
    ("name", "nodes", "links", "words", "classes", "unknown", "parts"),
    [
        ("cora", 2708, 5278, 1433, 7, 0, (140, 500, 1000)),
        ("citeseer", 3327, 4552, 3703, 6, 15, (120, 500, 1000)),
    ],
)
def test_the_published_networks(name, nodes, links, words, classes, unknown, parts):
    network = open_network(mirrored(f"graphs/planetoid_{name}.npz"))
    assert network.num_nodes == nodes
    assert len(network.edge_index) == 2 * links
    assert network.node_x.shape == (nodes, words)
    assert np.unique(network.y[~np.isnan(network.y)]).tolist() == list(range(classes))
    assert np.isnan(network.y).sum() == unknown
    assert tuple(network.split.count(part) for part in ("train", "val", "test")) == parts
    length = np.linalg.norm(network.node_x, axis=1)
    assert np.isclose(length, 1, atol=1e-5)[length > 0].all()
    store = network_store(network, {"max_nodes": 50}, [0, 1, nodes - 1])
    assert np.diff(store.graphs.node_ptr).max() <= 50
