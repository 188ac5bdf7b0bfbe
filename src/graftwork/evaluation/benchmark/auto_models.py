"""The blends of a table: one with each network, and the same without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graftwork.errors import InputError
from graftwork.evaluation.auto import AUTO
from graftwork.evaluation.benchmark.model_spec import BLEND, WITHOUT_NETWORK, ModelSpec

NETWORK = "network"
MODELS = (NETWORK, AUTO)
"""What a table may hold of each checkpoint: the network itself, the blend with it, or both."""


def checked_kinds(kinds: Sequence[str], *, network: bool) -> None:
    """Refuse what is no kind of model, and blends where the rows are nodes of networks.

    Raises
    ------
    InputError
        If that is asked for, or nothing is.
    """
    for kind in kinds or ("",):
        if kind not in MODELS:
            raise InputError(f"--models has no {kind!r}.", f"Known: {', '.join(MODELS)}.")
    if network and AUTO in kinds:
        raise InputError(
            "auto does not read networks: nodes have no fingerprints to blend a network with.",
            "Choose --models network.",
        )


def blends(networks: Sequence[ModelSpec]) -> list[ModelSpec]:
    """Return the blend without a network, and one with each of some networks."""
    return [ModelSpec(WITHOUT_NETWORK, "auto"), *map(_with, networks)]


def _with(model: ModelSpec) -> ModelSpec:
    scratch = model.scratch or model.name
    return replace(model, name=BLEND + model.name, role="auto", scratch=scratch)


def shown(name: str) -> str:
    """Return a model's name as tables show it.

    Examples
    --------
    >>> shown("auto:mine"), shown("auto:none"), shown("mine")
    ('auto: mine', 'blend without network', 'mine')
    """
    if name == WITHOUT_NETWORK:
        return "blend without network"
    return f"auto: {name.removeprefix(BLEND)}" if name.startswith(BLEND) else name
