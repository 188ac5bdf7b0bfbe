"""Ancestors, descendants and merged ids, against a naive walk."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from graftwork.data.networks import Ontology, read_ontology
from graftwork.errors import InputError


def naive_relatives(links, terms):
    """Whoever can be reached by going only up, or only down, link by link."""
    found = set(terms)
    for step in (lambda c, p: (c, p), lambda c, p: (p, c)):
        reached = set(terms)
        while True:
            more = {step(*link)[1] for link in links if step(*link)[0] in reached} - reached
            if not more:
                break
            reached |= more
        found |= reached
    return found


@pytest.mark.parametrize("seed", range(6))
def test_relatives_equal_a_naive_walk(seed):
    rng = np.random.default_rng(seed)
    links = [(f"t{max(pair)}", f"t{min(pair)}") for pair in rng.integers(0, 30, (35, 2)).tolist()]
    links = [(child, parent) for child, parent in links if child != parent]
    ontology = Ontology.from_links(links)
    for _ in range(5):
        terms = {f"t{i}" for i in rng.integers(0, 32, 2)}
        assert ontology.relatives(terms) == naive_relatives(links, terms)


def test_siblings_and_other_parents_of_descendants_are_no_relatives():
    links = [("task", "root"), ("sibling", "root"), ("below", "task"), ("below", "other")]
    assert Ontology.from_links(links).relatives(["task"]) == {"task", "root", "below"}


def test_a_cycle_ends():
    assert Ontology.from_links([("a", "b"), ("b", "a")]).relatives(["a"]) == {"a", "b"}


def test_merged_ids_count_as_what_they_were_merged_into():
    merged = {"old": "task", "older": "below"}
    ontology = Ontology.from_links([("older", "old"), ("apart", "away")], merged)
    expected = {"old", "older", "task", "below"}
    assert ontology.relatives(["task"]) == expected
    assert ontology.relatives(["old"]) == expected


def test_reads_compressed_tables_with_a_header(tmp_path):
    links = tmp_path / "links.tsv.gz"
    links.write_bytes(gzip.compress(b"child\tparent\tnamespace\na\tb\tbp\nb\tc\tbp\n"))
    merged = tmp_path / "merged.tsv"
    merged.write_text("alt_id\tcurrent_id\nz\tb\n")
    assert read_ontology(links, alternative_ids=merged).relatives(["z"]) == {"a", "b", "c", "z"}
    assert read_ontology(links).relatives(["z"]) == {"z"}


def test_joins_tables_and_follows_only_what_is_inherited(tmp_path):
    links, typed = tmp_path / "links.tsv", tmp_path / "relations.tsv"
    links.write_text("child\tparent\na\tb\n")
    typed.write_text("id\trelationship\tid2\nb\tpart_of\tc\nb\tregulates\td\nc\tis_a\te\n")
    assert read_ontology(links, typed).relatives(["a"]) == {"a", "b", "c", "e"}
    typed.write_text("id\trelationship\tid2\nb\tpart_of\n")
    with pytest.raises(InputError, match=r"relations\.tsv, line 2.*three cells"):
        read_ontology(typed)


@pytest.mark.parametrize("row", ["alone", "\tb", "a\t"])
def test_a_row_that_is_no_link_is_named(tmp_path, row):
    path = tmp_path / "links.tsv"
    path.write_text(f"child\tparent\na\tb\n{row}\n")
    with pytest.raises(InputError, match=r"links\.tsv, line 3.*no link"):
        read_ontology(path)
