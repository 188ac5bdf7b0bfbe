"""Labels of some groups taken away: a species that nothing may be learnt about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from graftwork.data.networks.network import Network
from graftwork.errors import InputError


def without_labels(network: Network, groups: Collection[str]) -> Network:
    """Return the same network in which every label of these groups is unknown (NaN).

    Nodes and edges stay: an objective that needs no labels still sees them.

    Raises
    ------
    InputError
        If the network has no such group.
    """
    known = set(network.group)
    unknown = sorted(set(groups) - known)
    if unknown:
        raise InputError(
            f"The network has no group {unknown[0]!r}.",
            f"Known: {', '.join(sorted(known - {''})) or 'none'}.",
        )
    hidden = np.isin(network.group, list(groups))
    return replace(network, y=np.where(hidden[:, None], np.float32(np.nan), network.y))
