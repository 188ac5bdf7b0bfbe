"""A network as labelled data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graftwork.data.labelled import LabelledData, load_labelled
from graftwork.data.networks import network_store, open_network
from graftwork.errors import InputError
from made_networks import citation_arrays, random_network, write_citation

SIZES = (0.8, 0.1, 0.1)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    labels = citation_arrays()["labels"].copy()
    labels[[4, 50]] = -1
    return write_citation(tmp_path_factory.mktemp("papers") / "papers.npz", labels=labels)


@pytest.fixture(scope="module")
def data(path):
    return load_labelled(path, network_store(open_network(path)).schema)


def test_the_labelled_nodes_are_the_rows(data):
    rows = [i for i in range(90) if i not in (4, 50)]
    assert data.store.row.tolist() == rows
    assert data.structures == [str(i) for i in rows]
    assert data.y[:, 0].tolist() == [i % 3 for i in rows]
    assert data.y.dtype == np.float64
    assert data.tasks == ("class",)
    assert data.total == 90
    assert [(r.row, r.reason, r.status) for r in data.rejects] == [
        (4, "no label", "rejected"),
        (50, "no label", "rejected"),
    ]


def test_the_files_own_split_is_the_default(data):
    split = data.split("auto", SIZES, 0)
    assert split.name == "public"
    arrays = citation_arrays()
    for part, positions in split.parts().items():
        found = data.store.row[positions].tolist()
        assert found == sorted(set(arrays[part].tolist()) - {4, 50})
    assert data.split("random", SIZES, 0).name == "random"
    assert data.shared_molecules(split) == 0


def test_without_a_split_of_its_own_it_is_random():
    network = random_network()
    found = labelled(replace(network, split=[""] * 40))
    assert found.split("auto", SIZES, 0).name == "random"
    groups = found.split("group", SIZES, 0, ("y",))
    assert found.store.row[groups.test].tolist() == [i for i in range(5, 40) if i % 2]


def labelled(network):
    store = network_store(network, None, np.arange(5, 40))
    return LabelledData([], store, network.y[5:], network.tasks, [], 40, [], [], network)


def test_a_network_without_any_label_is_refused(tmp_path):
    none = np.full(90, -1, np.int16)
    path = write_citation(tmp_path / "papers.npz", labels=none)
    with pytest.raises(InputError, match="no node has a label"):
        load_labelled(path, network_store(open_network(path)).schema)
