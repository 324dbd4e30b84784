"""An ONNX file from anywhere, looked at by a process of its own before this one loads it.

1. That process is limited as limited_process.py says.
2. It refuses tensors that lie outside of the file, operators of other domains than ONNX's own, and functions of the
   file's own; onnx's checker and onnxruntime then have to take the whole.
3. What is wrong comes back as a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from core.base.errors import DataError
from core.engine.limited_process import ask_limited_process

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

__all__ = ["MAX_FILE_BYTES", "check_onnx_file", "onnx_complaint"]

MAX_FILE_BYTES = 512 * 1024**2
_DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
_ELSEWHERE = 1


# Equal bytes are looked at once: each fold of a training brings the same file.
@lru_cache(maxsize=2)
def check_onnx_file(content: bytes) -> None:
    """Refuse bytes that are no ONNX file which may be loaded.

    Raises
    ------
    DataError
        If the file is too large or damaged, needs what is not in it, or cannot be loaded within the limits.
    """
    if not 0 < len(content) <= MAX_FILE_BYTES:
        raise DataError(f"The ONNX file has {len(content):,} bytes; 1 to {MAX_FILE_BYTES:,} are read.")
    complaint = ask_limited_process(f"{__name__}:onnx_complaint", content)
    if complaint:
        raise DataError(f"The ONNX file is not loaded. {complaint}")


def onnx_complaint(content: bytes) -> str:
    """Return what is wrong with the file, in the process that may end with it; empty where nothing is."""
    import onnx
    from google.protobuf.message import DecodeError

    from core.engine.onnx_graphs.onnx_session import OnnxSession

    try:
        model = onnx.load_from_string(content)
        complaint = _outside_complaint(model)
        if not complaint:
            onnx.checker.check_model(model)
            OnnxSession(content)
    except (DecodeError, onnx.checker.ValidationError, DataError) as error:
        return f"It is no ONNX model that can be loaded: {error!s:.300}"
    return complaint


def _outside_complaint(model: ModelProto) -> str:
    if model.functions:
        return f"It defines the function {model.functions[0].name!r}; files with functions are not loaded."
    for node in _nodes(model.graph):
        if node.domain not in _DOMAINS:
            return (
                f"It uses the operator {node.op_type!r} of the domain {node.domain!r}; allowed are ai.onnx "
                "and ai.onnx.ml. Export the model without custom operators."
            )
    outside = [tensor.name for tensor in _tensors(model.graph) if tensor.data_location == _ELSEWHERE]
    if outside:
        return (
            f"It keeps the tensor {outside[0]!r} in another file; everything must be in one. Save it with "
            "onnx.save(model, path, save_as_external_data=False)."
        )
    return ""


def _graphs(graph: GraphProto) -> Iterator[GraphProto]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                if inner.node or inner.initializer:
                    yield from _graphs(inner)


def _nodes(graph: GraphProto) -> Iterator[NodeProto]:
    for part in _graphs(graph):
        yield from part.node


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    for part in _graphs(graph):
        yield from part.initializer
        for sparse in part.sparse_initializer:
            yield from (sparse.values, sparse.indices)
        for node in part.node:
            for attribute in node.attribute:
                yield from (attribute.t, *attribute.tensors)
                for held in (attribute.sparse_tensor, *attribute.sparse_tensors):
                    yield from (held.values, held.indices)
