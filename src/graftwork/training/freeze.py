"""Freeze plans: which parameters train, as globs over their names."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from torch import nn

from graftwork.errors import InputError


@dataclass(frozen=True)
class Frozen:
    """Parameters that stay as they are.

    Parameters
    ----------
    pattern
        A glob over parameter names, e.g. ``"encoder.*"``.
    """

    pattern: str


FREEZE_PLANS: dict[str, tuple[Frozen, ...]] = {
    "full": (),
    "linear-probe": (Frozen("encoder.*"),),
}


def apply_plan(model: nn.Module, plan: tuple[Frozen, ...]) -> None:
    """Freeze what the plan names.

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
        frozen = any(fnmatchcase(name, rule.pattern) for rule in plan)
        parameter.requires_grad_(not frozen)


def keep_frozen_still(model: nn.Module) -> None:
    """Put modules whose parameters are all frozen into evaluation mode.

    Otherwise batch normalisation would go on collecting statistics and dropout would disturb an
    encoder that is meant to stand still.
    """
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()
