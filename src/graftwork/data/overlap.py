"""How much of a table a model has seen before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graftwork.data.digests import Digests, molecule_digests
from graftwork.data.membership import Membership
from graftwork.data.splits import Split


@dataclass(frozen=True)
class Shared:
    """Counts over some molecules.

    Parameters
    ----------
    molecules
        Readable molecules, which the others are part of.
    in_corpus
        Those that training has seen, but for salt, charge and stereo.
    in_labelled_corpus
        Those of them that it has seen with labels.
    scaffold_in_corpus
        Those whose scaffold it has seen. Molecules without a ring have none and never count.
    """

    molecules: int
    in_corpus: int
    in_labelled_corpus: int
    scaffold_in_corpus: int


@dataclass(frozen=True, eq=False)
class Overlap:
    """What a table shares with the molecules that a model was trained on.

    Parameters
    ----------
    all, test
        Counts over all molecules and over the test part; no ``test`` without a split.
    in_corpus, in_labelled_corpus, scaffold_in_corpus
        bool ``[molecules]``: the same, molecule by molecule.
    corpus_molecules
        Number of different molecules in the record.
    false_positive_rate
        Probability that an unseen molecule counts as seen.
    caveats
        Why the overlap may be larger than what was found.
    """

    all: Shared
    test: Shared | None
    in_corpus: npt.NDArray[np.bool_]
    in_labelled_corpus: npt.NDArray[np.bool_]
    scaffold_in_corpus: npt.NDArray[np.bool_]
    corpus_molecules: int
    false_positive_rate: float
    caveats: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return counts and caveats, ready for JSON."""
        return {
            "all": asdict(self.all),
            "test": None if self.test is None else asdict(self.test),
            "corpus_molecules": self.corpus_molecules,
            "false_positive_rate": self.false_positive_rate,
            "caveats": list(self.caveats),
        }

    def sentence(self) -> str:
        """Say it in plain words, about the test part if there is one."""
        counts, what = (self.all, "") if self.test is None else (self.test, "test ")
        if counts.molecules == 0:
            return f"There is no {what}molecule to look for in the pre-training corpus."
        if counts.in_corpus == 0:
            text = f"None of {counts.molecules} {what}molecules was in the pre-training corpus"
        else:
            labelled = counts.in_labelled_corpus or "none"
            text = (
                f"{counts.in_corpus} of {counts.molecules} {what}molecules "
                f"({_percent(counts.in_corpus, counts.molecules)}) "
                f"{'was' if counts.in_corpus == 1 else 'were'} in the pre-training corpus, "
                f"{labelled} of them with labels"
            )
        share = _percent(counts.scaffold_in_corpus, counts.molecules)
        return " ".join([f"{text}; {share} share a scaffold with it.", *self.caveats])


def overlap(
    molecules: Sequence[str] | Digests, split: Split | None, membership: Membership
) -> Overlap:
    """Look up molecules in the record of a model's training molecules.

    Parameters
    ----------
    molecules
        Structures, or their digests ``[molecules, 2]`` if they are known already.
    split
        Positions of the parts; None if there are none.
    membership
        The model's record.

    Examples
    --------
    >>> from graftwork.data.membership import record_membership
    >>> corpus = record_membership(["OC(=O)c1ccccc1", "CCN"], labelled=[True, False])
    >>> overlap(["[Na+].[O-]C(=O)c1ccccc1", "Cc1ccccc1", "CCO"], None, corpus).sentence()[:77]
    '1 of 3 molecules (33 %) was in the pre-training corpus, 1 of them with labels'
    """
    digests = molecules if isinstance(molecules, np.ndarray) else molecule_digests(molecules)
    readable = digests[:, 0] != 0
    seen = {
        "in_corpus": membership.contains(digests),
        "in_labelled_corpus": membership.molecules.contains_labelled(digests[:, 0]),
        "scaffold_in_corpus": membership.scaffolds.contains(digests[:, 1]),
    }

    def count(positions: npt.NDArray[np.int64]) -> Shared:
        found = {name: int(flags[positions].sum()) for name, flags in seen.items()}
        return Shared(int(readable[positions].sum()), **found)

    return Overlap(
        all=count(np.arange(len(digests))),
        test=None if split is None else count(split.test),
        **seen,
        corpus_molecules=len(membership.molecules),
        false_positive_rate=membership.false_positive_rate,
        caveats=tuple(membership.caveats()),
    )


def _percent(part: int, whole: int) -> str:
    """Round to whole percents; what is not nothing or not all never looks so.

    Examples
    --------
    >>> _percent(1, 3), _percent(0, 3), _percent(1, 1000), _percent(999, 1000)
    ('33 %', '0 %', '<1 %', '>99 %')
    """
    percent = round(100 * part / whole)
    if part and percent == 0:
        return "<1 %"
    if part < whole and percent == 100:
        return ">99 %"
    return f"{percent} %"
