"""One pass of a corpus: who is excluded, and the record of who is not."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from graftwork.data.digests import digest_chunks
from graftwork.data.exclude import Exclusion
from graftwork.data.isolate import Pool
from graftwork.data.membership import Membership
from graftwork.data.record import Record


class Screen:
    """Records on their way into a store: excluded ones are marked, all digests are kept.

    Iterate it once, then ask for the :meth:`membership` of the rows that were used. Records keep
    their order. A record with a problem, and one whose structure cannot be read, passes as it is.
    Kept are 24 bytes per molecule; the cost is that of
    :func:`~graftwork.data.digests.digest_chunks`.

    Parameters
    ----------
    records
        Rows of a table, in the order of their row numbers.
    exclusion
        Molecules to mark; default none.
    pool
        Worker processes; default the shared ones. They may be those of the store's build.

    Examples
    --------
    >>> rows = [Record(0, 1, "CCO", ()), Record(1, 2, "CC.CCN", ()), Record(2, 3, "C1C", ())]
    >>> screen = Screen(rows)
    >>> [record.problem for record in screen]
    [None, None, None]
    >>> screen.membership([0], labelled=True).count
    1
    """

    def __init__(
        self,
        records: Iterable[Record],
        exclusion: Exclusion | None = None,
        pool: Pool | None = None,
    ) -> None:
        self._records = records
        self._exclusion = exclusion or Exclusion()
        self._pool = pool
        self._rows = array("q")
        self._digests = array("Q")

    def __iter__(self) -> Iterator[Record]:
        """Yield every record, marked if it is excluded."""
        self._rows, self._digests = array("q"), array("Q")
        waiting: deque[Record] = deque()

        def texts() -> Iterator[str]:
            for record in self._records:
                waiting.append(record)
                if record.problem is None:
                    yield record.structure

        for digests in digest_chunks(texts(), self._pool):
            for molecule, scaffold in digests.tolist():
                while waiting[0].problem is not None:
                    yield waiting.popleft()
                yield self._judge(waiting.popleft(), molecule, scaffold)
        yield from waiting

    def _judge(self, record: Record, molecule: int, scaffold: int) -> Record:
        if molecule in self._exclusion.origin:
            return replace(record, problem=self._exclusion.reason(molecule))
        self._rows.append(record.row)
        self._digests.extend((molecule, scaffold))
        return record

    def membership(
        self,
        rows: npt.ArrayLike | None = None,
        *,
        labelled: npt.ArrayLike | bool = False,
    ) -> Membership:
        """Return the record of what went by.

        Parameters
        ----------
        rows
            Data rows that were used in the end, such as ``GraphStore.row``; default all that were
            not excluded.
        labelled
            Data rows that carried labels, or one answer for all.
        """
        seen = np.array(self._rows, np.int64)
        digests = np.array(self._digests, np.uint64).reshape(-1, 2)
        used = np.ones(len(seen), bool) if rows is None else np.isin(seen, np.asarray(rows))
        flags: npt.NDArray[np.bool_] | bool = (
            labelled if isinstance(labelled, bool) else np.isin(seen, np.asarray(labelled))[used]
        )
        return Membership.of(digests[used], flags)
