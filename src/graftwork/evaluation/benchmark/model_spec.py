"""One model of a benchmark's table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from graftwork.data.networks.files import FEATURIZER
from graftwork.evaluation.baselines import BASELINES
from graftwork.evaluation.peers import PEERS

Role = Literal["pretrained", "scratch", "baseline", "auto"]
BLEND = "auto:"
"""Begins the name of a blend; that of its network follows."""
WITHOUT_NETWORK = f"{BLEND}none"
MORE_ROWS = "+val"
"""Ends the name of a baseline that learns from the validation part, too."""
_BLEND_VERSION = 2  # another one when the same rows would give another blend


@dataclass(frozen=True)
class ModelSpec:
    """One model of the table.

    Parameters
    ----------
    name
        As the table shows it.
    role
        ``pretrained``, ``scratch``, ``baseline`` or ``auto`` (a network blended with models beside
        it, or these alone).
    encoder, schema
        The architecture and its input, as JSON. The schema ``{"network": options}`` is that of the
        network at hand. A baseline has no encoder, nor has a blend without a network. A baseline
        has a schema only where it reads the features of a network: those that the networks beside
        it read.
    path, weights
        Of a checkpoint, and of a blend with one: its directory, and the SHA-256 of its weights.
    scratch
        Of a checkpoint, and of a blend with a network: the name of the same architecture from
        scratch.
    baseline
        Of a baseline: a key of `graftwork.evaluation.BASELINES`, or of
        `graftwork.evaluation.peers.PEERS`.
    version
        Of a peer: that of its library.
    validation
        Of a baseline: whether it learns from the validation part, too, as blends do.
    """

    name: str
    role: Role
    encoder: dict[str, Any] | None = None
    schema: dict[str, Any] | None = None
    path: str | None = None
    weights: str | None = None
    scratch: str | None = None
    baseline: str | None = None
    version: str | None = None
    validation: bool = False

    @property
    def method(self) -> str:
        """Of a baseline: what it is, whatever it is called."""
        return self.baseline or self.name

    def fits(self, *, network: bool) -> bool:
        """Say whether it reads networks, or molecules."""
        if self.role == "baseline":
            molecules = self.method in PEERS or BASELINES[self.method].reads == "fingerprints"
            return molecules != network
        if self.role == "auto" and (network or self.encoder is None):
            return not network  # nodes have no fingerprints to blend with
        schema = self.schema or {}
        return ("network" in schema or schema["featurizer"] == FEATURIZER) == network

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the numbers: not the names, not the place."""
        if self.role == "baseline":
            own = BASELINES[self.method].version if self.method in BASELINES else self.version
            version = {} if own in (None, 1) else {"version": own}
            more = {"validation": True} if self.validation else {}
            return {"baseline": self.method, **version, **more}
        if self.role == "auto":
            return {"auto": self.network, "version": _BLEND_VERSION}
        return self.network

    @property
    def network(self) -> dict[str, Any]:
        """What decides the numbers of the network alone."""
        return {"encoder": self.encoder, "schema": self.schema, "weights": self.weights}

    def reads_as(self, network: ModelSpec) -> bool:
        """Say of a baseline whether it reads what a network reads, so that the two compare."""
        if self.schema is None or self.schema == network.schema:
            return True
        return "network" in self.schema and "network" in (network.schema or {})

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return asdict(self)
