"""How a file of networks is laid out: the arrays by which it is known, and its reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graftwork.data.networks.network import Network
from graftwork.graph.schema import FeatureSchema

Reader = Callable[[Path, Sequence[str] | None, Sequence[str]], Network]
Asker = Callable[[Path, FeatureSchema], Sequence[str]]


def nothing_more(_path: Path, _schema: FeatureSchema) -> Sequence[str]:
    """Ask for no features but those that every network of the layout has."""
    return ()


@dataclass(frozen=True)
class Layout:
    """One layout.

    Parameters
    ----------
    keys
        Arrays that a file of this layout holds; no two layouts fit the same file.
    read
        ``(path, targets, features) -> Network``. ``targets`` names the label columns to read; None
        takes those that the layout gives by default. ``features`` names what nodes get as
        features beside those that every network of the layout has.
    asked
        ``(path, schema) -> features``: those that a model with this schema reads, as far as the
        file has them.
    """

    keys: frozenset[str]
    read: Reader
    asked: Asker = nothing_more
