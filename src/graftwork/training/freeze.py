"""Strategies: which parameters train, as globs over their names, and from when on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from torch import nn

from graftwork.config import EncoderConfig
from graftwork.errors import InputError


@dataclass(frozen=True)
class Frozen:
    """Parameters that stay as they are, at least for a while.

    Parameters
    ----------
    pattern
        A glob over parameter names, e.g. ``"encoder.*"``.
    until
        Share of the training after which they train, too.
    """

    pattern: str
    until: float = math.inf


def _gradual(config: EncoderConfig) -> tuple[Frozen, ...]:
    """Thaw one layer after the other, the last one first."""
    layers = config.num_layers
    kinds = ("convs",) if config.norm == "none" else ("convs", "norms")
    return (
        Frozen("encoder.nodes.*", until=0.5),
        *(
            Frozen(f"encoder.{kind}.{depth}.*", until=0.5 * (layers - depth) / (layers + 1))
            for depth in range(layers)
            for kind in kinds
        ),
    )


def _nothing(_config: EncoderConfig) -> tuple[Frozen, ...]:
    return ()


@dataclass(frozen=True)
class Strategy:
    """How a pre-trained encoder is tuned.

    Parameters
    ----------
    plan
        What stays as it is, of an encoder of some shape.
    linear
        Whether the head has no hidden layer.
    """

    plan: Callable[[EncoderConfig], tuple[Frozen, ...]] = _nothing
    linear: bool = False

    @property
    def frozen(self) -> bool:
        """Whether the encoder never changes."""
        return self.plan is _frozen


def _frozen(_config: EncoderConfig, until: float = math.inf) -> tuple[Frozen, ...]:
    return (Frozen("encoder.*", until),)


STRATEGIES = {
    "full": Strategy(),
    "delayed": Strategy(partial(_frozen, until=0.5)),
    "gradual": Strategy(_gradual),
    "frozen": Strategy(_frozen),
    "linear-probe": Strategy(_frozen, linear=True),
}
"""``full``: everything trains. ``delayed``: the head first, on an encoder that stands still; then
both, at the falling rate of the schedule's second half (as in Kumar et al., ICLR 2022: a head that
knows nothing would spoil the encoder). ``gradual``: the same, layer by layer (Howard and Ruder, ACL
2018). ``frozen``: the head alone; ``linear-probe``: a linear one."""

AUTO = "auto"
_FEW = 300


def strategy_for(name: str, rows: int, *, scratch: bool) -> str:
    """Return the strategy that ``auto`` stands for with so many rows to train on; others stay.

    From scratch everything trains, whatever the name: a frozen encoder that never learnt anything
    would be a straw man.

    Examples
    --------
    >>> strategy_for("auto", 200, scratch=False), strategy_for("auto", 2000, scratch=False)
    ('frozen', 'full')
    >>> strategy_for("delayed", 200, scratch=False), strategy_for("delayed", 200, scratch=True)
    ('delayed', 'full')
    """
    if scratch:
        return "full"
    if name != AUTO:
        return name
    return "frozen" if rows < _FEW else "full"


def apply_plan(model: nn.Module, plan: tuple[Frozen, ...], done: float = 0.0) -> None:
    """Freeze what the plan names, and only that.

    Parameters
    ----------
    done
        Share of the training that is over.

    Raises
    ------
    InputError
        If a glob matches no parameter: a plan that does nothing is a mistake.
    """
    names = [name for name, _ in model.named_parameters()]
    for rule in plan:
        if not any(fnmatchcase(name, rule.pattern) for name in names):
            raise InputError(
                f"The freeze pattern {rule.pattern!r} matches no parameter.",
                f"Parameters are called {', '.join(names[:3])}, ...",
            )
    for name, parameter in model.named_parameters():
        frozen = any(done < rule.until and fnmatchcase(name, rule.pattern) for rule in plan)
        parameter.requires_grad_(not frozen)


def last_thaw(plan: tuple[Frozen, ...]) -> float:
    """Return the share of the training after which nothing thaws any more; 0 if nothing does."""
    return max((rule.until for rule in plan if math.isfinite(rule.until)), default=0.0)


def keep_frozen_still(model: nn.Module) -> None:
    """Put modules whose parameters are all frozen into evaluation mode.

    Otherwise batch normalisation would go on collecting statistics and dropout would disturb an
    encoder that is meant to stand still.
    """
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()
