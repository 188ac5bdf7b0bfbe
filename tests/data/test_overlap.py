"""What a table shares with a corpus: hand-made, and on real sets that are known to overlap."""

from __future__ import annotations

import json
from itertools import islice

import numpy as np
import pytest

from graftwork.data.digests import molecule_digests
from graftwork.data.membership import Membership, carried_on, record_membership
from graftwork.data.overlap import Shared, _percent, overlap
from graftwork.data.sources import open_table
from graftwork.data.splits import Split
from mirror import mirrored

CORPUS = ["OC(=O)c1ccccc1", "CCN", "C[C@H](N)C(=O)O", "c1ccncc1CC"]
LABELLED = [True, False, True, False]
TABLE = [
    "[Na+].[O-]C(=O)c1ccccc1",  # a salt of the first: seen, with a label
    "CC[NH3+]",  # seen, without a label; no ring
    "C[C@@H](N)C(=O)O",  # the other hand: seen, with a label
    "Cc1ccccc1",  # a seen scaffold
    "c1ccncc1O",  # a seen scaffold
    "C1CC1",  # nothing
    "CCO",  # nothing, no ring
    "C1CC",  # unreadable
]


@pytest.fixture(scope="module")
def corpus(pool):
    return record_membership(CORPUS, LABELLED, pool)


@pytest.fixture(scope="module")
def digests(pool):
    return molecule_digests(TABLE, pool)


def split(test):
    rest = np.setdiff1d(np.arange(len(TABLE)), test)
    return Split("made up", rest[1:], rest[:1], np.array(test, np.int64))


def test_counts_of_a_hand_made_table(corpus, digests):
    found = overlap(digests, None, corpus)
    assert found.all == Shared(7, 3, 2, 3)
    assert found.test is None
    assert np.flatnonzero(found.in_corpus).tolist() == [0, 1, 2]
    assert np.flatnonzero(found.in_labelled_corpus).tolist() == [0, 2]
    assert np.flatnonzero(found.scaffold_in_corpus).tolist() == [0, 3, 4]
    assert found.corpus_molecules == 4
    assert found.sentence() == (
        "3 of 7 molecules (43 %) were in the pre-training corpus, 2 of them with labels; "
        "43 % share a scaffold with it."
    )


def test_the_test_part_is_counted_apart(corpus, digests):
    found = overlap(digests, split([1, 4, 5, 7]), corpus)
    assert found.all == overlap(digests, None, corpus).all
    assert found.test == Shared(3, 1, 0, 1)
    assert found.sentence() == (
        "1 of 3 test molecules (33 %) was in the pre-training corpus, none of them with labels; "
        "33 % share a scaffold with it."
    )


def test_structures_or_their_digests(corpus, digests):
    assert overlap(TABLE, None, corpus).to_dict() == overlap(digests, None, corpus).to_dict()


def test_nothing_shared_and_nothing_to_share(corpus, digests):
    assert overlap(digests, split([5, 6]), corpus).sentence() == (
        "None of 2 test molecules was in the pre-training corpus; 0 % share a scaffold with it."
    )
    assert "no test molecule" in overlap(digests, split([7]), corpus).sentence()
    assert overlap(digests, None, Membership.empty()).all == Shared(7, 0, 0, 0)


def test_the_dictionary_is_json(corpus, digests):
    found = json.loads(json.dumps(overlap(digests, split([0, 3]), corpus).to_dict()))
    assert found["all"]["in_corpus"] == 3
    assert found["test"] == {
        "molecules": 2, "in_corpus": 1, "in_labelled_corpus": 1, "scaffold_in_corpus": 2,
    }  # fmt: skip
    assert found["corpus_molecules"] == 4
    assert found["false_positive_rate"] == 4 / 2**40
    assert found["caveats"] == []


def test_doubts_about_the_record_are_part_of_the_sentence(corpus, digests):
    found = overlap(digests, None, carried_on(None, corpus))
    assert found.sentence().endswith("left no record: the overlap may be larger.")
    assert found.to_dict()["caveats"] == list(found.caveats) != []


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 5, "0 %"), (5, 5, "100 %"), (1, 3, "33 %"), (1, 1000, "<1 %"), (999, 1000, ">99 %"),
        (37, 204, "18 %"),
    ],
)  # fmt: skip
def test_percentages_never_hide_the_few(part, whole, text):
    assert _percent(part, whole) == text


def real(name, rows):
    """Structures of some rows of a set of the mirror."""
    return [r.structure for r in islice(open_table(mirrored(name)).rows(), *rows)]


def test_potencies_are_also_in_a_multi_task_corpus(pool):
    """Both sets are drawn from ChEMBL; these rows of the corpus hold papers on one target."""
    table = real("moleculeace/CHEMBL4203_Ki.csv.gz", (None,))
    texts = real("multitask/fsmol_molecules.smi.gz", (19_900, 20_300))
    corpus = record_membership(texts, labelled=True, pool=pool)
    found = overlap(molecule_digests(table, pool), None, corpus)
    parents = [
        {answer and answer["parent"] for answer in pool.collect("identity", _schema(), side)}
        - {None}
        for side in (table, texts)
    ]
    assert found.all.molecules == len(table)
    assert found.all.in_corpus == found.all.in_labelled_corpus > 50
    assert len(set(np.array(table)[found.in_corpus])) >= len(parents[0] & parents[1]) > 50
    assert found.all.scaffold_in_corpus >= found.all.in_corpus


def _schema():
    from graftwork.data.featurize import SCHEMAS

    return SCHEMAS["default"]
