"""How fast a table becomes a graph store, against RDKit's parser alone on the same cores.

python benchmarks/featurize.py [-i corpus.smi.gz] [--limit 20000]
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from pathlib import Path

from rdkit import RDConfig

from graftwork.data.build import build_store
from graftwork.data.featurize import SCHEMAS
from graftwork.data.featurize.targets import TARGETS
from graftwork.data.isolate import IsolatedPool
from graftwork.data.sources import open_table
from limits import machine, parse_rate


def main() -> None:
    """Build a store with every schema, and with every kind of computed targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"
    parser.add_argument("-i", "--input", type=Path, default=default)
    parser.add_argument("--limit", type=int, default=20_000)
    arguments = parser.parse_args()
    print(machine())
    records = list(itertools.islice(open_table(arguments.input).rows(), arguments.limit))
    texts = [record.structure for record in records]
    pool = IsolatedPool()
    cases: list[tuple[str, tuple[str, ...]]] = [(name, ()) for name in SCHEMAS]
    cases += [("default", (target,)) for target in TARGETS]
    for name, targets in cases:
        schema = SCHEMAS[name]
        list(pool.map("graph", schema, ["C"] * pool.workers, chunk=1))  # start the workers
        limit = parse_rate(texts)
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            store = build_store(records, schema, Path(folder), targets=targets, pool=pool).store
            rate = len(records) / (time.perf_counter() - start)
            size = sum(file.stat().st_size for file in Path(folder).glob("*.bin")) / len(store)
        limit = (limit + parse_rate(texts)) / 2  # before and after: the machine drifts
        print(f"featurize {'+'.join((name, *targets)):20} {rate:7.0f} molecules/s", end="")
        print(f"  {rate / limit:.2f} of parsing alone ({limit:.0f}/s), {size:.0f} bytes each")
    pool.close()


if __name__ == "__main__":
    main()
