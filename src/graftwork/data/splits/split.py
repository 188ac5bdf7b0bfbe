"""The split itself, and what a splitter may look at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graftwork.errors import InputError
from graftwork.rng import numpy_rng

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SplitRequest:
    """What a splitter may look at; labels are not among it.

    Parameters
    ----------
    count
        Number of usable rows.
    sizes
        Fractions of train, validation and test; they sum to one.
    seed
        The data seed; deterministic splitters ignore it.
    scaffolds
        One scaffold per molecule, for the scaffold splitters.
    column
        One cell per molecule (``train``, ``val`` or ``test``), for the column splitter.
    public
        The part per row in the input's own split, ``""`` for none, for the public splitter.
    groups, test_groups
        One group per row, and those to test on, for the group splitter.
    rows
        Data rows of the molecules in the table, for messages.
    """

    count: int
    sizes: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = 0
    scaffolds: Sequence[str] = ()
    column: Sequence[str] = ()
    public: Sequence[str] = ()
    groups: Sequence[str] = ()
    test_groups: Sequence[str] = ()
    rows: Sequence[int] = ()


@dataclass(frozen=True)
class Split:
    """Positions of the training, validation and test molecules."""

    name: str
    train: Rows
    val: Rows
    test: Rows

    def parts(self) -> dict[str, Rows]:
        """Return the three parts by name."""
        return {"train": self.train, "val": self.val, "test": self.test}

    @property
    def learnable(self) -> Rows:
        """The rows of training and validation, in the order of the table."""
        return np.sort(np.concatenate([self.train, self.val]))

    def checked(self) -> Split:
        """Raise :class:`InputError` if a part is empty, or too small to train on."""
        for part, rows in self.parts().items():
            if len(rows) == 0:
                raise InputError(
                    f"The {self.name} split leaves no molecule for {part!r} "
                    f"(train {len(self.train)}, val {len(self.val)}, test {len(self.test)}).",
                    "Give more rows, another --split, or other --split-sizes.",
                )
        if len(self.train) < 2:
            raise InputError(
                f"The {self.name} split leaves one molecule to train on; two are the least.",
                "Give more rows, another --split, or other --split-sizes.",
            )
        return self

    def save(self, path: Path, rows: Rows, sizes: Sequence[float], seed: int) -> None:
        """Write the split as data rows (0-based) of the input table."""
        parts = {part: rows[index].tolist() for part, index in self.parts().items()}
        text = {"split": self.name, "sizes": list(sizes), "seed": seed, "rows": parts}
        path.write_text(json.dumps(text) + "\n")


def draw_validation(request: SplitRequest, rows: list[int]) -> tuple[list[int], list[int]]:
    """Divide rows into training and validation in the ratio of their sizes, by the data seed."""
    share = request.sizes[1] / ((request.sizes[0] + request.sizes[1]) or 1.0)
    count = min(len(rows) - 1, max(1, round(share * len(rows))))
    order = numpy_rng(request.seed, "split").permutation(len(rows))
    return [rows[i] for i in order[count:]], [rows[i] for i in order[:count]]


def sorted_split(name: str, train: list[int], val: list[int], test: list[int]) -> Split:
    """Make a split with each part in the order of the table."""
    return Split(name, *(np.array(sorted(part), np.int64) for part in (train, val, test)))


def checked_sizes(sizes: Sequence[float]) -> tuple[float, float, float]:
    """Return three fractions that sum to one, or raise :class:`InputError`."""
    if len(sizes) != 3 or not (min(sizes) >= 0 and abs(sum(sizes) - 1) <= 1e-6):
        raise InputError(
            f"Split sizes {list(sizes)} are not three fractions that sum to 1.",
            "Give train, validation and test, for instance --split-sizes 0.8 0.1 0.1.",
        )
    return (float(sizes[0]), float(sizes[1]), float(sizes[2]))
