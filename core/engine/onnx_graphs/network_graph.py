"""A trained network as an ONNX graph, computed in float64 as its predictions are.

1. Features, or windows of them, are standardised.
2. Layers that QLOP knows become nodes one by one. A module of somebody's own is traced, in float64; where onnxruntime
   lacks an operator for that, in float32, and the file says so.
3. Logits become probabilities; a standardised value is brought back to the target's units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.base.errors import DataError, ExportError
from core.engine.onnx_graphs.file_check import MAX_FILE_BYTES
from core.engine.onnx_graphs.network_layers import add_layer, is_known
from core.engine.onnx_graphs.network_recurrence import add_recurrent_network
from core.engine.onnx_graphs.network_standardisation import add_standardisation
from core.engine.onnx_graphs.network_tracing import add_traced_network
from core.engine.onnx_graphs.network_windows import LONGEST_GAP_KEY, SEQUENCE_BARS_KEY
from core.engine.onnx_graphs.onnx_graph import PRECISION_KEY, SCORES, OnnxGraph
from core.engine.onnx_graphs.onnx_session import OnnxSession
from core.engine.torch_training.recurrent_network import RecurrentNetwork

if TYPE_CHECKING:
    from core.engine.torch_training.network_record import NetworkRecord

__all__ = ["onnx_of_network"]

_TRIED_ROWS = 2


def onnx_of_network(record: NetworkRecord, network: torch.nn.Module, sequence_bars: int | None, opset: int) -> bytes:
    """Return a network's graph, as `ModelPlugin.to_onnx` describes it.

    Parameters
    ----------
    record : NetworkRecord
        What turns features into inputs and outputs into predictions.
    network : Module
        float64, on the processor.
    sequence_bars : int or None
        Bars of a window; None where the network reads a row by itself.
    opset : int
        Of the operators.

    Raises
    ------
    ExportError
        If the network cannot be written as ONNX, or is too large for a file that QLOP reads.
    """
    _check_size(network)
    if sequence_bars is not None:
        return _of_recurrent_network(record, network, sequence_bars, opset)
    if is_known(network):
        graph, inputs = _begun(record, opset)
        return _finished(graph, record, add_layer(graph, network, inputs))
    return _of_unknown_network(record, network, opset)


def _of_recurrent_network(record: NetworkRecord, network: torch.nn.Module, sequence_bars: int, opset: int) -> bytes:
    if type(network) is not RecurrentNetwork:
        raise ExportError(
            f"The network {type(network).__name__} reads histories, and of such networks qlop.engine.RecurrentNetwork "
            "alone can be written as ONNX. Export it with exporter_type: bundle or native."
        )
    graph, inputs = _begun(record, opset, sequence_bars)
    outputs = add_recurrent_network(graph, network, inputs, sequence_bars)
    said = {SEQUENCE_BARS_KEY: str(sequence_bars), LONGEST_GAP_KEY: str(record.longest_gap_us)}
    return _finished(graph, record, outputs, **said)


def _of_unknown_network(record: NetworkRecord, network: torch.nn.Module, opset: int) -> bytes:
    content = _of_traced_network(record, network, opset, torch.float64)
    if not _complaint(content, record):
        return content
    try:
        # The weights were trained and kept in float32: nothing is lost by going there and back.
        content = _of_traced_network(record, network.float(), opset, torch.float32)
    finally:
        network.double()
    complaint = _complaint(content, record)
    if complaint:
        raise ExportError(f"The network {type(network).__qualname__} is not computed by onnxruntime: {complaint}")
    return content


def _of_traced_network(record: NetworkRecord, network: torch.nn.Module, opset: int, dtype: torch.dtype) -> bytes:
    from onnx.checker import ValidationError
    from onnx.shape_inference import InferenceError

    graph, inputs = _begun(record, opset)
    is_single = dtype == torch.float32
    given = graph.cast(inputs, np.float32) if is_single else inputs
    outputs = add_traced_network(graph, network, given, dtype, record.standardisation.n_inputs, opset)
    said = {PRECISION_KEY: "float32"} if is_single else {}
    try:
        return _finished(graph, record, graph.cast(outputs, np.float64) if is_single else outputs, **said)
    except (ValidationError, InferenceError) as error:
        raise ExportError(f"What PyTorch wrote of {type(network).__qualname__} is no ONNX: {error!s:.300}") from error


def _complaint(content: bytes, record: NetworkRecord) -> str:
    """Return what onnxruntime says against a file; empty where it computes it."""
    try:
        OnnxSession(content).ask(np.zeros((_TRIED_ROWS, len(record.feature_columns))))
    except DataError as error:
        return str(error)
    return ""


def _begun(record: NetworkRecord, opset: int, sequence_bars: int | None = None) -> tuple[OnnxGraph, str]:
    graph = OnnxGraph.begin(len(record.feature_columns), opset, "double", sequence_bars=sequence_bars)
    return graph, add_standardisation(graph, record.standardisation)


def _finished(graph: OnnxGraph, record: NetworkRecord, outputs: str, **said: str) -> bytes:
    if record.classes:
        # A logit for each class, also where there are two.
        scores = graph.add("Softmax", outputs, axis=1)
    else:
        scaled = graph.add("Mul", outputs, graph.constant(record.target_scale))
        scores = graph.add("Add", scaled, graph.constant(record.target_mean))
    return graph.finished({SCORES: (scores, (None, record.n_outputs))}, {PRECISION_KEY: "float64", **said})


def _check_size(network: torch.nn.Module) -> None:
    # Known layers are written in float32, others as they are.
    size = (4 if is_known(network) else 8) * sum(numbers.numel() for numbers in network.state_dict().values())
    if size > MAX_FILE_BYTES:
        raise ExportError(
            f"The network's {size:,} bytes of weights are more than the {MAX_FILE_BYTES:,} that an ONNX file may have "
            "here. Export it with exporter_type: bundle or native."
        )
