"""The linear maps of GIN and GINE, where most of the arithmetic is."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


@final
class Linear(nn.Linear):
    """``nn.Linear``, by oneDNN in single precision on a processor too.

    PyTorch hands products of single precision to MKL, which on processors of other makers than its
    own leaves half of their speed unused; oneDNN, which it uses in bfloat16 anyway, does not. Both
    are exact to single precision.

    Shapes: ``[rows, in_features]`` -> ``[rows, out_features]``.
    """

    def forward(self, rows: Tensor) -> Tensor:
        """Map every row."""
        if not _by_onednn(rows):
            return super().forward(rows)
        return _Product.apply(rows, self.weight, self.bias)


def _by_onednn(rows: Tensor) -> bool:
    return (
        rows.dtype == torch.float32
        and rows.device.type == "cpu"
        and rows.dim() == 2
        and len(rows) > 0
        and not torch.is_autocast_enabled("cpu")
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


class _Product(torch.autograd.Function):
    """``rows @ weight.T + bias`` and its gradients."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(rows, weight)
        return _product(rows, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows, weight = ctx.saved_tensors
        values = (value.contiguous().to_mkldnn() for value in (grad, rows, weight))
        with_bias = True
        gradients = torch.ops.aten.mkldnn_linear_backward_weights(*values, with_bias)
        back = _product(grad, weight.T.contiguous(), None)
        return back, *(gradient.to_dense() for gradient in gradients)


def _product(rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(rows, weight, bias, "none", [], "")  # noqa: SLF001
