"""Chunks of molecules through the network and the models beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import tee
from pathlib import Path

import numpy as np
import torch

from graftwork.blend import NETWORK, Blend, Molecules
from graftwork.blend.storage import blend_from_bytes
from graftwork.data.featurize.counts import Described
from graftwork.data.isolate import ChunkResult, Pool
from graftwork.errors import ArtifactError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.inference.results import Matrix
from graftwork.inference.stream import Compute, computed_chunks
from graftwork.nn.artifact import Artifact
from graftwork.nn.encoder import Encoder
from graftwork.nn.folded import folded
from graftwork.nn.pooling import MeanPooling, embed_graphs


@dataclass(frozen=True)
class Blended:
    """A blend as an artifact holds it.

    Parameters
    ----------
    blend
        The models beside the network.
    frozen
        The pre-trained encoder whose embedding one of them reads, or None.
    """

    blend: Blend
    frozen: Encoder | None

    def answers(
        self, pool: Pool, schema: FeatureSchema, smiles: Iterable[str], columns: Compute
    ) -> Iterator[ChunkResult]:
        """Stream predictions chunk by chunk, in order; a :data:`Matrix` per structure.

        Parameters
        ----------
        columns
            A batch to the columns of the network; not asked where the network has no weight.
        """
        if not (self.blend.uses_network or self.frozen):
            return self._without_network(pool.map("described", schema, smiles))
        return self._with_network(pool.map("molecule", schema, smiles), schema, columns)

    def _without_network(self, chunks: Iterable[ChunkResult]) -> Iterator[ChunkResult]:
        for chunk in chunks:
            parts = [(where, self._predicted(part, [])) for where, part in chunk.parts]
            yield replace(chunk, parts=parts)

    def _with_network(
        self, chunks: Iterable[ChunkResult], schema: FeatureSchema, columns: Compute
    ) -> Iterator[ChunkResult]:
        def compute(batch: GraphBatch) -> torch.Tensor:
            parts = [columns(batch)] if self.blend.uses_network else []
            if self.frozen is not None:
                parts.append(embed_graphs(self.frozen, MeanPooling(), batch))
            return torch.cat(parts, 1)

        graphs, described = tee(chunks)  # as far apart as molecules are computed together
        bare = (
            replace(chunk, parts=[(where, packed) for where, (packed, _) in chunk.parts])
            for chunk in graphs
        )
        computed = computed_chunks(bare, schema, compute, "graph")
        for chunk, said in zip(described, computed, strict=True):
            parts = [
                (where, self._predicted(part, values))
                for (where, (_, part)), (_, values) in zip(chunk.parts, said.parts, strict=True)
            ]
            yield replace(chunk, parts=parts)

    def _predicted(self, described: Described, said: list[Matrix]) -> list[Matrix]:
        rows = len(described.descriptors)
        if not rows:
            return []
        molecules = Molecules.from_described([described])
        found = np.stack(said) if said else np.zeros((rows, 0), np.float32)
        if self.frozen is not None:
            width = found.shape[1] - self.frozen.config.dim
            molecules = molecules.with_embedding(found[:, width:])
            found = found[:, :width]
        columns = found.astype(np.float64)
        if not self.blend.uses_network:
            columns = np.zeros((rows, len(self.blend.weights[NETWORK])))
        return list(self.blend.predict(columns, molecules).astype(np.float32))


def open_blend(artifact: Artifact, where: Path) -> Blended | None:
    """Return the models beside the network, if there are any.

    Raises
    ------
    ArtifactError
        If the file is damaged, or for another network.
    """
    if artifact.blend is None:
        return None
    if artifact.predictor is None:
        raise ArtifactError(f"{where}: the network beside it predicts nothing.")
    head = artifact.predictor.head.config
    blend = blend_from_bytes(artifact.blend, str(where), head.kind, len(head.tasks))
    if not blend.uses_embedding:
        return Blended(blend, None)
    frozen = Encoder(artifact.schema, artifact.encoder.config)
    expected = {k: (tuple(v.shape), v.dtype) for k, v in frozen.state_dict().items()}
    state = {k: torch.from_numpy(v) for k, v in blend.frozen.items()}
    if {k: (tuple(v.shape), v.dtype) for k, v in state.items()} != expected:
        raise ArtifactError(f"{where} holds a frozen encoder of another shape.")
    if blend.embedding_width != frozen.config.dim:
        raise ArtifactError(f"{where} reads an embedding of another width than its encoder's.")
    frozen.load_state_dict(state)
    return Blended(blend, folded(frozen))
