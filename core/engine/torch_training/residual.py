"""A block whose input is added to its output."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["Residual"]


class Residual(nn.Module):
    """`inner(x) + around(x)`."""

    def __init__(self, inner: nn.Module, around: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.around = around

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the sum, shape (n_rows, width after)."""
        added: torch.Tensor = self.inner(inputs) + self.around(inputs)
        return added
