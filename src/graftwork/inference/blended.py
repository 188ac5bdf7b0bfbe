"""Chunks of molecules through the network and the models beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import tee
from pathlib import Path

import numpy as np
import torch

from graftwork.blend import Blend, Molecules
from graftwork.blend.storage import blend_from_bytes
from graftwork.data.featurize.counts import Described
from graftwork.data.isolate import ChunkResult
from graftwork.errors import ArtifactError
from graftwork.graph.schema import FeatureSchema
from graftwork.inference.results import Matrix
from graftwork.inference.stream import Compute, computed_chunks
from graftwork.nn.artifact import Artifact
from graftwork.nn.encoder import Encoder
from graftwork.nn.folded import folded


def open_blend(artifact: Artifact, where: Path) -> tuple[Blend | None, Encoder | None]:
    """Return the models beside the network, and the pre-trained encoder that one of them reads.

    Raises
    ------
    ArtifactError
        If the file is damaged, or for another network.
    """
    if artifact.blend is None:
        return None, None
    if artifact.predictor is None:
        raise ArtifactError(f"{where}: the network beside it predicts nothing.")
    head = artifact.predictor.head.config
    blend = blend_from_bytes(artifact.blend, str(where), head.kind, len(head.tasks))
    if not blend.uses_embedding:
        return blend, None
    frozen = Encoder(artifact.schema, artifact.encoder.config)
    expected = {k: (tuple(v.shape), v.dtype) for k, v in frozen.state_dict().items()}
    state = {k: torch.from_numpy(v) for k, v in blend.frozen.items()}
    if {k: (tuple(v.shape), v.dtype) for k, v in state.items()} != expected:
        raise ArtifactError(f"{where} holds a frozen encoder of another shape.")
    frozen.load_state_dict(state)
    return blend, folded(frozen.eval())


def blended_chunks(
    chunks: Iterable[ChunkResult], schema: FeatureSchema, compute: Compute, blend: Blend
) -> Iterator[ChunkResult]:
    """Turn chunks of the task ``molecule`` into chunks of predictions.

    Parameters
    ----------
    compute
        A batch to the columns of the network, and beside them, where the blend reads it, the
        embedding of the pre-trained encoder.
    """
    graphs, described = tee(chunks)  # as far apart as molecules are computed together
    bare = (
        replace(chunk, parts=[(where, packed) for where, (packed, _) in chunk.parts])
        for chunk in graphs
    )
    computed = computed_chunks(bare, schema, compute, "graph")
    for chunk, said in zip(described, computed, strict=True):
        parts = [
            (where, _blended(blend, part, values))
            for (where, (_, part)), (_, values) in zip(chunk.parts, said.parts, strict=True)
        ]
        yield replace(chunk, parts=parts)


def described_chunks(chunks: Iterable[ChunkResult], blend: Blend) -> Iterator[ChunkResult]:
    """Turn chunks of the task ``described`` into predictions that need no network."""
    for chunk in chunks:
        parts = [(where, _blended(blend, part, [])) for where, part in chunk.parts]
        yield replace(chunk, parts=parts)


def _blended(blend: Blend, described: Described, said: list[Matrix]) -> list[Matrix]:
    rows = len(described.descriptors)
    if not rows:
        return []
    columns = np.stack(said) if said else np.zeros((rows, len(blend.weights["network"])), "f4")
    molecules = Molecules.from_described([described])
    if blend.uses_embedding:
        width = columns.shape[1] - blend.embedding_width
        molecules = molecules.with_embedding(columns[:, width:])
        columns = columns[:, :width]
    return list(blend.predict(columns.astype(np.float64), molecules).astype(np.float32))
