"""A recurrent network that reads a row's history and answers once."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["RecurrentNetwork"]


class RecurrentNetwork(nn.Module):
    """LSTM layers (Hochreiter and Schmidhuber 1997) over a history, and a linear layer on the last state.

    Histories begin at step 0. A step's state depends on the steps up to it alone, so that the state at a history's last
    step is the same whatever fills the steps after it.
    """

    def __init__(self, n_inputs: int, n_outputs: int, *, hidden_width: int, n_layers: int, dropout: float) -> None:
        super().__init__()
        between = dropout if n_layers > 1 else 0.0
        self.recurrent = nn.LSTM(n_inputs, hidden_width, n_layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_width, n_outputs)

    def forward(self, histories: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return outputs of shape (n, n_outputs) for histories of shape (n, n_steps, n_inputs)."""
        states, _ = self.recurrent(histories)
        last = states[torch.arange(len(lengths), device=lengths.device), lengths - 1]
        outputs: torch.Tensor = self.output(self.dropout(last))
        return outputs
