"""Molecules that must stay out, and the one pass that keeps them out and records the others."""

from __future__ import annotations

import numpy as np
import pytest
from tables import make

from graftwork.data.build import build_store
from graftwork.data.digests import molecule_digests
from graftwork.data.exclude import Exclusion, excluded_parents
from graftwork.data.featurize import SCHEMAS
from graftwork.data.membership import record_membership
from graftwork.data.record import Record
from graftwork.data.screen import Screen
from graftwork.data.sources import open_table
from graftwork.errors import InputError


def records(*structures, problems=()):
    """Rows of a table; those at ``problems`` are broken already."""
    return [
        Record(row, row + 2, text, (text,), "ragged" if row in problems else None)
        for row, text in enumerate(structures)
    ]


@pytest.fixture(scope="module")
def exclusion(tmp_path_factory, pool):
    folder = tmp_path_factory.mktemp("tables")
    first = make(folder, "one.csv", "smiles,y\nCCN,1\nC1CC,2\nc1ccccc1O,3\nCCN.Cl,4\nCCO,5,6\n")
    second = make(folder, "two.smi.gz", "CC(=O)[O-] acetate\nCC[NH3+] again\n")
    return excluded_parents([first, second], pool)


def excludes(exclusion, texts, pool):
    return [digest in exclusion.origin for digest in molecule_digests(texts, pool)[:, 0].tolist()]


def test_all_molecules_of_all_tables(exclusion, pool):
    assert len(exclusion) == 3
    assert {path.name: count for path, count in exclusion.unreadable.items()} == {"one.csv": 2}
    texts = ["CCN", "[Na+].[O-]c1ccccc1", "CC(=O)O", "CCO", "C1CC", "c1ccccc1"]
    found = excludes(exclusion, texts, pool)
    assert found == [True, True, True, False, False, False]  # no scaffold, no ruin


def test_the_reason_names_the_first_place(exclusion, pool):
    amine, acid = molecule_digests(["CCN", "CC(=O)O"], pool)[:, 0].tolist()
    assert exclusion.reason(amine) == "excluded: the same molecule as row 0 of one.csv"
    assert exclusion.reason(acid) == "excluded: the same molecule as row 0 of two.smi.gz"


def test_a_table_without_a_molecule_is_an_error(tmp_path, pool):
    path = make(tmp_path, "x.csv", "smiles,name\nethanol,CCO\nwater,O\n")
    with pytest.raises(InputError, match=r"x\.csv holds no readable molecule"):
        excluded_parents([path], pool)
    with pytest.raises(InputError, match="does not exist"):
        excluded_parents([tmp_path / "none.csv"], pool)


def test_excluded_records_are_marked_and_all_keep_their_order(exclusion, pool):
    rows = records("CCC", "NCC", "broken", "C1CC", "CC(O)=O", "CCN", "tail", problems=(2, 5, 6))
    found = list(Screen(rows, exclusion, pool))
    assert [record.row for record in found] == list(range(7))
    assert [record.problem for record in found] == [
        None,
        "excluded: the same molecule as row 0 of one.csv",
        "ragged",
        None,  # unreadable: whoever needs the graph says why
        "excluded: the same molecule as row 0 of two.smi.gz",
        "ragged",
        "ragged",
    ]
    assert [record.structure for record in found] == [record.structure for record in rows]


@pytest.mark.parametrize("problems", [(), (0,), (599,), range(600), range(0, 600, 2), range(255)])
def test_order_is_kept_over_many_chunks(pool, problems):
    rows = records(*(f"{'C' * (1 + i % 20)}O" for i in range(600)), problems=set(problems))
    screen = Screen(iter(rows), pool=pool)
    assert list(screen) == rows
    assert screen.membership().count == 600 - len(problems)


def test_nothing_to_screen(pool):
    screen = Screen([], pool=pool)
    assert list(screen) == []
    assert screen.membership().count == 0


def test_the_record_holds_the_rows_that_were_used(exclusion, pool):
    texts = ["CCC", "NCC", "C1CC", "CCO", "c1ccccc1N", "CC(O)=O", "CCF"]
    screen = Screen(records(*texts, problems=(6,)), exclusion, pool)
    list(screen)
    queries = molecule_digests(texts, pool)
    known = screen.membership().contains(queries)
    assert known.tolist() == [True, False, False, True, True, False, False]
    used = screen.membership(np.array([3, 4]), labelled=[4, 5])
    assert used.contains(queries).tolist() == [False, False, False, True, True, False, False]
    assert used.molecules.contains_labelled(queries[:, 0]).nonzero()[0].tolist() == [4]
    assert used.scaffolds.labelled.tolist() == [True]
    assert screen.membership(labelled=True).molecules.labelled.all()
    assert not screen.membership().molecules.labelled.any()
    assert not screen.membership(labelled=[]).molecules.labelled.any()


def test_the_record_of_a_pass_is_that_of_its_structures(pool, nci):
    screen = Screen(records(*nci[:500]), pool=pool)
    list(screen)
    assert screen.membership().to_bytes() == record_membership(nci[:500], False, pool).to_bytes()  # noqa: FBT003


def test_a_second_pass_starts_anew(pool):
    screen = Screen(records("CCO", "CCN"), pool=pool)
    assert len(list(screen)) == len(list(screen)) == 2
    assert screen.membership().count == 2


def test_excluded_rows_are_rejects_of_the_store(tmp_path, exclusion, pool, nci):
    """Both streams share the workers, and neither waits for ever for the other."""
    text = "smiles\n" + "\n".join([*nci[:400], "OC(C)=O", "C1CC", *nci[400:900]]) + "\n"
    screen = Screen(open_table(make(tmp_path, "corpus.csv", text)).rows(), exclusion, pool)
    build = build_store(screen, SCHEMAS["default"], pool=pool)
    reasons = {reject.row: reject.reason for reject in build.rejects}
    assert reasons[400] == "excluded: the same molecule as row 0 of two.smi.gz"
    assert reasons[401] == "not valid SMILES"
    assert sum(reason.startswith("excluded") for reason in reasons.values()) == 1
    assert 400 not in build.store.row
    record = screen.membership(build.store.row)
    assert record.count == len(build.store)
    used = molecule_digests(nci[:400], pool)[build.store.row[build.store.row < 400]]
    assert record.contains(used).all()
    assert not record.contains(molecule_digests(["CC(=O)O"], pool)).any()


def test_without_exclusion_everything_passes(pool):
    rows = records("CCO", "CCN")
    assert list(Screen(rows, Exclusion(), pool)) == rows
