"""Layers of PyTorch as ONNX nodes, in float64, as they predict: dropout is off, batch norm knows its means.

Only layers that `layered_network` makes are known, by their very class: what inherits one may compute otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from core.base.errors import ExportError
from core.engine.onnx_graphs.network_gelu import add_gelu
from core.engine.torch_training.residual import Residual

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from core.engine.onnx_graphs.onnx_graph import OnnxGraph

__all__ = ["add_layer", "add_linear", "add_weights", "is_known"]

_LEAVES = (nn.Linear, nn.ReLU, nn.GELU, nn.SiLU, nn.Tanh, nn.Dropout, nn.Identity, nn.BatchNorm1d, nn.LayerNorm)
_LAST_AXIS = [-1]


def is_known(layer: nn.Module) -> bool:
    """Return whether `add_layer` can write a layer and all that is in it."""
    if type(layer) in {nn.Sequential, Residual}:
        return all(is_known(part) for part in layer.children())
    return type(layer) in _LEAVES


def add_layer(graph: OnnxGraph, layer: nn.Module, values: str) -> str:
    """Add a layer's answer to `values`, float64, of shape (rows, width); return its name.

    Raises
    ------
    ExportError
        If the layer is not known.
    """
    if isinstance(layer, nn.Sequential):
        for part in layer:
            values = add_layer(graph, part, values)
        return values
    if isinstance(layer, Residual):
        return graph.add("Add", add_layer(graph, layer.inner, values), add_layer(graph, layer.around, values))
    return _add_leaf(graph, layer, values)


def add_linear(graph: OnnxGraph, layer: nn.Linear, values: str) -> str:
    """Add a linear layer; return its name."""
    weighted = graph.add("MatMul", values, add_weights(graph, layer.weight.T))
    return graph.add("Add", weighted, add_weights(graph, layer.bias))


def add_weights(graph: OnnxGraph, tensor: torch.Tensor) -> str:
    """Add trained numbers as float64; they are kept as float32 where that loses nothing, in half of the bytes."""
    numbers = _numbers(tensor)
    single = numbers.astype(np.float32)
    if (single == numbers).all():
        return graph.cast(graph.constant(single, np.float32), np.float64)
    return graph.constant(numbers)


def _add_leaf(graph: OnnxGraph, layer: nn.Module, values: str) -> str:
    match layer:
        case nn.Linear():
            return add_linear(graph, layer, values)
        case nn.BatchNorm1d():
            return _add_batch_norm(graph, layer, values)
        case nn.LayerNorm():
            return _add_layer_norm(graph, layer, values)
        case nn.Dropout() | nn.Identity():
            return values
    return _add_activation(graph, layer, values)


def _add_activation(graph: OnnxGraph, layer: nn.Module, values: str) -> str:
    match layer:
        case nn.ReLU():
            return graph.add("Relu", values)
        case nn.Tanh():
            return graph.add("Tanh", values)
        case nn.SiLU():
            return graph.add("Mul", values, graph.add("Sigmoid", values))
        case nn.GELU(approximate="none"):
            return add_gelu(graph, values)
    raise ExportError(f"No ONNX nodes are known for the layer {layer!r:.100}.")


def _add_batch_norm(graph: OnnxGraph, layer: nn.BatchNorm1d, values: str) -> str:
    if layer.running_mean is None or layer.running_var is None:
        raise ExportError(f"The layer {layer!r:.100} keeps no means of the training rows.")
    scale = _numbers(layer.weight) / np.sqrt(_numbers(layer.running_var) + layer.eps)
    centred = graph.add("Sub", values, add_weights(graph, layer.running_mean))
    scaled = graph.add("Mul", centred, graph.constant(scale))
    return graph.add("Add", scaled, add_weights(graph, layer.bias))


def _add_layer_norm(graph: OnnxGraph, layer: nn.LayerNorm, values: str) -> str:
    centred = graph.add("Sub", values, _add_mean(graph, values, layer))
    variance = _add_mean(graph, graph.add("Mul", centred, centred), layer)
    spread = graph.add("Sqrt", graph.add("Add", variance, graph.constant(layer.eps)))
    even = graph.add("Div", centred, spread)
    scaled = graph.add("Mul", even, add_weights(graph, layer.weight))
    return graph.add("Add", scaled, add_weights(graph, layer.bias))


def _add_mean(graph: OnnxGraph, values: str, layer: nn.LayerNorm) -> str:
    total = graph.add("ReduceSum", values, graph.constant(_LAST_AXIS, np.int64), keepdims=1)
    return graph.add("Div", total, graph.constant(float(layer.normalized_shape[-1])))


def _numbers(tensor: torch.Tensor) -> NDArray[np.float64]:
    return tensor.detach().cpu().numpy().astype(np.float64)
