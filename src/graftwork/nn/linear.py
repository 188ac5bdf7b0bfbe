"""The linear maps of GIN and GINE, where most of the arithmetic is."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


@final
class Linear(nn.Linear):
    """``nn.Linear`` and optionally a ReLU, by oneDNN on a processor.

    PyTorch hands products of single precision to MKL, which on processors of other makers than its
    own leaves half of their speed unused, and adds biases and takes maxima in passes of their own;
    oneDNN does neither. Both are exact to the precision they compute in.

    Shapes: ``[rows, in_features]`` -> ``[rows, out_features]``.
    """

    def __init__(self, in_features: int, out_features: int, *, relu: bool = False) -> None:
        super().__init__(in_features, out_features)
        self.relu = relu

    def forward(self, rows: Tensor) -> Tensor:
        """Map every row."""
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else rows.dtype
        if not _by_onednn(rows, dtype):
            mapped = super().forward(rows)
            return mapped.relu_() if self.relu else mapped
        weight, bias = self.weight.to(dtype), self.bias.to(dtype)
        return _Product.apply(rows.to(dtype), weight, bias, self.relu)


def mlp(dim: int) -> nn.Sequential:
    """Two maps with a ReLU between: ``[rows, dim]`` -> ``[rows, 2 dim]`` -> ``[rows, dim]``.

    The second place is empty, so that weights bear the names of published ones.
    """
    return nn.Sequential(Linear(dim, 2 * dim, relu=True), nn.Identity(), Linear(2 * dim, dim))


def _by_onednn(rows: Tensor, dtype: torch.dtype) -> bool:
    return (
        dtype in (torch.float32, torch.bfloat16)
        and rows.device.type == "cpu"
        and rows.dim() == 2
        and len(rows) > 0
        and torch.backends.mkldnn.is_available()
        and (dtype == torch.float32 or torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


class _Product(torch.autograd.Function):
    """``rows @ weight.T + bias``, where it is wanted its positive part, and the gradients."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, weight: Tensor, bias: Tensor, relu: bool) -> Tensor:  # noqa: FBT001
        mapped = _product(rows, weight, bias, "relu" if relu else "none")
        ctx.save_for_backward(rows, weight, mapped if relu else None)
        return mapped

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        rows, weight, mapped = ctx.saved_tensors
        if mapped is not None:
            grad = torch.ops.aten.threshold_backward(grad, mapped, 0)
        if grad.dtype != torch.float32:
            return grad @ weight, grad.T @ rows, grad.sum(0), None
        values = (value.contiguous().to_mkldnn() for value in (grad, rows, weight))
        with_bias = True
        gradients = torch.ops.aten.mkldnn_linear_backward_weights(*values, with_bias)
        back = _product(grad, weight.T.contiguous(), None, "none")
        return back, *(gradient.to_dense() for gradient in gradients), None


def _product(rows: Tensor, weight: Tensor, bias: Tensor | None, then: str) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(rows, weight, bias, then, [], "")  # noqa: SLF001
