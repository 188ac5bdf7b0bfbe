"""The blend: the network and the models beside it, each with its weight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from graftwork.blend.forest import TABLES as READ_BY_FORESTS
from graftwork.blend.forest import Forest
from graftwork.blend.kernels import tables_read
from graftwork.blend.molecules import EMBEDDING
from graftwork.blend.process import Process, predicted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from graftwork.blend.molecules import Molecules
    from graftwork.config import Kind

    FloatArray = npt.NDArray[np.float64]

NETWORK = "network"


@dataclass(frozen=True)
class Blend:
    """A weighted mean of models.

    Parameters
    ----------
    kind
        Of the targets.
    weights
        By model, ``[targets]``: non-negative, and summing to one for every target. The classes of
        a ``multiclass`` target share theirs.
    members
        The fitted models beside the network, by name: those with a weight. The processes among
        them have the same training rows.
    frozen
        The weights of the pre-trained encoder, where a member reads its embedding.
    """

    kind: Kind
    weights: dict[str, FloatArray]
    members: dict[str, Process | Forest]
    frozen: dict[str, npt.NDArray[Any]] = field(default_factory=dict)

    @property
    def reads(self) -> set[str]:
        """The tables of :class:`Molecules` that the members read."""
        found: set[str] = set()
        for member in self.members.values():
            if isinstance(member, Forest):
                found |= set(READ_BY_FORESTS)
            else:
                found |= set(tables_read(tuple(member.scales)))
        return found

    @property
    def uses_network(self) -> bool:
        """Whether the network has a weight at all."""
        return bool(self.weights[NETWORK].any())

    @property
    def uses_embedding(self) -> bool:
        """Whether a member reads the embedding of the pre-trained encoder."""
        return EMBEDDING in self.reads

    @property
    def embedding_width(self) -> int:
        """Width of that embedding; 0 where none is read."""
        scales = [m.scales.get(EMBEDDING) for m in self.members.values() if isinstance(m, Process)]
        return max((len(scale.centre) for scale in scales if scale is not None), default=0)

    def predict(self, network: FloatArray, molecules: Molecules) -> FloatArray:
        """Return predictions, shape ``[rows, targets]``.

        Parameters
        ----------
        network
            What the network says, shape ``[rows, columns]``: values, probabilities, or the
            probabilities of the classes of a ``multiclass`` target.
        molecules
            The same rows.
        """
        return self.blended(network, predicted_by(self.members, molecules))

    def blended(self, network: FloatArray, beside: Mapping[str, FloatArray]) -> FloatArray:
        """Return predictions, given what the network and the members say of some rows."""
        width = max([network.shape[1], *(columns.shape[1] for columns in beside.values())])
        total = np.zeros((len(network), width))
        for name, columns in {NETWORK: network, **beside}.items():
            total[:, : columns.shape[1]] += self.weights[name] * in_range(columns, self.kind)
        return decided(in_range(total, self.kind), self.kind)  # weights sum to one but for rounding


def predicted_by(
    members: Mapping[str, Process | Forest], molecules: Molecules
) -> dict[str, FloatArray]:
    """Return what each member says of some rows, ``[rows, columns]`` by name."""
    processes = {name: m for name, m in members.items() if isinstance(m, Process)}
    forests = {name: m.predict(molecules) for name, m in members.items() if isinstance(m, Forest)}
    return predicted(processes, molecules) | forests


def in_range(columns: FloatArray, kind: Kind) -> FloatArray:
    """Clip probabilities, which least squares may leave outside of 0 to 1."""
    return columns if kind == "regression" else np.clip(columns, 0.0, 1.0)


def decided(columns: FloatArray, kind: Kind) -> FloatArray:
    """Return targets from columns: the number of the most probable class for ``multiclass``."""
    if kind != "multiclass":
        return columns
    return columns.argmax(1, keepdims=True).astype(np.float64)


def one_hot(y: FloatArray, kind: Kind, classes: int) -> FloatArray:
    """Return the columns that are fitted: for ``multiclass`` one of 0 and 1 for every class.

    Examples
    --------
    >>> one_hot(np.array([[1.0], [np.nan]]), "multiclass", 2).tolist()
    [[0.0, 1.0], [nan, nan]]
    """
    if kind != "multiclass":
        return y
    return np.where(np.isnan(y), np.nan, (y == np.arange(classes)).astype(np.float64))
