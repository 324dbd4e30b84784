"""How many weights layers have, by arithmetic alone: nothing is imported, so that a form can ask at every keystroke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.engine.torch_training.layers import BatchNormLayer, LayerNormLayer, LinearLayer, ResidualLayer

if TYPE_CHECKING:
    from core.engine.torch_training.layers import Layer

__all__ = ["layered_weights", "recurrent_weights"]


def layered_weights(layers: Sequence[Layer], n_inputs: int, n_outputs: int) -> int:
    """Return how many weights `layered_network` makes of the same arguments."""
    weights, width = _stacked(layers, n_inputs)
    return weights + _dense(width, n_outputs)


def recurrent_weights(n_inputs: int, n_outputs: int, *, hidden_width: int, n_layers: int) -> int:
    """Return how many weights `RecurrentNetwork` makes of the same arguments."""
    inputs = [n_inputs, *[hidden_width] * (n_layers - 1)]
    # Four gates, each with weights of what comes in and of the state, and two biases.
    return sum(4 * hidden_width * (width + hidden_width + 2) for width in inputs) + _dense(hidden_width, n_outputs)


def _stacked(layers: Sequence[Layer], width: int) -> tuple[int, int]:
    weights = 0
    for layer in layers:
        own, width = _of_layer(layer, width)
        weights += own
    return weights, width


def _of_layer(layer: Layer, width: int) -> tuple[int, int]:
    """Return how many weights a layer of `width` inputs has, and how many outputs."""
    match layer:
        case LinearLayer():
            return _dense(width, layer.width), layer.width
        case BatchNormLayer() | LayerNormLayer():
            return 2 * width, width
        case ResidualLayer():
            inner, width_after = _stacked(layer.layers, width)
            return inner + (0 if width_after == width else _dense(width, width_after)), width_after
        case _:
            return 0, width


def _dense(n_inputs: int, n_outputs: int) -> int:
    return (n_inputs + 1) * n_outputs
