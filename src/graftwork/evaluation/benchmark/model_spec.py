"""One model of a benchmark's table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from graftwork.data.networks.files import FEATURIZER
from graftwork.evaluation.baselines import BASELINES

Role = Literal["pretrained", "scratch", "baseline"]


@dataclass(frozen=True)
class ModelSpec:
    """One model of the table.

    Parameters
    ----------
    name
        As the table shows it.
    role
        ``pretrained``, ``scratch`` or ``baseline``.
    encoder, schema
        The architecture and its input, as JSON. The schema ``{"network": options}`` is that of the
        network at hand. A baseline has no encoder, and a schema only where it reads the features of
        a network: those that the networks beside it read.
    path, weights
        Of a checkpoint: its directory, and the SHA-256 of its weights.
    scratch
        Of a checkpoint: the name of the same architecture from scratch.
    baseline
        Of a baseline: a key of `graftwork.evaluation.BASELINES`.
    """

    name: str
    role: Role
    encoder: dict[str, Any] | None = None
    schema: dict[str, Any] | None = None
    path: str | None = None
    weights: str | None = None
    scratch: str | None = None
    baseline: str | None = None

    @property
    def method(self) -> str:
        """Of a baseline: what it is, whatever it is called."""
        return self.baseline or self.name

    def fits(self, *, network: bool) -> bool:
        """Say whether it reads networks, or molecules."""
        if self.role == "baseline":
            return (BASELINES[self.method].reads != "fingerprints") == network
        schema = self.schema or {}
        return ("network" in schema or schema["featurizer"] == FEATURIZER) == network

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the numbers: not the names, not the place."""
        if self.role == "baseline":
            return {"baseline": self.method}
        return {"encoder": self.encoder, "schema": self.schema, "weights": self.weights}

    def reads_as(self, network: ModelSpec) -> bool:
        """Say of a baseline whether it reads what a network reads, so that the two compare."""
        if self.schema is None or self.schema == network.schema:
            return True
        return "network" in self.schema and "network" in (network.schema or {})

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return asdict(self)
