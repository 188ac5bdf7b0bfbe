"""What the models of a blend are given: tables of molecules, groups, and the network's columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from graftwork.blend import Molecules
from graftwork.blend.molecules import describe
from graftwork.data.labelled import LabelledData
from graftwork.data.loader import in_order
from graftwork.data.splits import Split
from graftwork.nn.encoder import Encoder
from graftwork.nn.pooling import MeanPooling, embed_graphs

Rows = npt.NDArray[np.int64]


class MoleculeTables:
    """Fingerprints and descriptors of rows, and the embedding of a frozen encoder if there is one.

    A row is described when it is first asked for: of very many only some are.
    """

    def __init__(self, data: LabelledData, frozen: Encoder | None) -> None:
        self._data, self._frozen = data, frozen
        self._position = np.full(len(data.store), -1)
        self._described: Molecules | None = None

    @property
    def has_embedding(self) -> bool:
        """Whether there is an encoder."""
        return self._frozen is not None

    def take(self, rows: Rows) -> Molecules:
        """Return the given rows of the data, in that order."""
        missing = np.unique(rows[self._position[rows] < 0])
        if len(missing) or self._described is None:
            parts = [self._new(missing)]
            if self._described is not None:
                parts.insert(0, self._described)
            self._described = Molecules.joined(parts)
            self._position[missing] = np.arange(-len(missing), 0) + len(self._described)
        return self._described.take(self._position[rows])

    def _new(self, rows: Rows) -> Molecules:
        structures = self._data.structures
        tables = describe(self._data.store.schema, [structures[row] for row in rows])
        if self._frozen is None:
            return tables
        return tables.with_embedding(_embedded(self._frozen, self._data, rows))


def groups_of(data: LabelledData, split: Split) -> npt.NDArray[np.intp]:
    """Return what must not be divided by cross-validation.

    Scaffolds, where the split keeps scaffolds together; else every row is its own.
    """
    if "scaffold" not in split.name:
        return np.arange(len(data.store))
    return np.unique(data.scaffolds(), return_inverse=True)[1]


@torch.inference_mode()
def _embedded(encoder: Encoder, data: LabelledData, rows: Rows) -> npt.NDArray[np.float32]:
    encoder.eval()
    pooling = MeanPooling(encoder.config.dim)
    out = np.empty((len(rows), encoder.config.dim), np.float32)
    start = 0
    for chosen, batch in in_order(data.store, rows):
        vectors = embed_graphs(encoder, pooling, batch).float().numpy()
        out[start : start + len(chosen)] = vectors
        start += len(chosen)
    return out
