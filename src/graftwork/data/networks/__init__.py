"""Networks: files whose rows are the nodes of a large graph."""

from __future__ import annotations

from graftwork.data.networks.ego import ego_schema, ego_store
from graftwork.data.networks.files import (
    DEFAULT_OPTIONS,
    FEATURIZER,
    NETWORKS,
    is_network,
    network_store,
    open_network,
    require_molecules,
)
from graftwork.data.networks.layout import Layout
from graftwork.data.networks.network import Network, both_directions
from graftwork.data.networks.ontology import Ontology, read_ontology
from graftwork.data.networks.planetoid import read_planetoid
from graftwork.data.networks.proteins import read_proteins
from graftwork.data.networks.table import NetworkTable, node_record
from graftwork.data.networks.terms import separate_terms, wanted_terms
from graftwork.data.networks.withheld import without_labels

__all__ = [
    "DEFAULT_OPTIONS",
    "FEATURIZER",
    "NETWORKS",
    "Layout",
    "Network",
    "NetworkTable",
    "Ontology",
    "both_directions",
    "ego_schema",
    "ego_store",
    "is_network",
    "network_store",
    "node_record",
    "open_network",
    "read_ontology",
    "read_planetoid",
    "read_proteins",
    "require_molecules",
    "separate_terms",
    "wanted_terms",
    "without_labels",
]
