"""Made-up molecules for the models beside the network."""

from __future__ import annotations

import numpy as np

from graftwork.blend import Fingerprints, Molecules
from graftwork.data.featurize.counts import (
    COUNTS,
    DESCRIPTOR_NAMES,
    Described,
    count_molecule,
    decode_described,
    encode_counted,
)


def one_fingerprint(table: Fingerprints) -> Molecules:
    """Molecules whose five fingerprints are one and the same."""
    descriptors = np.zeros((len(table), len(DESCRIPTOR_NAMES)), np.float32)
    folded = table.folded(16)
    descriptors[:, : folded.shape[1]] = folded
    return Molecules(dict.fromkeys(COUNTS, table), {"descriptors": descriptors})


def real_molecules(molecules, embedding=None) -> Molecules:
    """What the worker processes say of molecules, and made-up embeddings."""
    described: Described = decode_described(encode_counted([*map(count_molecule, molecules)]))
    table = Molecules.from_described([described])
    return table if embedding is None else table.with_embedding(embedding)
