"""Layers as a config names them, and the network that they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.contracts.params import Params

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "BatchNormLayer",
    "DropoutLayer",
    "GeluLayer",
    "Layer",
    "LayerNormLayer",
    "LinearLayer",
    "ReluLayer",
    "ResidualLayer",
    "SiluLayer",
    "TanhLayer",
    "layered_network",
]


class LinearLayer(Params):
    """Every output is a weighted sum of all inputs."""

    kind: Literal["linear"] = "linear"
    width: int = Field(default=64, ge=1, le=65_536, description="Outputs.")


class ReluLayer(Params):
    """max(0, x)."""

    kind: Literal["relu"] = "relu"


class GeluLayer(Params):
    """x times the share of a normal distribution below x (Hendrycks and Gimpel 2016)."""

    kind: Literal["gelu"] = "gelu"


class SiluLayer(Params):
    """x / (1 + exp(-x))."""

    kind: Literal["silu"] = "silu"


class TanhLayer(Params):
    """The hyperbolic tangent, between -1 and 1."""

    kind: Literal["tanh"] = "tanh"


class DropoutLayer(Params):
    """In training a random part of the values is set to 0."""

    kind: Literal["dropout"] = "dropout"
    rate: float = Field(default=0.1, ge=0.0, lt=1.0, description="Part of the values.")


class BatchNormLayer(Params):
    """Each value is standardised over the batch; when predicting, over what training saw."""

    kind: Literal["batch_norm"] = "batch_norm"


class LayerNormLayer(Params):
    """The values of a row are standardised among themselves."""

    kind: Literal["layer_norm"] = "layer_norm"


_Plain = LinearLayer | ReluLayer | GeluLayer | SiluLayer | TanhLayer | DropoutLayer | BatchNormLayer | LayerNormLayer
PlainLayer = Annotated[_Plain, Field(discriminator="kind")]


class ResidualLayer(Params):
    """What its layers give is added to what went in (He et al. 2015).

    Where the widths differ, what went in passes a linear layer of the new width first.
    """

    kind: Literal["residual"] = "residual"
    layers: tuple[PlainLayer, ...] = Field(
        default=(LinearLayer(), ReluLayer()), min_length=1, max_length=100, description="Layers of the block."
    )


Layer = Annotated[_Plain | ResidualLayer, Field(discriminator="kind")]


def layered_network(layers: Sequence[Layer], n_inputs: int, n_outputs: int) -> nn.Module:
    """Return the layers in their order, and a linear layer to the outputs."""
    from torch import nn

    made, width = _stacked(layers, n_inputs)
    return nn.Sequential(*made, nn.Linear(width, n_outputs))


def _stacked(layers: Sequence[Layer], width: int) -> tuple[list[nn.Module], int]:
    made = []
    for layer in layers:
        module, width = _made(layer, width)
        made.append(module)
    return made, width


def _made(layer: Layer, width: int) -> tuple[nn.Module, int]:
    """Return a layer for `width` inputs, and how many outputs it has."""
    from torch import nn

    match layer:
        case LinearLayer():
            return nn.Linear(width, layer.width), layer.width
        case DropoutLayer():
            return nn.Dropout(layer.rate), width
        case BatchNormLayer():
            return nn.BatchNorm1d(width), width
        case LayerNormLayer():
            return nn.LayerNorm(width), width
        case ResidualLayer():
            return _residual(layer, width)
        case ReluLayer() | GeluLayer() | SiluLayer() | TanhLayer():
            return {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh}[layer.kind](), width


def _residual(layer: ResidualLayer, width: int) -> tuple[nn.Module, int]:
    from torch import nn

    from core.engine.torch_training.residual import Residual

    inner, width_after = _stacked(layer.layers, width)
    around = nn.Identity() if width_after == width else nn.Linear(width, width_after)
    return Residual(nn.Sequential(*inner), around), width_after
