"""The Gene Ontology as a graph of terms: ancestors, descendants, and terms apart from others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from graftwork.data.sources.text import detect_encoding, open_text
from graftwork.errors import InputError

INHERITED = ("is_a", "part_of")
"""What holds of a term holds of its parents along these relationships."""


@dataclass(frozen=True)
class Ontology:
    """Terms and the links from each to its parents.

    Parameters
    ----------
    parents, children
        The linked terms of each term; a term without a link is no key.
    current
        The present id of each id that was merged into another term.

    Examples
    --------
    >>> ontology = Ontology.from_links([("dog", "mammal"), ("cat", "mammal"), ("mammal", "animal")])
    >>> sorted(ontology.relatives(["mammal"]))
    ['animal', 'cat', 'dog', 'mammal']
    >>> sorted(ontology.relatives(["dog"]))
    ['animal', 'dog', 'mammal']
    """

    parents: Mapping[str, frozenset[str]]
    children: Mapping[str, frozenset[str]]
    current: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_links(
        cls, links: Iterable[tuple[str, str]], current: Mapping[str, str] | None = None
    ) -> Ontology:
        """Build from ``(child, parent)`` pairs."""
        current = current or {}
        up: dict[str, set[str]] = {}
        down: dict[str, set[str]] = {}
        for first, second in links:
            child, parent = current.get(first, first), current.get(second, second)
            up.setdefault(child, set()).add(parent)
            down.setdefault(parent, set()).add(child)
        return cls(
            {term: frozenset(found) for term, found in up.items()},
            {term: frozenset(found) for term, found in down.items()},
            dict(current),
        )

    def relatives(self, terms: Iterable[str]) -> set[str]:
        """Return the terms themselves, all their ancestors and all their descendants.

        A sibling is no relative. Merged ids count as the term they were merged into; the answer
        holds both.
        """
        given = set(terms)
        start = {self.current.get(term, term) for term in given}
        found = _reached(start, self.parents) | _reached(start, self.children)
        merged = {old for old, new in self.current.items() if new in found}
        return given | found | merged


def read_ontology(*links: Path, alternative_ids: Path | None = None) -> Ontology:
    """Read tables with a header and tab-separated columns, and join their links.

    Parameters
    ----------
    links
        First column the child, second the parent; further columns are not looked at. Where the
        header calls the second column ``relationship``, the third is the parent, and only rows
        that say ``is_a`` or ``part_of`` count: annotations are inherited along these. Compressed
        if the name ends in ``.gz``.
    alternative_ids
        First column a merged id, second the present one.

    Raises
    ------
    InputError
        If a file cannot be read or a row has too few cells.
    """
    current = {} if alternative_ids is None else dict(_pairs(alternative_ids))
    return Ontology.from_links(chain.from_iterable(map(_pairs, links)), current)


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    encoding, _ = detect_encoding(path)
    with open_text(path, encoding) as text:
        typed = next(text, "").split("\t")[1:2] == ["relationship"]
        needed = 3 if typed else 2
        for number, line in enumerate(text, start=2):
            cells = line.rstrip("\n").split("\t")[:needed]
            if len(cells) < needed or not all(cells):
                raise InputError(
                    f"{path}, line {number}: {line.rstrip()[:80]!r} is no link between two terms.",
                    f"Expected {'three' if typed else 'two'} cells, separated by tabs.",
                )
            if not typed or cells[1] in INHERITED:
                yield cells[0], cells[-1]


def _reached(start: set[str], linked: Mapping[str, frozenset[str]]) -> set[str]:
    seen, waiting = set(start), list(start)
    while waiting:
        new = linked.get(waiting.pop(), frozenset()) - seen
        seen |= new
        waiting.extend(new)
    return seen
