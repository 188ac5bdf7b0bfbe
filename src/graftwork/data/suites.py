"""Groups of data sets with the protocol under which they are compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from graftwork.data.catalog import CATALOG, Dataset, find, fold, locate, resolve_input, suggestion
from graftwork.errors import InputError

__all__ = ["SUITES", "Suite", "expand", "find_suite", "resolve_inputs"]


@dataclass(frozen=True)
class Suite:
    """Data sets that are judged together.

    Parameters
    ----------
    name
        How users call it.
    description
        What it is about, in one sentence.
    datasets
        Names in the catalog.
    split
        Name of the split.
    split_sizes
        Fractions of train, validation and test. Where the split fixes the test part, the first
        two share the rest.
    protocol
        How it is measured.
    test_groups
        For the split ``group``: the groups that are the test part.
    """

    name: str
    description: str
    datasets: tuple[str, ...]
    split: str
    split_sizes: tuple[float, float, float]
    protocol: str
    test_groups: tuple[str, ...] = ()


_EIGHTY_TEN_TEN = (0.8, 0.1, 0.1)

SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite(
            "moleculenet",
            "The eight classification sets of Hu et al., ICLR 2020.",
            ("bbbp", "tox21", "toxcast", "sider", "clintox", "muv", "hiv", "bace"),
            "scaffold",
            _EIGHTY_TEN_TEN,
            "Deterministic scaffold split 80/10/10. ROC-AUC on the test part at the best "
            "validation epoch, averaged over the tasks whose test part has both classes.",
        ),
        Suite(
            "moleculenet-regression",
            "Regression sets of MoleculeNet.",
            ("delaney", "freesolv", "lipo", "qm8"),
            "scaffold",
            _EIGHTY_TEN_TEN,
            "Deterministic scaffold split 80/10/10. RMSE on the test part for one target; for "
            "qm8, whose twelve targets differ in unit, R2 averaged over them. qm8 was published "
            "with a random split and MAE: numbers do not compare.",
        ),
        Suite(
            "moleculeace",
            "Ten potency sets with activity cliffs, of the thirty of van Tilborg et al. 2022.",
            (
                *("chembl1862-ki", "chembl2047-ec50", "chembl214-ki", "chembl228-ki"),
                *("chembl234-ki", "chembl237-ec50", "chembl239-ec50", "chembl264-ki"),
                *("chembl2971-ki", "chembl4203-ki"),
            ),
            "column",
            _EIGHTY_TEN_TEN,
            "The published split in the column 'split'; a ninth of its training part is drawn for "
            "validation. RMSE of y on the test part; the column 'cliff_mol' marks the molecules "
            "on activity cliffs.",
        ),
        Suite(
            "admet",
            "Absorption, distribution, metabolism, excretion and toxicity: ten sets of the "
            "Therapeutics Data Commons and four of Zhao et al. 2025.",
            (
                *("tdc-ames", "tdc-cyp1a2-veith", "tdc-cyp2c9-veith", "tdc-cyp2d6-veith"),
                *("tdc-cyp2d6-substrate-carbonmangels", "tdc-cyp3a4-substrate-carbonmangels"),
                *("tdc-dili", "tdc-herg", "tdc-hia-hou", "tdc-pgp-broccatelli"),
                *("zhao2025-caco2", "zhao2025-halflife", "zhao2025-mutagenicity"),
                "zhao2025-oral-bioavailability",
            ),
            "scaffold",
            _EIGHTY_TEN_TEN,
            "Deterministic scaffold split 80/10/10. ROC-AUC on the test part for classes, RMSE "
            "for numbers. tdc-ames is nearly all in zhao2025-mutagenicity: count them as one.",
        ),
        Suite(
            "ppi",
            "Protein function on an unseen species, after the biology half of Hu et al. 2020.",
            ("go2ppi",),
            "group",
            _EIGHTY_TEN_TEN,
            "The species is the group: yeast (SC) is the test part. Mean ROC-AUC over the 51 terms "
            "of go2ppi-tasks; these and their relatives are no labels for pre-training.",
            test_groups=("SC",),
        ),
    )
}


def find_suite(name: str) -> Suite:
    """Return the suite of that name.

    Raises
    ------
    InputError
        If there is none.

    Examples
    --------
    >>> len(find_suite("moleculenet").datasets)
    8
    """
    folded = fold(name)
    if folded not in SUITES:
        raise InputError(f"No suite is called {name!r}.", f"Known: {', '.join(SUITES)}.")
    return SUITES[folded]


def expand(names: list[str]) -> list[Dataset]:
    """Return the data sets that names of sets and suites mean, each once, in that order.

    Raises
    ------
    InputError
        If a name is neither.

    Examples
    --------
    >>> [found.name for found in expand(["bace", "moleculenet-regression", "lipo"])]
    ['bace', 'delaney', 'freesolv', 'lipo', 'qm8']
    """
    found: list[Dataset] = []
    for name in names:
        folded = fold(name)
        if folded in SUITES:
            found += map(find, SUITES[folded].datasets)
            tasks = (f"{name}-tasks" for name in SUITES[folded].datasets)
            found += [CATALOG[name] for name in tasks if name in CATALOG]
        elif folded in CATALOG:
            found.append(CATALOG[folded])
        else:
            raise InputError(
                f"No data set or suite is called {name!r}.",
                suggestion(name, [*CATALOG, *SUITES]),
            )
    return list(dict.fromkeys(found))


def resolve_inputs(names: Iterable[str]) -> tuple[Path, ...]:
    """Return the files that inputs mean: paths, data sets by name, or all sets of a suite.

    Raises
    ------
    InputError
        If a name is none of these, or a set is not on this machine.
    """
    found: list[Path] = []
    for name in names:
        if not Path(name).exists() and fold(name) in SUITES:
            found += map(locate, SUITES[fold(name)].datasets)
        else:
            found.append(resolve_input(name))
    return tuple(dict.fromkeys(found))
