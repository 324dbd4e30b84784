"""Probabilities that a file gives as pairs of a class and a number, as scikit-learn's converters write them by default.

1. Such an output comes from the operator ZipMap, which lays the classes' names beside the columns of a matrix.
2. In its place the output gives that matrix, the columns in ascending order of the classes, where these are numbers.
3. Which classes they are is told, so that nobody takes one for another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, ValueInfoProto

__all__ = ["ClassNames", "columns_of_pairs"]

ClassNames = tuple[float, ...] | tuple[str, ...]
"""Of a matrix' columns: numbers, ascending, or texts as the file has them where one of them is no number."""

_ZIP, _ZIP_DOMAIN = "ZipMap", "ai.onnx.ml"
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
# Of the plain operators, where a file has none and so names no version: any has those that are added.
_OPSET_WHERE_NONE = 9


def columns_of_pairs(content: bytes) -> tuple[bytes, dict[str, ClassNames]]:
    """Return a file whose outputs of pairs are matrices, float32, and the classes of these outputs by name.

    Parameters
    ----------
    content : bytes
        An ONNX file. It comes back as it is where none of its outputs is a ZipMap's.
    """
    import onnx

    model = onnx.load_from_string(content)
    zips = {node.output[0]: node for node in model.graph.node if (node.op_type, node.domain) == (_ZIP, _ZIP_DOMAIN)}
    classes = {
        value.name: _as_matrix(model.graph, zips[value.name], value)
        for value in model.graph.output
        if value.name in zips
    }
    if not classes:
        return content, classes
    _have_plain_operators(model)
    return model.SerializeToString(), classes


def _as_matrix(graph: GraphProto, node: NodeProto, value: ValueInfoProto) -> ClassNames:
    """Let a node give the matrix that it made pairs of, and its output say so; return the columns' classes."""
    from onnx import TensorProto, helper, numpy_helper

    texts = _class_texts(node)
    numbers = [float(text) if _NUMBER.fullmatch(text) else np.nan for text in texts]
    are_numbers = len(set(numbers)) == len(numbers) and not np.isnan(numbers).any()
    order = np.argsort(numbers) if are_numbers else np.arange(len(texts))
    places = numpy_helper.from_array(order.astype(np.int64), f"{value.name}/classes in order")
    graph.initializer.append(places)
    node.CopyFrom(helper.make_node("Gather", [node.input[0], places.name], [value.name], node.name, axis=1))
    value.CopyFrom(helper.make_tensor_value_info(value.name, TensorProto.FLOAT, [None, len(texts)]))
    return tuple(sorted(numbers)) if are_numbers else tuple(texts)


def _class_texts(node: NodeProto) -> list[str]:
    texts: list[str] = []
    for attribute in node.attribute:
        texts += [str(number) for number in attribute.ints]
        texts += [text.decode("utf-8", "replace") for text in attribute.strings]
    return texts


def _have_plain_operators(model: ModelProto) -> None:
    if not {"", "ai.onnx"} & {entry.domain for entry in model.opset_import}:
        model.opset_import.add(domain="", version=_OPSET_WHERE_NONE)
