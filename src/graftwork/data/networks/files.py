"""From a file to a network, and from a network to a graph store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy.typing as npt

from graftwork.data.networks.ego import ego_schema, ego_store
from graftwork.data.networks.layout import Layout
from graftwork.data.networks.network import Network
from graftwork.data.networks.npz import npz_names
from graftwork.data.networks.planetoid import PLANETOID
from graftwork.data.networks.proteins import GO2PPI, STRING12
from graftwork.data.store import GraphStore
from graftwork.errors import InputError, SchemaMismatchError
from graftwork.graph.schema import NETWORK, FeatureSchema, Option

NETWORKS: dict[str, Layout] = {"planetoid": PLANETOID, "go2ppi": GO2PPI, "string12": STRING12}
"""Layouts of files by name; a file is of the first layout all of whose arrays it holds."""

FEATURIZER = NETWORK
"""Name of the featuriser in the schema of every network."""

DEFAULT_OPTIONS: dict[str, Option] = {"hops": 2, "max_nodes": 256, "seed": 0, "distance": False}
"""How ego networks are cut where nothing else is said."""


def is_network(path: str | Path) -> bool:
    """Tell whether a file is read as a network: by its name's ending, ``.npz``.

    Examples
    --------
    >>> is_network("cora.npz"), is_network("molecules.csv")
    (True, False)
    """
    return Path(path).name.lower().endswith(".npz")


def open_network(
    path: str | Path,
    targets: Sequence[str] | None = None,
    features: Sequence[str] = (),
    schema: FeatureSchema | None = None,
) -> Network:
    """Read a network; its layout is known by the arrays in the file.

    Parameters
    ----------
    path
        An ``.npz`` file.
    targets
        Names of the label columns; None takes those that the layout gives by default.
    features
        Names of what nodes get as features beside those that every network of the layout has.
    schema
        Of a model that will read the network: its features are read, too.

    Raises
    ------
    InputError
        If the file is missing, damaged, or of no known layout, or has no such column.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} is no file.", "Expected a network, an .npz file.")
    names = npz_names(path)
    for layout in NETWORKS.values():
        if layout.keys <= names:
            asked = () if schema is None else layout.asked(path, schema)
            return layout.read(path, targets, list(dict.fromkeys([*features, *asked])))
    known = "; ".join(f"{name} ({', '.join(sorted(k.keys))})" for name, k in NETWORKS.items())
    raise InputError(
        f"{path} is no network of a known layout: it holds {', '.join(sorted(names)[:8])}.",
        f"Known layouts and their arrays: {known}.",
    )


def network_store(
    network: Network | str | Path,
    schema: FeatureSchema | Mapping[str, Option] | None = None,
    rows: npt.ArrayLike | None = None,
) -> GraphStore:
    """Cut out ego networks the way a schema, or some options, say.

    Parameters
    ----------
    network
        A network or its file.
    schema
        The schema of a model, or options (``hops``, ``max_nodes`` with 0 for no limit, ``seed``,
        ``distance``) that replace the defaults.
    rows
        The nodes; None is every node in order.

    Raises
    ------
    SchemaMismatchError
        If the network's columns are not those of the schema.
    InputError
        If a file, an option or a row cannot be used.
    """
    if not isinstance(network, Network):
        network = open_network(
            network, schema=schema if isinstance(schema, FeatureSchema) else None
        )
    if isinstance(schema, FeatureSchema) and schema.featurizer != FEATURIZER:
        raise SchemaMismatchError(
            f"The model reads graphs of {schema.featurizer!r}, not networks.",
            "Start from none, or from a model that was trained on such a network.",
        )
    options = schema.options if isinstance(schema, FeatureSchema) else schema
    how = _checked({**DEFAULT_OPTIONS, **(options or {})})
    hops, most, seed = int(how["hops"]), int(how["max_nodes"]), int(how["seed"])
    distance = bool(how["distance"])
    if isinstance(schema, FeatureSchema):
        found = ego_schema(network.schema, hops, most, seed, distance=distance)
        schema.require_columns(found, "This network does not fit the model")
    return ego_store(network, rows, hops, most, seed, distance=distance)


def require_molecules(schema: FeatureSchema, path: Path) -> None:
    """Raise :class:`InputError` if ``path`` is to be read by a model of networks, and is none."""
    if schema.featurizer == FEATURIZER:
        raise InputError(
            f"This model reads networks, and {path} is none.",
            "Give an .npz file of a network, or choose a model of molecules.",
        )


def _checked(options: dict[str, Option]) -> dict[str, Option]:
    unknown = sorted(set(options) - set(DEFAULT_OPTIONS))
    if unknown:
        raise InputError(f"Unknown option {unknown[0]!r}.", f"Known: {', '.join(DEFAULT_OPTIONS)}.")
    for name, value in options.items():
        wanted = type(DEFAULT_OPTIONS[name])
        if type(value) is not wanted:
            raise InputError(f"{name} = {value!r} cannot be used.", f"Expected {wanted.__name__}.")
    return options
