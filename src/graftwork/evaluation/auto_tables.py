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


def molecule_tables(data: LabelledData, frozen: Encoder | None) -> Molecules:
    """Return fingerprints and descriptors of all rows, and the embedding of a frozen encoder."""
    tables = describe(data.store.schema, data.structures)
    return tables if frozen is None else tables.with_embedding(_embedded(frozen, data))


def groups_of(data: LabelledData, split: Split) -> npt.NDArray[np.intp]:
    """Return what must not be divided by cross-validation.

    Scaffolds, where the split keeps scaffolds together; else every row is its own.
    """
    if "scaffold" not in split.name:
        return np.arange(len(data.store))
    return np.unique(data.scaffolds(), return_inverse=True)[1]


@torch.inference_mode()
def _embedded(encoder: Encoder, data: LabelledData) -> npt.NDArray[np.float32]:
    encoder.eval()
    rows = np.arange(len(data.store))
    parts = [
        embed_graphs(encoder, MeanPooling(encoder.config.dim), batch).float().numpy()
        for _, batch in in_order(data.store, rows)
    ]
    return np.concatenate(parts)
