"""Which terms of an ontology become the labels of a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from graftwork.data.networks.network import Network
from graftwork.data.networks.ontology import Ontology
from graftwork.data.sources.text import detect_encoding, open_text
from graftwork.errors import InputError


def wanted_terms(targets: Sequence[str], terms: Sequence[str], path: Path) -> list[int]:
    """Return the positions in ``terms`` of the targets, in their order, each once.

    A target is a term, several separated by commas, ``*`` for all, or a text file whose lines begin
    with a term; a first line that does not (a header) is passed over. What follows a tab or a comma
    is not looked at.

    Parameters
    ----------
    targets
        As the user names them.
    terms
        All terms of the file.
    path
        That file, for messages.

    Raises
    ------
    InputError
        If a target is neither a term nor a file, or a file lists an unknown term.
    """
    place = {term: position for position, term in enumerate(terms)}
    chosen: dict[int, None] = {}
    for target in _one_by_one(targets, place):
        if target == "*":
            found = list(terms)
        elif target in place:
            found = [target]
        elif Path(target).is_file():
            found = _listed(Path(target), place)
        else:
            raise InputError(
                f"{path} has no label {target!r}, and there is no such file.",
                f"It has {len(terms)} labels, such as {', '.join(terms[:3])}; give some of them, "
                "or a file that lists them.",
            )
        chosen.update(dict.fromkeys(place[term] for term in found))
    return list(chosen)


def _one_by_one(targets: Sequence[str], place: dict[str, int]) -> Iterator[str]:
    """Split what is a list of labels separated by commas, and neither a label nor a file."""
    for target in targets:
        if target in place or Path(target).is_file():
            yield target
        else:
            yield from filter(None, map(str.strip, target.split(",")))


def _listed(path: Path, place: dict[str, int]) -> list[str]:
    encoding, _ = detect_encoding(path)
    with open_text(path, encoding) as text:
        lines = [line.replace(",", "\t").split("\t")[0].strip() for line in text]
    found = []
    for number, term in enumerate(lines, start=1):
        if term in place:
            found.append(term)
        elif term and number > 1:
            raise InputError(
                f"{path}, line {number}: {term!r} is no label of this network.",
                "Expected one label at the start of every line.",
            )
    if not found:
        raise InputError(f"{path} lists no label of this network.")
    return found


def separate_terms(
    network: Network,
    ontology: Ontology,
    tasks: Sequence[str],
    min_positives: int = 50,
    *,
    most_alike: float = 0.5,
    most_telling: float = 0.9,
) -> tuple[str, ...]:
    """Return the terms that may teach an encoder which is to be tested on ``tasks``.

    These are the network's label columns that are neither one of the tasks nor an ancestor or a
    descendant of one, that at least ``min_positives`` of the nodes with a known label have, and
    that are no stand-in for a task under another name: of the nodes that have the term or the
    task fewer than ``most_alike`` have both (their Jaccard index), and of those that have the term
    fewer than ``most_telling`` have the task.

    Take the labels of an unseen species away first (see
    :func:`graftwork.data.networks.without_labels`): it is then not counted.

    Parameters
    ----------
    network
        With the tasks among its labels, or no stand-in is found.

    Raises
    ------
    InputError
        If no term is left.
    """
    apart = ontology.relatives(tasks)
    labels = np.nan_to_num(network.y).astype(np.float64)
    positives = labels.sum(0)
    wanted = set(tasks)
    own = np.array([term in wanted for term in network.tasks])
    both = labels.T @ labels[:, own]
    either = positives[:, None] + positives[own] - both
    stands_in = (both >= most_alike * either) | (both >= most_telling * positives[:, None])
    chosen = tuple(
        term
        for term, count, alike in zip(network.tasks, positives, stands_in.any(1), strict=True)
        if term not in apart and count >= min_positives and not alike
    )
    if not chosen:
        raise InputError(
            f"None of {len(network.tasks)} terms is apart from the tasks and has "
            f"{min_positives} positives.",
            "Read all terms of the network (target *), or ask for fewer positives.",
        )
    return chosen
