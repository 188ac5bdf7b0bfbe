"""The record of which molecules a model was trained on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rdkit import rdBase
from safetensors import SafetensorError
from safetensors.numpy import load, save

from graftwork.data.build import Progress
from graftwork.data.digests import BITS, Digests, DigestSet, digest_chunks
from graftwork.data.isolate import Pool
from graftwork.errors import ArtifactError

FORMAT = 1
MAX_BYTES = 1 << 29  # about 10**8 molecules with their scaffolds
_PARTS = ("molecules", "scaffolds")
_FIELDS = 6


@dataclass(frozen=True, eq=False)
class Membership:
    """Which molecules and scaffolds a model has seen, and which of them with labels.

    Parameters
    ----------
    molecules
        Parents: molecules but for salt, charge and stereo.
    scaffolds
        Bemis-Murcko scaffolds of the parents; molecules without a ring have none.
    count
        Number of rows that were recorded; the same molecule may count several times.
    complete
        False if an earlier stage of training left no record: the true overlap may be larger.
    rdkit
        The RDKit versions that named the molecules. Others may name a few differently.

    Examples
    --------
    >>> membership = record_membership(["CCN.Cl", "c1ccccc1C", "not a molecule"], labelled=False)
    >>> len(membership.molecules), len(membership.scaffolds), membership.count
    (2, 1, 2)
    >>> other = record_membership(["CC[NH3+]", "CCO"], labelled=True)
    >>> len(membership.union(other).molecules)
    3
    """

    molecules: DigestSet
    scaffolds: DigestSet
    count: int
    complete: bool = True
    rdkit: tuple[str, ...] = ()

    @classmethod
    def of(cls, digests: Digests, labelled: npt.ArrayLike) -> Membership:
        """Record molecules by the digests that this process' RDKit gives them.

        Parameters
        ----------
        digests
            uint64 ``[molecules, 2]``; unreadable molecules (0) are left out.
        labelled
            bool ``[molecules]``, or one for all.
        """
        flags = np.broadcast_to(np.asarray(labelled, bool), len(digests))
        return cls(
            molecules=DigestSet.of(digests[:, 0], flags),
            scaffolds=DigestSet.of(digests[:, 1], flags),
            count=int(np.count_nonzero(digests[:, 0])),
            rdkit=(rdBase.rdkitVersion,),
        )

    @classmethod
    def empty(cls, *, complete: bool = True) -> Membership:
        """Return the record of nothing; of something unknown with ``complete=False``."""
        nothing = DigestSet(np.zeros(0, np.uint64), np.zeros(0, bool))
        return cls(nothing, nothing, 0, complete)

    def union(self, other: Membership) -> Membership:
        """Return the record of two stages of training."""
        return Membership(
            self.molecules.union(other.molecules),
            self.scaffolds.union(other.scaffolds),
            self.count + other.count,
            self.complete and other.complete,
            tuple(sorted({*self.rdkit, *other.rdkit})),
        )

    def contains(self, digests: Digests) -> npt.NDArray[np.bool_]:
        """Say of each of ``[molecules, 2]`` digests whether the molecule is recorded."""
        return self.molecules.contains(digests[:, 0])

    @property
    def false_positive_rate(self) -> float:
        """Probability that a molecule that is not recorded is taken for one that is."""
        return len(self.molecules) / 2**BITS

    def caveats(self) -> list[str]:
        """Say in sentences why the overlap that is found may be too small."""
        found = []
        if not self.complete:
            found.append("An earlier stage of training left no record: the overlap may be larger.")
        others = sorted({*self.rdkit} - {rdBase.rdkitVersion})
        if others:
            found.append(
                f"The record was made with RDKit {', '.join(others)}, this is "
                f"{rdBase.rdkitVersion}: molecules that they name differently are missed."
            )
        return found

    def summary(self) -> dict[str, int | bool]:
        """Return the counts that a model's provenance states, JSON-ready.

        Examples
        --------
        >>> record_membership(["CCO", "c1ccccc1C"], labelled=[True, False]).summary()
        {'molecules': 2, 'labelled': 1, 'scaffolds': 1, 'complete': True}
        """
        return {
            "molecules": len(self.molecules),
            "labelled": int(np.count_nonzero(self.molecules.labelled)),
            "scaffolds": len(self.scaffolds),
            "complete": self.complete,
        }

    def to_bytes(self) -> bytes:
        """Return the content of ``membership.safetensors``."""
        sizes = [len(self.molecules), len(self.scaffolds)]
        header = [FORMAT, BITS, self.count, int(self.complete), *sizes]
        content = {"rdkit": ",".join(self.rdkit).encode()}
        for name, part in zip(_PARTS, (self.molecules, self.scaffolds), strict=True):
            content[name], content[f"{name}_labelled"] = part.packed()
        tensors = {name: np.frombuffer(data, np.uint8) for name, data in content.items()}
        return save({"header": np.array(header, np.int64), **tensors})

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "membership.safetensors") -> Membership:
        """Read what :meth:`to_bytes` wrote.

        Raises
        ------
        ArtifactError
            If it is damaged, too large, of another format, or not such a record.
        """
        if len(data) > MAX_BYTES:
            raise ArtifactError(f"{name} has {len(data)} bytes, more than any of ours.")
        try:
            return cls._read(data)
        except (SafetensorError, KeyError, ValueError, OverflowError) as error:
            raise ArtifactError(
                f"{name} is not a record of training molecules: {error}.",
                "Delete this file to use the model without it.",
            ) from error

    @classmethod
    def _read(cls, data: bytes) -> Membership:
        tensors = load(data)
        wanted = {"header", "rdkit", *_PARTS, *(f"{part}_labelled" for part in _PARTS)}
        if set(tensors) != wanted:
            raise ValueError(f"it holds {sorted(tensors)}, not {sorted(wanted)}")
        header = tensors.pop("header")
        if header.dtype != np.int64 or header.shape != (_FIELDS,):
            raise ValueError("its header is no list of numbers")
        form, bits, count, complete, *sizes = header.tolist()
        if (form, bits) != (FORMAT, BITS):
            raise ValueError(f"it has format {form} with {bits} bits, not {FORMAT} with {BITS}")
        if any(values.dtype != np.uint8 or values.ndim != 1 for values in tensors.values()):
            raise ValueError("a part is no row of bytes")
        molecules, scaffolds = (
            DigestSet.unpacked(tensors[part].tobytes(), tensors[f"{part}_labelled"].tobytes(), size)
            for part, size in zip(_PARTS, sizes, strict=True)
        )
        if count < sizes[0] or complete not in (0, 1):
            raise ValueError("its counts contradict each other")
        versions = tensors["rdkit"].tobytes().decode("ascii")[:200]
        rdkit = tuple(versions.split(",")) if versions else ()
        return cls(molecules, scaffolds, count, bool(complete), rdkit)


def record_membership(
    structures: Iterable[str],
    labelled: npt.ArrayLike,
    pool: Pool | None = None,
    progress: Progress = lambda _count: None,
) -> Membership:
    """Record structures as they stream through the workers; unreadable ones are left out.

    Parameters
    ----------
    structures
        SMILES or mol blocks; their text is not kept.
    labelled
        bool ``[structures]``, whether each carries labels, or one for all.
    pool
        Worker processes; default the shared ones.
    progress
        Called with the number of molecules done so far.
    """
    parts = [np.zeros((0, 2), np.uint64)]
    done = 0
    for digests in digest_chunks(structures, pool):
        parts.append(digests)
        done += len(digests)
        progress(done)
    return Membership.of(np.concatenate(parts), labelled)


def carried_on(earlier: bytes | None, added: Membership) -> Membership:
    """Return the record after one more stage of training.

    Parameters
    ----------
    earlier
        Content of the record that the model it started from carries; None if it has none, which
        the new record then says.
    added
        What this stage was trained on.

    Raises
    ------
    ArtifactError
        If the earlier record is damaged.

    Examples
    --------
    >>> added = record_membership(["CCO"], labelled=True)
    >>> carried_on(None, added).complete, carried_on(added.to_bytes(), added).complete
    (False, True)
    """
    before = Membership.empty(complete=False) if earlier is None else Membership.from_bytes(earlier)
    return before.union(added)
