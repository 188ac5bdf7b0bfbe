"""How precisely a network computes."""

from __future__ import annotations

import torch
from torch import Tensor

from graftwork.errors import InputError

PRECISIONS = ("auto", "32-true", "bf16-mixed")


def require_known(precision: str) -> None:
    """Refuse a precision that no command offers.

    Raises
    ------
    InputError
        If no precision has this name.
    """
    if precision not in PRECISIONS:
        raise InputError(
            f"No precision is called {precision!r}.", f"Known: {', '.join(PRECISIONS)}."
        )


def resolved_precision(precision: str, device: str) -> str:
    """Return Lightning's name of a precision: ``auto`` is the best for the device."""
    return best_precision(device) if precision == "auto" else precision


def best_precision(device: str) -> str:
    """Return bf16-mixed where the processor multiplies bfloat16 matrices itself, else 32-true.

    Weights, their updates and losses stay in single precision either way, and so do all
    predictions. Matrix products, sums over neighbours and normalisation are in bfloat16 (three
    digits): on the hubs of large networks choose 32-true.
    """
    if device in {"auto", "cuda"} and torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    if device in {"auto", "mps"} and torch.backends.mps.is_available():
        return "32-true"
    tests = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    native = any(getattr(torch.cpu, name, bool)() for name in tests)
    return "bf16-mixed" if native else "32-true"


def single(values: Tensor) -> Tensor:
    """Return half precision as float32, which losses need, and anything finer as it is."""
    return values.to(torch.promote_types(values.dtype, torch.float32))
