"""Small made-up networks."""

from __future__ import annotations

import pytest

from made_networks import random_network


@pytest.fixture(scope="session")
def make_network():
    """A random network: see ``made_networks.random_network``."""
    return random_network
