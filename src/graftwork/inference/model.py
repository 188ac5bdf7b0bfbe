"""A loaded artifact that predicts and embeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from graftwork.data.featurize import SCHEMAS
from graftwork.data.isolate import ChunkResult, Pool, shared_pool
from graftwork.data.networks import FEATURIZER, Network
from graftwork.data.record import Record
from graftwork.errors import ArtifactError, InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.segment import Bags
from graftwork.inference.blended import open_blend
from graftwork.inference.results import Level, Matrix, Output, RowResult, stacked, text_records
from graftwork.inference.stream import Compute, computed_chunks, stream_molecules, stream_nodes
from graftwork.nn.artifact import load_artifact
from graftwork.nn.checkpoints import find_model
from graftwork.nn.encoder import Encoder
from graftwork.nn.folded import folded
from graftwork.nn.pooling import CentrePooling, MeanPooling, embed_graphs, pooled_width
from graftwork.nn.precision import require_known, resolved_precision
from graftwork.nn.predictor import Predictor
from graftwork.nn.record import BLEND

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_PRECISION = "32-true"


class Model:
    """A loaded artifact that predicts and embeds molecules, or the nodes of networks.

    Parameters
    ----------
    path
        The name of a bundled checkpoint, an artifact or a run directory.
    pool
        Where molecules are featurised; default the workers that this process shares.
    precision
        Of the encoder: ``32-true``, ``bf16-mixed``, or ``auto`` for bfloat16 where the processor
        has it. Pooling and head compute in single precision.

    Raises
    ------
    ArtifactError
        If there is no such model, or it is damaged. Nothing in it is ever executed.
    InputError
        If no precision has this name.

    Examples
    --------
    >>> import graftwork
    >>> model = graftwork.load("default")
    >>> model.embed(["CCO", "not a molecule"]).shape[0]
    2
    """

    def __init__(
        self, path: str | Path, *, pool: Pool | None = None, precision: str = DEFAULT_PRECISION
    ) -> None:
        self.path = find_model(path)
        require_known(precision)
        self.precision = resolved_precision(precision, "cpu")
        artifact = load_artifact(self.path)
        self.reads_networks = artifact.schema.featurizer == FEATURIZER
        known = SCHEMAS.get(artifact.schema.featurizer)
        if known is not None:
            known.require_columns(artifact.schema, f"{self.path}")
        elif not self.reads_networks:
            raise ArtifactError(
                f"{self.path} reads graphs of {artifact.schema.featurizer!r}, neither molecules "
                "nor networks.",
                f"Known featurisers: {', '.join([*SCHEMAS, FEATURIZER])}.",
            )
        self.encoder: Encoder = artifact.encoder
        self.predictor: Predictor | None = artifact.predictor
        parts = self.predictor.members if self.predictor else (artifact,)
        self._encoders = [partial(self._encode, folded(part.encoder)) for part in parts]
        self.provenance: dict[str, Any] = artifact.provenance
        self.blended = open_blend(artifact, self.path / BLEND)
        self._pool = pool

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the targets; empty for a pre-trained encoder."""
        return () if self.predictor is None else self.predictor.head.config.tasks

    @property
    def width(self) -> int:
        """Width of the embedding of a row."""
        return pooled_width(self._pooling, self.encoder.config.dim)

    @property
    def _pooling(self) -> nn.Module:
        """How nodes become a row: the predictor's own way, else the centre, or the mean."""
        if self.predictor is not None:
            return self.predictor.pooling
        return CentrePooling() if self.reads_networks else MeanPooling()

    def require_tasks(self) -> tuple[str, ...]:
        """Return the targets, or raise :class:`ArtifactError` for an encoder without a head."""
        if not self.tasks:
            raise ArtifactError(
                f"{self.path} is a pre-trained encoder: it has no target to predict.",
                "Fine-tune it first (graftwork finetune --from ...), or use embed.",
            )
        return self.tasks

    def predict(self, smiles: str | Sequence[str]) -> pd.DataFrame:
        """Predict molecules.

        Returns
        -------
        pandas.DataFrame
            One row per input, in order: ``smiles``, ``pred_<target>`` (a probability for
            classification, a class number for multiclass, NaN for a rejected row), ``status`` and
            ``reason``.

        Raises
        ------
        InputError
            If the model reads networks; see :meth:`predict_records`.
        """
        import pandas as pd  # noqa: PLC0415  (slow to import, needed only here)

        tasks = self.require_tasks()
        rows = list(self.predict_records(text_records(smiles)))
        values = stacked(rows, len(tasks))
        frame = pd.DataFrame({"smiles": [row.record.structure for row in rows]})
        for position, task in enumerate(tasks):
            frame[f"pred_{task}"] = values[:, position]
        frame["status"] = [row.status for row in rows]
        frame["reason"] = [row.reason for row in rows]
        return frame

    def embed(self, smiles: str | Sequence[str]) -> Matrix:
        """Return float32 ``[rows, dim]`` graph embeddings in input order; NaN where rejected."""
        rows = list(self.embed_records(text_records(smiles)))
        return stacked(rows, self.width)

    def predict_records(
        self, records: Iterable[Record], network: Network | None = None
    ) -> Iterator[RowResult]:
        """Stream predictions ``[tasks]`` of records, in order.

        Parameters
        ----------
        records
            Molecules; or nodes, whose ``row`` is their number in ``network``.
        network
            Where the nodes lie, for a model of networks.

        Raises
        ------
        InputError
            If the model has no target, or reads other data than it is given.
        """
        self.require_tasks()
        return self._results(records, "prediction", network)

    def embed_records(
        self, records: Iterable[Record], level: Level = "graph", network: Network | None = None
    ) -> Iterator[RowResult]:
        """Stream embeddings of records, in order: ``[width]``, or ``[atoms, dim]`` for atoms.

        See :meth:`predict_records`. The rows of a network are nodes: it has the level ``graph``
        only, one vector per row.
        """
        if level not in ("graph", "node"):
            raise InputError(f"No level is called {level!r}.", "Known: graph, node.")
        if level == "node" and self.reads_networks:
            raise InputError(
                "The rows of a network are its nodes already.", "Leave out --level node."
            )
        return self._results(records, "nodes" if level == "node" else "embedding", network)

    def answers(self, smiles: Iterable[str], output: Output) -> Iterator[ChunkResult]:
        """Stream what the network says of structures, chunk by chunk, in order.

        Returns
        -------
        Iterator[ChunkResult]
            The results of a part are a :data:`Matrix` per structure, as in :class:`RowResult`.
        """
        schema = self.encoder.schema
        pool = self._pool or shared_pool()
        if self.blended is not None and output == "prediction":
            return self.blended.answers(
                pool, schema, smiles, partial(self._predict_batch, columns=True)
            )
        chunks = pool.map("graph", schema, smiles)
        level: Level = "node" if output == "nodes" else "graph"
        return computed_chunks(chunks, schema, self._compute(output), level)

    def _predict_batch(self, batch: GraphBatch, *, columns: bool = False) -> torch.Tensor:
        if self.predictor is None:
            raise ArtifactError(f"{self.path} has no head.")
        found = self.predictor.columns(batch, self._encoders)
        return found if columns else self.predictor.head.decide(found)

    def _pool_batch(self, batch: GraphBatch) -> torch.Tensor:
        return embed_graphs(self._encoders[0], self._pooling, batch)

    def _encode(
        self, encoder: Encoder, batch: GraphBatch, wanted: torch.Tensor | Bags | None = None
    ) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bf16-mixed"):
            return encoder(batch, wanted).float()

    def _compute(self, output: Output) -> Compute:
        if output == "prediction":
            return self._predict_batch
        return self._encoders[0] if output == "nodes" else self._pool_batch

    def _results(
        self, records: Iterable[Record], output: Output, network: Network | None
    ) -> Iterator[RowResult]:
        if self.reads_networks != (network is not None):
            reads, given = ("networks", "molecules") if network is None else ("molecules", "nodes")
            raise InputError(
                f"{self.path} reads {reads}, and was given {given}.",
                "Give it the kind of file that it was trained on.",
            )
        if network is not None:
            return stream_nodes(records, network, self.encoder.schema, self._compute(output))
        return stream_molecules(records, lambda smiles: self.answers(smiles, output))


def load(path: str | Path, *, precision: str = DEFAULT_PRECISION) -> Model:
    """Load a bundled checkpoint by name, an artifact directory, or a run directory.

    See :class:`Model`.

    Raises
    ------
    ArtifactError
        If there is no such model, or it is damaged. Nothing in it is ever executed.
    """
    return Model(path, precision=precision)
