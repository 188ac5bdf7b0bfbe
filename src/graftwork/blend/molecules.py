"""What the models beside the network read of molecules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from graftwork.blend.fingerprints import Fingerprints
from graftwork.data.featurize.counts import COUNTS, Described
from graftwork.data.isolate import shared_pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graftwork.graph.schema import FeatureSchema

Floats = npt.NDArray[np.float32]
DESCRIPTORS, EMBEDDING = "descriptors", "embedding"


@dataclass(frozen=True)
class Molecules:
    """Rows of molecules.

    Parameters
    ----------
    fingerprints
        Unfolded count fingerprints by name, those of ``graftwork.data.featurize.counts.COUNTS``.
    numbers
        Float32 ``[rows, columns]`` by name: ``descriptors`` of RDKit, and the ``embedding`` of the
        pre-trained network where there is one.
    """

    fingerprints: dict[str, Fingerprints]
    numbers: dict[str, Floats]

    @classmethod
    def from_described(cls, described: Sequence[Described]) -> Molecules:
        """Join what worker processes say of the molecules of one or more chunks."""
        fingerprints = {
            name: Fingerprints.from_entries(
                np.concatenate([part.ids[name] for part in described]),
                np.concatenate([part.counts[name] for part in described]),
                np.concatenate([part.lengths[name] for part in described]),
            )
            for name in COUNTS
        }
        numbers = np.concatenate([part.descriptors for part in described])
        return cls(fingerprints, {DESCRIPTORS: numbers})

    @classmethod
    def joined(cls, parts: Sequence[Molecules]) -> Molecules:
        """Put tables of the same kinds below each other."""
        counted, numbers = parts[0].fingerprints, parts[0].numbers
        return cls(
            {name: Fingerprints.joined([p.fingerprints[name] for p in parts]) for name in counted},
            {name: np.concatenate([p.numbers[name] for p in parts]) for name in numbers},
        )

    def with_embedding(self, embedding: Floats) -> Molecules:
        """Return the same rows with the vectors of a network."""
        return Molecules(self.fingerprints, {**self.numbers, EMBEDDING: embedding})

    def __len__(self) -> int:
        for table in self.fingerprints.values():
            return len(table)
        return max(map(len, self.numbers.values()), default=0)

    def take(self, rows: npt.ArrayLike, /) -> Molecules:
        """Return the given rows (integer positions or a boolean mask), in that order."""
        chosen = np.asarray(rows)
        if chosen.dtype == np.bool_:
            chosen = np.flatnonzero(chosen)
        chosen = chosen.astype(np.intp)
        return Molecules(
            {name: table.take(chosen) for name, table in self.fingerprints.items()},
            {name: values[chosen] for name, values in self.numbers.items()},
        )

    def only(self, names: Sequence[str]) -> Molecules:
        """Return the same rows with no more than these tables."""
        return Molecules(
            {name: table for name, table in self.fingerprints.items() if name in names},
            {name: values for name, values in self.numbers.items() if name in names},
        )


def describe(schema: FeatureSchema, structures: Sequence[str]) -> Molecules:
    """Compute fingerprints and descriptors in the worker processes.

    A molecule that fails there has no substructure, and descriptors of zero.
    """
    parts: list[Described] = []
    order: list[int] = []
    for done in shared_pool().map("described", schema, structures):
        for positions, part in done.parts:
            parts.append(part)
            order += positions
        if done.failed:
            parts.append(Described.empty(len(done.failed)))
            order += [position for position, _ in done.failed]
    return Molecules.from_described(parts).take(np.argsort(order))
