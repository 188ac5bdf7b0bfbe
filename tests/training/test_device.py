"""Where a run computes, and how."""

from __future__ import annotations

import pytest
import torch

from graftwork.errors import InputError
from graftwork.training.device import new_fabric


def test_numbers_too_small_to_matter_are_zero_in_training():
    if not torch.set_flush_denormal(False):
        pytest.skip("this processor cannot round them")  # pragma: no cover
    small = torch.full((8,), 1e-30)
    assert (small * 1e-10 > 0).all()
    new_fabric("cpu", "32-true")
    assert (small * 1e-10 == 0).all()
    assert (small > 0).all()


@pytest.mark.parametrize(("device", "precision"), [("gpu0", "auto"), ("cpu", "float3")])
def test_what_does_not_exist_is_refused(device, precision):
    with pytest.raises(InputError):
        new_fabric(device, precision)
