"""The record of training molecules: what it says, its bytes, and damaged ones."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit import rdBase
from safetensors.numpy import load, save

from graftwork.data.digests import BITS, molecule_digests
from graftwork.data.membership import Membership, carried_on, record_membership
from graftwork.errors import ArtifactError


@pytest.fixture(scope="module")
def record(pool, nci):
    """NCI molecules, every third labelled."""
    labelled = np.arange(2000) % 3 == 0
    return record_membership(nci[:2000], labelled, pool)


def same(left, right):
    for one, two in (
        (left.molecules, right.molecules),
        (left.scaffolds, right.scaffolds),
    ):
        np.testing.assert_array_equal(one.codes, two.codes)
        np.testing.assert_array_equal(one.labelled, two.labelled)
    assert (left.count, left.complete, left.rdkit) == (right.count, right.complete, right.rdkit)


def test_what_was_recorded_is_found_and_what_was_not_is_not(record, pool, nci):
    inside = molecule_digests(nci[:2000], pool)
    known = inside[:, 0] != 0
    assert record.contains(inside).tolist() == known.tolist()
    assert known.sum() == record.count > 1900
    flags = record.molecules.contains_labelled(inside[:, 0])
    assert flags[known & (np.arange(2000) % 3 == 0)].all()
    recorded = set(inside[:, 0].tolist())
    outside = molecule_digests(nci[2000:3000], pool)
    wanted = [digest in recorded and digest != 0 for digest in outside[:, 0].tolist()]
    assert record.contains(outside).tolist() == wanted
    assert sum(wanted) < 500


def test_variants_are_recorded_once(pool):
    texts = ["CCN", "CCN.Cl", "CC[NH3+]", "C[C@H](F)Cl", "CC(F)Cl", "C1CC", "c1ccccc1C"]
    found = record_membership(texts, [False, True, False, False, False, True, False], pool)
    assert (len(found.molecules), len(found.scaffolds), found.count) == (3, 1, 6)
    queries = molecule_digests(["NCC", "FC(C)Cl", "Cc1ccccc1"], pool)
    assert found.molecules.contains_labelled(queries[:, 0]).tolist() == [True, False, False]
    assert found.rdkit == (rdBase.rdkitVersion,)
    assert found.caveats() == []


def test_the_summary_counts_molecules_not_rows(pool):
    texts = ["CCN", "CCN.Cl", "c1ccccc1C", "c1ccccc1CC", "C1CC"]
    found = record_membership(texts, [False, True, True, False, True], pool)
    wanted = {"molecules": 3, "labelled": 2, "scaffolds": 1, "complete": True}
    assert found.summary() == wanted
    assert carried_on(None, found).summary() == {**wanted, "complete": False}


def test_scaffolds_carry_the_label_too(pool):
    found = record_membership(["c1ccccc1C", "c1ccccc1CC", "C1CCC1"], [False, True, False], pool)
    digests = molecule_digests(["Oc1ccccc1", "NC1CCC1"], pool)
    assert not found.contains(digests).any()
    assert found.scaffolds.contains_labelled(digests[:, 1]).tolist() == [True, False]


def test_progress_counts_every_structure(pool, nci):
    seen = []
    record_membership(iter(nci[:600]), labelled=False, pool=pool, progress=seen.append)
    assert seen == [256, 512, 600]


def test_union_is_the_record_of_both(pool, nci):
    one = record_membership(nci[:300], labelled=False, pool=pool)
    two = record_membership(nci[200:500], labelled=True, pool=pool)
    labels = [False] * 300 + [True] * 300
    same(one.union(two), record_membership([*nci[:300], *nci[200:500]], labels, pool))


def test_the_empty_record_contains_nothing_and_adds_nothing(record, pool):
    nothing = Membership.empty()
    assert not nothing.contains(molecule_digests(["CCO", "C1CC"], pool)).any()
    assert nothing.false_positive_rate == 0
    same(nothing.union(record), record)
    same(record.union(nothing), record)
    same(Membership.from_bytes(nothing.to_bytes()), nothing)


def test_the_false_positive_rate_is_the_share_of_codes_that_are_taken(record):
    assert record.false_positive_rate == len(record.molecules) / 2**BITS < 2e-9
    large = Membership(*(type(record.molecules)(np.arange(2**21), np.zeros(2**21, bool)),) * 2, 9)
    assert large.false_positive_rate == 2.0**-19  # two in a million for two million molecules


def test_bytes_and_back(record):
    data = record.to_bytes()
    same(Membership.from_bytes(data), record)
    assert data == Membership.from_bytes(data).to_bytes()
    assert len(data) < 7 * record.count  # short records: the larger the fewer bytes each


def test_what_is_missing_is_said(record):
    unknown = carried_on(None, record)
    assert not unknown.complete
    assert "no record" in unknown.caveats()[0]
    again = Membership.from_bytes(carried_on(unknown.to_bytes(), record).to_bytes())
    assert not again.complete  # what one stage lost stays lost
    same(carried_on(Membership.empty().to_bytes(), record), record)
    assert carried_on(record.to_bytes(), record).count == 2 * record.count


def test_another_rdkit_is_named(record):
    tensors = load(record.to_bytes())
    tensors["rdkit"] = np.frombuffer(b"2020.03.1", np.uint8)
    other = Membership.from_bytes(save(tensors))
    assert other.rdkit == ("2020.03.1",)
    (caveat,) = other.caveats()
    assert "2020.03.1" in caveat
    assert rdBase.rdkitVersion in caveat
    assert other.union(record).rdkit == tuple(sorted(("2020.03.1", rdBase.rdkitVersion)))


def header(position, value):
    def change(tensors):
        tensors["header"] = tensors["header"].copy()
        tensors["header"][position] = value

    return change


HOSTILE = {
    "format 2": header(0, 2),
    "48 bits": header(1, 48),
    "fewer rows than molecules": header(2, 3),
    "negative rows": header(2, -1),
    "complete 7": header(3, 7),
    "molecules beyond the bytes": header(4, 1 << 40),
    "molecules beyond 64 bits when multiplied": header(4, 1 << 62),
    "one molecule more": header(4, 10**3),
    "negative scaffolds": header(5, -5),
    "no header": lambda t: t.pop("header"),
    "short header": lambda t: t.update(header=np.array([1, 40])),
    "header of floats": lambda t: t.update(header=t["header"].astype(np.float64)),
    "no molecules": lambda t: t.pop("molecules"),
    "extra part": lambda t: t.update(code=np.zeros(3, np.uint8)),
    "header of one number": lambda t: t.update(header=np.array(1)),
    "signed bytes": lambda t: t.update(molecules=t["molecules"].view(np.int8)),
    "a matrix": lambda t: t.update(scaffolds=t["scaffolds"].reshape(1, -1)),
    "zeros": lambda t: t.update(molecules=np.zeros(9000, np.uint8)),
    "swapped": lambda t: t.update(molecules=t["scaffolds"], scaffolds=t["molecules"]),
    "version no text": lambda t: t.update(rdkit=np.array([255, 254], np.uint8)),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_damaged_record_is_refused(record, case):
    tensors = load(record.to_bytes())
    HOSTILE[case](tensors)
    with pytest.raises(ArtifactError, match=r"X\.safetensors is not a record .* Delete this file"):
        Membership.from_bytes(save(tensors), "X.safetensors")


@pytest.mark.parametrize("keep", [0, 4, 8, 100, -1])
def test_a_cut_file_is_refused(record, keep):
    with pytest.raises(ArtifactError, match="not a record"):
        Membership.from_bytes(record.to_bytes()[:keep])


def test_an_oversized_file_is_refused_unread(monkeypatch, record):
    monkeypatch.setattr("graftwork.data.membership.MAX_BYTES", 1000)
    with pytest.raises(ArtifactError, match="more than any of ours"):
        Membership.from_bytes(record.to_bytes())
