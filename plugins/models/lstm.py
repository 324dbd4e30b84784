"""A recurrent network over the last bars of a ticker, trained by PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from qlop.engine import NetworkModel as _NetworkModel
from qlop.engine import NetworkParams as _NetworkParams

if TYPE_CHECKING:
    import torch

_DAY_US = 24 * 3600 * 1_000_000


class LSTM(_NetworkModel):
    """A long short-term memory over the last `sequence_bars` rows of a ticker: classifier or regressor.

    A row is predicted from its ticker's rows up to it, among those given: no later row and no other ticker has a part.
    Histories cross neither folds nor holes; at their beginning they are shorter, and rows are predicted all the same.
    Features are standardised by the training rows; a missing value is the median, told apart by an input of its own.
    With validation rows, training stops once their loss has not fallen for `early_stopping_epochs`. Weights are kept as
    safetensors.
    """

    name = "lstm"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    size_field = "hidden_width"
    capabilities = frozenset({"earlier_rows", "early_stopping", "missing_values"})

    class Params(_NetworkParams):
        """Parameters of `lstm`."""

        sequence_bars: int = Field(
            default=20, ge=1, le=2_000, description="Rows of the ticker that a prediction reads, its own included."
        )
        hidden_width: int = Field(default=32, ge=1, le=8_192, description="Width of the memory.")
        n_layers: int = Field(default=1, ge=1, le=10, description="Memories on top of each other.")
        dropout: float = Field(
            default=0.1, ge=0.0, lt=1.0, description="Part of the values between layers set to 0 in training."
        )
        longest_gap_days: float | None = Field(
            default=None,
            gt=0.0,
            le=100_000.0,
            description="A longer time between two rows of a ticker is a hole; null: a week, or five times the usual "
            "time between training rows where that is longer.",
        )

    params: Params

    def __init__(self, name: str, params: Params) -> None:
        super().__init__(name, params)
        self.sequence_bars = params.sequence_bars
        days = params.longest_gap_days
        self.longest_gap_us = None if days is None else max(1, round(days * _DAY_US))

    def build_network(self, n_inputs: int, n_outputs: int) -> torch.nn.Module:
        """Return the memories, and a linear layer from the last state to the outputs."""
        from qlop.engine import RecurrentNetwork

        params = self.params
        return RecurrentNetwork(
            n_inputs, n_outputs, hidden_width=params.hidden_width, n_layers=params.n_layers, dropout=params.dropout
        )

    def fewest_weights(self) -> int:
        """Return how many weights the memories have at least. See `NetworkModel`."""
        from qlop.engine import recurrent_weights

        return recurrent_weights(1, 1, hidden_width=self.params.hidden_width, n_layers=self.params.n_layers)
