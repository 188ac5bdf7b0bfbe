"""Bytes per molecule and molecules per second of a membership record.

python benchmarks/membership_record.py FILE [ROWS]
"""

from __future__ import annotations

import resource
import sys
from itertools import islice

from graftwork.data.isolate import IsolatedPool
from graftwork.data.membership import record_membership
from graftwork.data.sources import open_table


def main() -> None:
    """Record the first rows of a table with one worker process."""
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else None
    structures = [record.structure for record in islice(open_table(sys.argv[1]).rows(), rows)]
    pool = IsolatedPool(workers=1)
    record = record_membership(structures, labelled=False, pool=pool)
    pool.close()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # the worker, which has ended now
    seconds = used.ru_utime + used.ru_stime
    size = len(record.to_bytes())
    print(f"molecules {record.count}, different {len(record.molecules)}")
    print(f"scaffolds {len(record.scaffolds)}")
    print(f"bytes {size}, per molecule {size / record.count:.2f}")
    print(f"molecules per second of one core {len(structures) / seconds:.0f}")
    print(f"false positives per query {record.false_positive_rate:.1e}")


if __name__ == "__main__":
    main()
