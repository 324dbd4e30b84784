"""A multilayer perceptron, trained by PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from qlop.engine import (
    BatchNormLayer,
    DropoutLayer,
    GeluLayer,
    LayerNormLayer,
    LinearLayer,
    ReluLayer,
    SiluLayer,
    TanhLayer,
)
from qlop.engine import NetworkModel as _NetworkModel
from qlop.engine import NetworkParams as _NetworkParams

if TYPE_CHECKING:
    import torch
    from qlop.engine import Layer

_ACTIVATIONS: dict[str, Layer] = {
    "relu": ReluLayer(),
    "gelu": GeluLayer(),
    "silu": SiluLayer(),
    "tanh": TanhLayer(),
}


class MLP(_NetworkModel):
    """A multilayer perceptron: classifier or regressor, by the label's task.

    Each hidden layer is linear, optionally normalised, bent by the activation, and thinned by dropout. Features are
    standardised by the training rows; a missing value is the median, told apart by an input of its own. With validation
    rows, training stops once their loss has not fallen for `early_stopping_epochs`. Weights are kept as safetensors.
    """

    name = "mlp"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    size_field = "hidden_widths"

    class Params(_NetworkParams):
        """Parameters of `mlp`."""

        hidden_widths: tuple[Annotated[int, Field(ge=1, le=65_536)], ...] = Field(
            default=(64, 32), min_length=1, max_length=100, description="Width of each hidden layer."
        )
        activation: Literal["relu", "gelu", "silu", "tanh"] = Field(
            default="gelu", description="How each hidden value is bent."
        )
        normalisation: Literal["none", "batch_norm", "layer_norm"] = Field(
            default="none", description="What each hidden layer is standardised over: nothing, the batch, or the row."
        )
        dropout: float = Field(
            default=0.1, ge=0.0, lt=1.0, description="Part of the hidden values set to 0 in training."
        )

    params: Params

    def build_network(self, n_inputs: int, n_outputs: int) -> torch.nn.Module:
        """Return hidden layers of the widths asked for, and a linear layer to the outputs."""
        from qlop.engine import layered_network

        return layered_network(self._layers(), n_inputs, n_outputs)

    def fewest_weights(self) -> int:
        """Return how many weights the layers have at least. See `NetworkModel`."""
        from qlop.engine import layered_weights

        return layered_weights(self._layers(), 1, 1)

    def _layers(self) -> list[Layer]:
        return [layer for width in self.params.hidden_widths for layer in self._hidden(width)]

    def _hidden(self, width: int) -> list[Layer]:
        params = self.params
        layers: list[Layer] = [LinearLayer(width=width)]
        if params.normalisation != "none":
            layers.append(BatchNormLayer() if params.normalisation == "batch_norm" else LayerNormLayer())
        layers.append(_ACTIVATIONS[params.activation])
        if params.dropout:
            layers.append(DropoutLayer(rate=params.dropout))
        return layers
