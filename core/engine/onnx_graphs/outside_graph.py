"""An ONNX file of anybody as the graph of a model: its inputs out of the features, its answer as the model's scores.

1. The file's operators are brought up to the opset asked for; none can be brought down.
2. Its nodes are taken over under names that no other bears, and fed as the layout says.
3. With two classes the higher one's probability counts; what is float32 becomes float64. Pairs of a class and a number
   are the matrix that they were made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import ExportError
from core.engine.onnx_graphs.class_pairs import columns_of_pairs
from core.engine.onnx_graphs.class_scores import add_both_classes
from core.engine.onnx_graphs.network_windows import LONGEST_GAP_KEY, SEQUENCE_BARS_KEY
from core.engine.onnx_graphs.onnx_graph import FEATURES, HISTORY_BARS, PRECISION_KEY, SCORES, OnnxGraph
from core.engine.onnx_graphs.own_names import give_own_names

if TYPE_CHECKING:
    from numpy.typing import DTypeLike
    from onnx import ModelProto, ValueInfoProto

    from core.engine.onnx_graphs.file_layout import OnnxLayout

__all__ = ["onnx_of_file"]

_OWN_NAMES = "file/"
_TREES_DOMAIN, _TREES_OPSET = "ai.onnx.ml", 3
_FLOAT, _FLOAT16, _DOUBLE = 1, 10, 11
_OWN_TYPES: Mapping[int, tuple[DTypeLike, ...]] = {
    _FLOAT: (np.float32,),
    _FLOAT16: (np.float32, np.float16),
    _DOUBLE: (np.float64,),
}
"""What features are rounded to on their way into an input, one after the other."""


def onnx_of_file(content: bytes, layout: OnnxLayout, n_features: int, n_classes: int, opset: int) -> bytes:
    """Return a file as a graph, as `ModelPlugin.to_onnx` describes it.

    Parameters
    ----------
    content : bytes
        The file, which `check_onnx_file` has let pass.
    layout : OnnxLayout
        How it is fed and where its answer lies.
    n_features : int
        Columns of the features.
    n_classes : int
        0 for a regression.
    opset : int
        Of the operators.

    Raises
    ------
    ExportError
        If its operators cannot be written in that opset, or it is built in another way than a graph here may be.
    """
    from onnx.checker import ValidationError
    from onnx.shape_inference import InferenceError

    model = _in_opset(content, opset)
    said = {entry.key: entry.value for entry in model.metadata_props}
    inputs = _inputs(model)
    is_single = all(
        value.type.tensor_type.elem_type in {_FLOAT, _FLOAT16} for name, value in inputs.items() if name != HISTORY_BARS
    )
    # What the file adds up in float32 is compared so.
    keys = {PRECISION_KEY: "float32" if is_single else said.get(PRECISION_KEY, "float64")}
    sequence_bars = int(said[SEQUENCE_BARS_KEY]) if SEQUENCE_BARS_KEY in said else None
    if sequence_bars is not None:
        keys |= {key: said[key] for key in (SEQUENCE_BARS_KEY, LONGEST_GAP_KEY)}
    graph = OnnxGraph.begin(n_features, opset, "float" if is_single else "double", sequence_bars=sequence_bars)
    _feed(graph, inputs, layout)
    give_own_names(model.graph, _OWN_NAMES)
    graph.adopt(model.graph.node, model.graph.initializer)
    try:
        return graph.finished({SCORES: (_scores(graph, layout, n_classes), (None, max(1, n_classes)))}, keys)
    except (ValidationError, InferenceError) as error:
        raise ExportError(
            f"The ONNX file's graph cannot be taken over: {error!s:.300}. Export the model as bundle or native."
        ) from error


def _in_opset(content: bytes, opset: int) -> ModelProto:
    import onnx
    from onnx import version_converter

    model = onnx.load_from_string(columns_of_pairs(content)[0])
    versions = {entry.domain: entry.version for entry in model.opset_import}
    own = versions.get("", versions.get("ai.onnx", 1))
    if own > opset or versions.get(_TREES_DOMAIN, 1) > _TREES_OPSET:
        raise ExportError(
            f"The ONNX file has the operators of {versions}; they cannot be written with opset {opset} and "
            f"{_TREES_DOMAIN} {_TREES_OPSET}. Export with exporter_params.opset: {own} or a later one, or as bundle."
        )
    try:
        return model if own == opset else version_converter.convert_version(model, opset)
    except (version_converter.ConvertError, RuntimeError, ValueError) as error:
        raise ExportError(
            f"The ONNX file's operators of opset {own} cannot be brought to {opset}: {error!s:.200}. Export with "
            f"exporter_params.opset: {own}, or as bundle."
        ) from error


def _inputs(model: ModelProto) -> Mapping[str, ValueInfoProto]:
    constants = {tensor.name for tensor in model.graph.initializer}
    return {value.name: value for value in model.graph.input if value.name not in constants}


def _feed(graph: OnnxGraph, inputs: Mapping[str, ValueInfoProto], layout: OnnxLayout) -> None:
    for name, value in inputs.items():
        if name == HISTORY_BARS and not layout.inputs:
            graph.name(HISTORY_BARS, _OWN_NAMES + name)
            continue
        given = FEATURES
        if layout.inputs:
            place = layout.inputs.index(name)
            is_flat = len(value.type.tensor_type.shape.dim) == 1
            given = graph.add("Gather", FEATURES, graph.constant(place if is_flat else [place], np.int64), axis=1)
        graph.name(_rounded(graph, given, value), _OWN_NAMES + name)


def _rounded(graph: OnnxGraph, given: str, value: ValueInfoProto) -> str:
    """Add what makes an input's numbers of the features."""
    kinds = _OWN_TYPES.get(value.type.tensor_type.elem_type)
    if kinds is None:
        raise ExportError(
            f"The ONNX file's input {value.name!r} takes whole numbers alone. A graph of it would cut the fractions of "
            "other numbers without a word. Export it as bundle or native, or use the file itself."
        )
    for kind in kinds:
        given = graph.cast(given, kind)
    return given


def _scores(graph: OnnxGraph, layout: OnnxLayout, n_classes: int) -> str:
    shape = graph.constant([0, -1], np.int64)
    # Of two classes, the last output or its last column is the higher one's.
    told = layout.outputs[-1:] if n_classes == 2 else layout.outputs
    columns = [graph.add("Reshape", graph.cast(_OWN_NAMES + name, np.float64), shape) for name in told]
    if n_classes == 2:
        return add_both_classes(graph, graph.add("Gather", columns[0], graph.constant([-1], np.int64), axis=1))
    return columns[0] if len(columns) == 1 else graph.add("Concat", *columns, axis=1)
