"""Products by oneDNN against plain ones in double precision."""

from __future__ import annotations

import pytest
import torch

from graftwork.nn.linear import Linear, _by_onednn


def run(module, rows, weight):
    """Output, and the gradients of rows, weights and biases."""
    leaf = rows.clone().requires_grad_()
    out = module(leaf)
    (out * weight).sum().backward()
    return [out.detach(), leaf.grad, module.weight.grad, module.bias.grad]


@pytest.mark.parametrize(("rows", "inside", "outside"), [(1, 3, 2), (7, 16, 32), (500, 300, 600)])
@pytest.mark.parametrize("layout", ["rows", "slice", "transposed"])
@pytest.mark.parametrize(
    ("dtype", "relu", "error"),
    [
        (torch.float32, False, 1e-6),
        (torch.float32, True, 1e-6),
        (torch.bfloat16, False, 6e-3),
        (torch.bfloat16, True, 6e-2),  # some maps just above zero come out just below
    ],
)
def test_values_and_gradients(rows, inside, outside, layout, relu, dtype, error):
    torch.manual_seed(0)
    module = Linear(inside, outside, relu=relu)
    exact = Linear(inside, outside, relu=relu).double()
    exact.load_state_dict(module.state_dict())
    values = {
        "rows": torch.randn(rows, inside),
        "slice": torch.randn(rows + 3, inside)[3:],
        "transposed": torch.randn(inside, rows).T,
    }[layout]
    weight = torch.randn(rows, outside)
    assert _by_onednn(values, dtype)
    assert not _by_onednn(values, torch.float64)
    with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
        found = run(module, values, weight)
    wanted = run(exact, values.double(), weight.double())
    for one, other, kept in zip(found, wanted, [dtype, *[torch.float32] * 3], strict=True):
        assert one.dtype == kept
        assert one.layout == torch.strided
        assert (one - other).norm() <= error * other.norm()


def test_no_rows_and_other_precisions_take_the_plain_way():
    module, none = Linear(4, 3, relu=True), torch.zeros(0, 4)
    assert not _by_onednn(none, torch.float32)
    assert module(none).shape == (0, 3)
    assert not _by_onednn(torch.zeros(5, 4), torch.float16)
    rows = torch.randn(5, 4, dtype=torch.float64)
    assert module.double()(rows).equal(torch.nn.Linear.forward(module, rows).relu())


def test_without_gradients_nothing_is_kept():
    module, rows = Linear(4, 3), torch.randn(5, 4)
    with torch.inference_mode():
        assert module(rows).is_inference()
    with torch.no_grad():
        torch.testing.assert_close(module(rows), torch.nn.Linear.forward(module, rows))
    assert not module.requires_grad_(False)(rows).requires_grad  # noqa: FBT003
    assert sorted(module.state_dict()) == ["bias", "weight"]
