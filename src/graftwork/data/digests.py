"""Digests of molecules and their scaffolds: made in the workers, kept as compact sets."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from graftwork.data.featurize import SCHEMAS
from graftwork.data.isolate import Pool, shared_pool

Digests: TypeAlias = npt.NDArray[np.uint64]
"""uint64 ``[molecules, 2]``: digest of the parent and of its scaffold; 0 where there is none."""

BITS = 40
_DROPPED = np.uint64(64 - BITS)
_BYTES = BITS // 8


def digest_chunks(structures: Iterable[str], pool: Pool | None = None) -> Iterator[Digests]:
    """Stream structures through the workers; yield the digests of consecutive runs of them.

    A structure that cannot be read has digests 0. Standardisation plays no part, so that digests
    are the same whatever schema the model has. About 4,000 molecules per second and core.
    """
    pool = pool or shared_pool()
    for chunk in pool.map("membership", SCHEMAS["default"], structures):
        digests = np.zeros((chunk.stop - chunk.start, 2), np.uint64)
        for positions, found in chunk.parts:
            if positions:
                digests[np.array(positions) - chunk.start] = np.array(found, np.uint64)
        yield digests


def molecule_digests(structures: Iterable[str], pool: Pool | None = None) -> Digests:
    """Return the digests of all structures, in order; 0 where one cannot be read."""
    return np.concatenate([np.zeros((0, 2), np.uint64), *digest_chunks(structures, pool)])


@dataclass(frozen=True, eq=False)
class DigestSet:
    """A set of digests, cut to their first ``BITS`` bits, with a flag for each.

    A digest that is not in the set is taken for one of ``n`` members with probability
    ``n / 2**BITS``: two in a million for two million members.

    Parameters
    ----------
    codes
        uint64 ``[members]``: the first bits, ascending, each once.
    labelled
        bool ``[members]``: whether the member came with a label.

    Examples
    --------
    >>> seven, three, four = np.array([7, 3, 4]) << 50
    >>> members = DigestSet.of(np.array([seven, three, seven]), np.array([False, False, True]))
    >>> members.contains(np.array([three, four, seven])).tolist()
    [True, False, True]
    >>> members.contains_labelled(np.array([three, four, seven])).tolist()
    [False, False, True]
    """

    codes: npt.NDArray[np.uint64]
    labelled: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.codes)

    @classmethod
    def of(cls, digests: npt.NDArray[np.integer], labelled: npt.NDArray[np.bool_]) -> DigestSet:
        """Make a set of 64-bit digests; 0 is nobody's."""
        given = np.asarray(digests, np.uint64)
        return cls._unique(given[given != 0] >> _DROPPED, labelled[given != 0])

    @classmethod
    def _unique(cls, codes: npt.NDArray[np.uint64], flags: npt.NDArray[np.bool_]) -> DigestSet:
        members, position = np.unique(codes, return_inverse=True)
        labelled = np.zeros(len(members), bool)
        labelled[position[flags]] = True
        return cls(members, labelled)

    def union(self, other: DigestSet) -> DigestSet:
        """Return the members of either; one that is labelled in either is labelled."""
        return self._unique(
            np.concatenate([self.codes, other.codes]),
            np.concatenate([self.labelled, other.labelled]),
        )

    def contains(self, digests: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        """Say of each 64-bit digest whether it is a member; 0 never is."""
        return self._find(digests)[0]

    def contains_labelled(self, digests: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        """Say of each 64-bit digest whether it is a member that came with a label."""
        found, position = self._find(digests)
        found[found] = self.labelled[position[found]]
        return found

    def _find(
        self, digests: npt.NDArray[np.integer]
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
        given = np.asarray(digests, np.uint64)
        codes = given >> _DROPPED
        position = np.searchsorted(self.codes, codes)
        found = (given != 0) & (position < len(self))
        found[found] = self.codes[position[found]] == codes[found]
        return found, position

    def packed(self) -> tuple[bytes, bytes]:
        """Return members and flags, compressed: about three bytes per member.

        Members are written as gaps, the low bytes of all of them first: of a gap only the low
        bytes are random, and the high ones, nearly all zero, shrink away.
        """
        gaps = np.diff(self.codes, prepend=np.uint64(0)).astype("<u8")
        planes = gaps.view(np.uint8).reshape(-1, 8)[:, :_BYTES].T
        return zlib.compress(planes.tobytes()), zlib.compress(np.packbits(self.labelled).tobytes())

    @classmethod
    def unpacked(cls, members: bytes, flags: bytes, count: int) -> DigestSet:
        """Read what :meth:`packed` wrote; ``ValueError`` if it is not that, before it fills memory.

        Parameters
        ----------
        count
            Number of members. Random digests take more than a byte each, so that a claim beyond
            that is refused.
        """
        if not 0 <= count <= len(members):
            raise ValueError(f"{len(members)} bytes cannot hold {count} digests")
        planes = _decompressed(members, _BYTES * count).reshape(_BYTES, count)
        gaps = np.zeros((count, 8), np.uint8)
        gaps[:, :_BYTES] = planes.T
        codes = np.cumsum(gaps.view("<u8")[:, 0], dtype=np.uint64)
        if (codes >= np.uint64(1 << BITS)).any() or (codes[1:] <= codes[:-1]).any():
            raise ValueError(f"the digests are not ascending numbers of {BITS} bits")
        bits = np.unpackbits(_decompressed(flags, (count + 7) // 8))
        if bits[count:].any():
            raise ValueError("there are flags without a member")
        return cls(codes, bits[:count].astype(bool))


def _decompressed(data: bytes, size: int) -> npt.NDArray[np.uint8]:
    """Decompress exactly ``size`` bytes, never more."""
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise ValueError(f"a compressed part is damaged ({error})") from error
    if len(content) != size or not stream.eof or stream.unused_data:
        raise ValueError(f"a compressed part does not hold {size} bytes")
    return np.frombuffer(content, np.uint8)
