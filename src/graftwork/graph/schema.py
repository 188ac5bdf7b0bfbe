"""The feature schema: what the columns of nodes and edges mean."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graftwork.errors import SchemaMismatchError

Option = bool | int | float | str

NETWORK = "network"
"""Name of the featuriser of every network: rows are its nodes, graphs their ego networks."""


@dataclass(frozen=True)
class CategoricalColumn:
    """One categorical feature.

    Parameters
    ----------
    name
        What the column holds, e.g. ``"atomic_number"``.
    size
        Number of ids, the mask id included: values lie in ``[0, size)``.
    mask
        The id that means "hidden". Schemas that follow a paper may reuse an ordinary id.
    self_loop
        Edge columns only: the id of a node's edge to itself.
    """

    name: str
    size: int
    mask: int
    self_loop: int = 0


@dataclass(frozen=True)
class FeatureSchema:
    """Names, vocabulary sizes and mask ids of all node and edge features.

    Parameters
    ----------
    featurizer
        Name of the featuriser that produces such graphs.
    node_cat, edge_cat
        Categorical columns, in the order of the columns of ``Graph.node_cat`` / ``edge_cat``.
    node_x, edge_x
        Names of continuous columns.
    options
        Settings of the featuriser (for molecules: ``standardize``, ``max_atoms``). They are part
        of the schema so that training and prediction never differ.
    """

    featurizer: str
    node_cat: tuple[CategoricalColumn, ...]
    edge_cat: tuple[CategoricalColumn, ...]
    node_x: tuple[str, ...] = ()
    edge_x: tuple[str, ...] = ()
    options: dict[str, Option] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Sixteen hexadecimal digits that change with anything in the schema."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def id_dtype(self) -> np.dtype[Any]:
        """The smallest integer type that holds every categorical id."""
        sizes = [column.size for column in (*self.node_cat, *self.edge_cat)]
        return np.dtype(np.uint8 if max(sizes, default=0) <= 256 else np.int32)

    @property
    def is_network(self) -> bool:
        """Whether rows are the nodes of a network, and graphs their ego networks."""
        return self.featurizer == NETWORK

    @property
    def is_categorical(self) -> bool:
        """Whether no column is continuous."""
        return not (self.node_x or self.edge_x)

    def with_options(self, **options: Option) -> FeatureSchema:
        """Return the same columns under changed featuriser options."""
        return dataclasses.replace(self, options={**self.options, **options})

    def require(self, other: FeatureSchema, context: str) -> None:
        """Raise :class:`SchemaMismatchError` unless ``other`` is this very schema."""
        if self.hash != other.hash:
            raise SchemaMismatchError(
                f"{context}: schema {other.featurizer!r} ({other.hash}) met schema "
                f"{self.featurizer!r} ({self.hash}).",
                "Build the graphs with the schema that the model was trained on.",
            )

    def require_columns(self, other: FeatureSchema, context: str) -> None:
        """Raise unless ``other`` has the same columns; featuriser options may differ."""
        dataclasses.replace(self, options={}).require(
            dataclasses.replace(other, options={}), context
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> FeatureSchema:
        """Read what :meth:`to_dict` wrote; unknown or missing keys raise ``TypeError``."""
        values = dict(values)
        missing = {item.name for item in dataclasses.fields(cls)} - values.keys()
        if missing:
            raise TypeError(f"a feature schema lacks {sorted(missing)}")
        for key in ("node_cat", "edge_cat"):
            values[key] = tuple(CategoricalColumn(**column) for column in values[key])
        for key in ("node_x", "edge_x"):
            values[key] = tuple(str(name) for name in values[key])
        return cls(**values)
