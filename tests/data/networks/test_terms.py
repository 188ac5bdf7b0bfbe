"""Which terms become labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graftwork.data.networks import Ontology, separate_terms, wanted_terms, without_labels
from graftwork.errors import InputError

TERMS = ["GO:1", "GO:2", "GO:3", "GO:4"]
FILE = Path("net.npz")


def test_targets_are_terms_files_or_all_each_once_in_their_order(tmp_path):
    listed = tmp_path / "tasks.tsv"
    listed.write_text("go_id\tname\nGO:3\tthree\nGO:1,one\n\n")
    assert wanted_terms([], TERMS, FILE) == []
    assert wanted_terms(["GO:4", "GO:1"], TERMS, FILE) == [3, 0]
    assert wanted_terms([str(listed)], TERMS, FILE) == [2, 0]
    assert wanted_terms(["GO:1", str(listed), "GO:4"], TERMS, FILE) == [0, 2, 3]
    assert wanted_terms(["GO:2", "*"], TERMS, FILE) == [1, 0, 2, 3]


def test_a_file_without_a_header_loses_no_term(tmp_path):
    listed = tmp_path / "tasks.txt"
    listed.write_text("GO:2\nGO:3")
    assert wanted_terms([str(listed)], TERMS, FILE) == [1, 2]


def test_a_target_that_is_neither_term_nor_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"net\.npz has no label 'GO:9'.*such as GO:1, GO:2"):
        wanted_terms(["GO:9"], TERMS, FILE)
    listed = tmp_path / "tasks.txt"
    listed.write_text("go\nGO:1\nGO:9\n")
    with pytest.raises(InputError, match=r"tasks\.txt, line 3: 'GO:9'"):
        wanted_terms([str(listed)], TERMS, FILE)
    listed.write_text("go_id\n")
    with pytest.raises(InputError, match="lists no label"):
        wanted_terms([str(listed)], TERMS, FILE)


@pytest.fixture
def labelled(make_network):
    """Forty nodes of groups x and y, four terms."""
    network = make_network(kind="classification", tasks=TERMS)
    y = np.zeros((40, 4), np.float32)
    y[:10, 0] = y[:10, 1] = y[:11, 2] = y[:20:2, 3] = 1  # even nodes are of group x
    y[0, 2] = np.nan
    return replace(network, y=y)


def with_terms(network, *nodes):
    y = np.zeros((40, len(TERMS)), np.float32)
    for term, having in enumerate(nodes):
        y[list(having), term] = 1
    return replace(network, y=y)


def test_terms_apart_from_the_tasks_with_enough_positives(labelled):
    network = with_terms(labelled, range(10), range(8, 20), range(20, 31), range(30, 40))
    ontology = Ontology.from_links([("GO:2", "GO:1"), ("GO:4", "root"), ("GO:1", "root")])
    assert separate_terms(network, ontology, ["GO:2"], 10) == ("GO:3", "GO:4")
    assert separate_terms(network, ontology, ["GO:3"], 10) == ("GO:1", "GO:2", "GO:4")
    assert separate_terms(network, ontology, ["root"], 10) == ("GO:3",)
    with pytest.raises(InputError, match="None of 4 terms"):
        separate_terms(network, ontology, ["root"], 12)


def test_a_term_that_stands_in_for_a_task_is_not_apart_from_it(labelled):
    ontology = Ontology.from_links([])
    alike = with_terms(labelled, range(12), range(4, 16), range(5, 17), range(20, 30))
    assert separate_terms(alike, ontology, ["GO:1"], 5) == ("GO:3", "GO:4")  # 8 of 16; 7 of 17
    telling = with_terms(labelled, range(30), range(21, 31), range(22, 32), range(30, 40))
    assert separate_terms(telling, ontology, ["GO:1"], 5) == ("GO:3", "GO:4")  # 9 of 10; 8 of 10


def test_a_hidden_group_does_not_count(labelled):
    network = with_terms(labelled, range(10), range(10), range(10, 21), range(21, 31))
    hidden = without_labels(network, ["x"])
    ontology = Ontology.from_links([])
    assert separate_terms(hidden, ontology, ["GO:1"], 5) == ("GO:3", "GO:4")
    assert separate_terms(network, ontology, ["GO:1"], 11) == ("GO:3",)
    with pytest.raises(InputError, match="None of 4 terms"):
        separate_terms(hidden, ontology, ["GO:1"], 11)


def test_labels_of_a_group_are_taken_away_and_nothing_else(labelled):
    before = labelled.y.copy()
    hidden = without_labels(labelled, {"y"})
    of_y = np.array(labelled.group) == "y"
    assert np.isnan(hidden.y[of_y]).all()
    np.testing.assert_array_equal(hidden.y[~of_y], before[~of_y])
    np.testing.assert_array_equal(labelled.y, before)
    assert hidden.y.dtype == np.float32
    assert hidden.edge_index is labelled.edge_index
    assert hidden.names == labelled.names
    with pytest.raises(InputError, match=r"no group 'z'.*Known: x, y"):
        without_labels(labelled, ["x", "z"])
