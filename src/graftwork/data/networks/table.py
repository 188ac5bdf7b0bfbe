"""The nodes of a network as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from graftwork.data.networks.files import open_network
from graftwork.data.networks.network import Network
from graftwork.data.record import Record
from graftwork.graph.schema import FeatureSchema


def node_record(network: Network, row: int) -> Record:
    """Return a node as a row: its name is the structure and the only cell but for its group."""
    name, group = network.names[row], network.group[row]
    return Record(row, row + 1, name, (name, group) if any(network.group) else (name,))


class NetworkTable:
    """A network as a table with one node per row.

    Parameters
    ----------
    path
        The network's file.
    schema
        Of the model that will read it.

    Attributes
    ----------
    network
        What the file holds.
    columns
        ``node``, and ``group`` where nodes have one.
    warnings
        None so far.
    """

    def __init__(self, path: Path, schema: FeatureSchema | None = None) -> None:
        self.network = open_network(path, schema=schema)
        self.columns = ["node", "group"] if any(self.network.group) else ["node"]
        self.warnings: list[str] = []

    def rows(self) -> Iterator[Record]:
        """Yield the nodes in order."""
        return (node_record(self.network, row) for row in range(self.network.num_nodes))
