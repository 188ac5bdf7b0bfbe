"""A model whose network is computed by the workers of a Ray cluster."""

from __future__ import annotations

import functools
import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from graftwork.data.isolate import ChunkResult, shared_pool
from graftwork.data.places import file_hash
from graftwork.data.ray_pool import RayPool
from graftwork.errors import ArtifactError, InputError
from graftwork.inference.model import DEFAULT_PRECISION, Model
from graftwork.inference.results import Matrix, Output
from graftwork.nn.checkpoints import bundled
from graftwork.nn.record import BLEND

_WEIGHTS = ("model.safetensors", BLEND)


class RayModel(Model):
    """A model that is loaded once by each worker process, and answers blocks of molecules there.

    Parameters
    ----------
    path
        As for :class:`Model`. Every machine of the cluster must be able to read it at the same
        place, or have the same bundled checkpoint.
    pool
        The workers.
    precision
        As for :class:`Model`; ``auto`` is what is best where the command was given.

    Raises
    ------
    InputError
        If the model reads networks: one machine holds a network.
    """

    def __init__(self, path: str | Path, pool: RayPool, precision: str = DEFAULT_PRECISION) -> None:
        super().__init__(path, pool=pool, precision=precision)
        if self.reads_networks:
            raise InputError(
                f"{self.path} reads networks, which one machine holds in memory.",
                "Leave out --engine ray.",
            )
        self._cluster = pool

    def answers(self, smiles: Iterable[str], output: Output) -> Iterator[ChunkResult]:
        """See :meth:`Model.answers`."""
        comes_along = self.path in bundled().values()
        name = self.path.name if comes_along else str(self.path.resolve())
        sha256 = _fingerprint(self.path)
        settings = {
            "model": name,
            "sha256": sha256,
            "precision": self.precision,
            "output": output,
        }
        for done in self._cluster.run(answer_block, settings, smiles):
            parts = [(positions, _decoded(data, output)) for positions, data in done.parts]
            yield replace(done, parts=parts)


def answer_block(
    texts: list[str], model: str, sha256: str, precision: str, output: Output
) -> Iterator[ChunkResult]:
    """Answer molecules in a worker process; the parts are values as safetensors bytes."""
    for done in _loaded(model, sha256, precision).answers(texts, output):
        yield replace(done, parts=[(where, _encoded(values)) for where, values in done.parts])


@functools.lru_cache(maxsize=1)
def _loaded(name: str, sha256: str, precision: str) -> Model:
    torch.set_num_threads(1)
    model = Model(name, pool=shared_pool(1), precision=precision)
    if _fingerprint(model.path) != sha256:
        raise ArtifactError(
            f"{socket.gethostname()} has other weights at {model.path} than the command.",
            "Put the model where all machines read the same files.",
        )
    return model


def _fingerprint(path: Path) -> str:
    return " ".join(file_hash(path / name) for name in _WEIGHTS if (path / name).exists())


def _encoded(values: list[Matrix]) -> bytes:
    """Lay vectors, or the matrices of molecules, end to end."""
    rows = [np.atleast_2d(value) for value in values]
    joined = np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)
    return save_arrays({"values": joined, "ends": np.cumsum([len(row) for row in rows])})


def _decoded(data: bytes, output: Output) -> list[Matrix]:
    arrays = load_arrays(data)
    if output == "nodes" and len(arrays["ends"]):
        return np.split(arrays["values"], arrays["ends"][:-1])
    return list(arrays["values"])
