"""A recurrent network over windows as ONNX nodes, in float64, of which onnxruntime has no LSTM operator.

1. A window holds the bars of a row's history, oldest first, the row's own bar last.
2. `Scan` goes through the bars; its body computes all LSTM layers (Hochreiter and Schmidhuber 1997) with the gates in
   PyTorch's order: input, forget, cell, output.
3. Bars before the history leave the state as it is, which is 0: what a window is filled up with has no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.engine.onnx_graphs.network_layers import add_linear, add_weights
from core.engine.onnx_graphs.onnx_graph import HISTORY_BARS, tensor_info

if TYPE_CHECKING:
    from core.engine.onnx_graphs.onnx_graph import OnnxGraph
    from core.engine.torch_training.recurrent_network import RecurrentNetwork

__all__ = ["add_recurrent_network"]

_GATES = 4


def add_recurrent_network(graph: OnnxGraph, network: RecurrentNetwork, windows: str, sequence_bars: int) -> str:
    """Add the network's outputs, shape (rows, n_outputs); return their name.

    Parameters
    ----------
    graph : OnnxGraph
        With the input `history_bars`.
    network : RecurrentNetwork
        float64.
    windows : str
        Standardised, float64, of shape (rows, sequence_bars, n_inputs).
    sequence_bars : int
        Bars of a window.
    """
    recurrent = network.recurrent
    layers = [_layer_weights(graph, network, number) for number in range(recurrent.num_layers)]
    memory = _Memory(layers, recurrent.input_size, recurrent.hidden_size)
    states = _add_scan(graph, memory, windows, _add_is_history(graph, sequence_bars))
    last = _add_part(graph, states, 2 * len(layers) - 2, memory.width)
    return add_linear(graph, network.output, last)


@dataclass(frozen=True)
class _Memory:
    """LSTM layers on top of each other: the names of their weights, and how wide they are."""

    layers: list[tuple[str, str, str]]
    n_inputs: int
    width: int


def _layer_weights(graph: OnnxGraph, network: RecurrentNetwork, number: int) -> tuple[str, str, str]:
    """Return a layer's weights of inputs and of its state, and what is added."""
    own = {name: getattr(network.recurrent, f"{name}_l{number}") for name in ("weight_ih", "weight_hh")}
    bias = getattr(network.recurrent, f"bias_ih_l{number}") + getattr(network.recurrent, f"bias_hh_l{number}")
    return add_weights(graph, own["weight_ih"].T), add_weights(graph, own["weight_hh"].T), add_weights(graph, bias)


def _add_is_history(graph: OnnxGraph, sequence_bars: int) -> str:
    """Add whether each bar of a window belongs to the history, shape (rows, sequence_bars)."""
    first = graph.add("Sub", graph.constant(sequence_bars, np.int64), HISTORY_BARS)
    upright = graph.add("Unsqueeze", first, graph.constant([1], np.int64))
    return graph.add("GreaterOrEqual", graph.constant(np.arange(sequence_bars)[None, :], np.int64), upright)


def _add_scan(graph: OnnxGraph, memory: _Memory, windows: str, is_history: str) -> str:
    """Add the states after the last bar: of each layer what it gives and what it remembers, side by side."""
    from onnx import GraphProto

    n_states = 2 * len(memory.layers) * memory.width
    rows = graph.add("Gather", graph.add("Shape", HISTORY_BARS), graph.constant([0], np.int64))
    shape = graph.add("Concat", rows, graph.constant([n_states], np.int64), axis=0)
    beginning = graph.add("Expand", graph.constant(0.0), shape)
    body = GraphProto(
        name="bar",
        input=[
            tensor_info("state", "double", [None, n_states]),
            tensor_info("bar", "double", [None, memory.n_inputs]),
            tensor_info("is_history", "bool", [None]),
        ],
        output=[tensor_info("state_after", "double", [None, n_states])],
    )
    with graph.inside(body):
        after = _add_step(graph, memory)
        keep = graph.add("Unsqueeze", "is_history", graph.constant([1], np.int64))
        graph.name(graph.add("Where", keep, after, "state"), "state_after")
    return graph.add("Scan", beginning, windows, is_history, body=body, num_scan_inputs=2, scan_input_axes=[1, 1])


def _add_step(graph: OnnxGraph, memory: _Memory) -> str:
    inputs, after = "bar", []
    for number, (of_inputs, of_state, added) in enumerate(memory.layers):
        given, cell = (_add_part(graph, "state", 2 * number + place, memory.width) for place in (0, 1))
        weighted = graph.add("Add", graph.add("MatMul", inputs, of_inputs), graph.add("MatMul", given, of_state))
        gates = graph.add("Add", weighted, added)
        enter, forget, new, show = (_add_part(graph, gates, gate, memory.width) for gate in range(_GATES))
        kept = graph.add("Mul", graph.add("Sigmoid", forget), cell)
        entered = graph.add("Mul", graph.add("Sigmoid", enter), graph.add("Tanh", new))
        cell_after = graph.add("Add", kept, entered)
        inputs = graph.add("Mul", graph.add("Sigmoid", show), graph.add("Tanh", cell_after))
        after += [inputs, cell_after]
    return graph.add("Concat", *after, axis=1)


def _add_part(graph: OnnxGraph, values: str, number: int, width: int) -> str:
    """Add the `number`-th part of as many columns."""
    bounds = [graph.constant([position], np.int64) for position in (number * width, (number + 1) * width, 1)]
    return graph.add("Slice", values, *bounds)
