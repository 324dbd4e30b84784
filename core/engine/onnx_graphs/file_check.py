"""An ONNX file from anywhere, looked at by a process of its own before this one loads it.

1. The child limits its memory, its processor time and the size of files that it may write (none) before it reads.
2. It refuses tensors that lie outside of the file, operators of other domains than ONNX's own, and functions of the
   file's own; onnx's checker and onnxruntime then have to take the whole.
3. What is wrong comes back as a sentence. A child that dies or takes too long is a refusal too.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from core.base.errors import DataError

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

__all__ = ["MAX_FILE_BYTES", "check_onnx_file"]

MAX_FILE_BYTES = 512 * 1024**2
_MEMORY_BYTES = 8 * 1024**3
_SECONDS = 60
_REFUSED = 3
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
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter and this module
            [sys.executable, "-m", __name__], input=content, capture_output=True, timeout=2 * _SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(f"The ONNX file took more than {2 * _SECONDS} seconds to load; it is not used.") from error
    if done.returncode == _REFUSED:
        raise DataError(done.stdout.decode("utf-8", "replace").strip())
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()[-200:]
        raise DataError(
            f"The ONNX file could not be loaded in {_SECONDS} seconds and {_MEMORY_BYTES >> 30} GiB: the process that "
            f"tried ended with {done.returncode}. {said}"
        )


def main() -> None:
    """Look at the file that standard input holds; end with _REFUSED and a sentence where it is refused."""
    _limit_this_process()
    content = sys.stdin.buffer.read()
    complaint = _complaint(content)
    if complaint:
        sys.stdout.write(complaint)
        sys.exit(_REFUSED)


def _limit_this_process() -> None:
    import resource

    limits = {resource.RLIMIT_AS: _MEMORY_BYTES, resource.RLIMIT_CPU: _SECONDS, resource.RLIMIT_FSIZE: 0}
    for kind, most in (limits | {resource.RLIMIT_CORE: 0}).items():
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _complaint(content: bytes) -> str:
    """Return what is wrong with the file; empty where nothing is."""
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
        return f"The file is no ONNX model that can be loaded: {error!s:.300}"
    return complaint


def _outside_complaint(model: ModelProto) -> str:
    if model.functions:
        return f"The ONNX file defines the function {model.functions[0].name!r}; files with functions are not loaded."
    for node in _nodes(model.graph):
        if node.domain not in _DOMAINS:
            return (
                f"The ONNX file uses the operator {node.op_type!r} of the domain {node.domain!r}; allowed are ai.onnx "
                "and ai.onnx.ml. Export the model without custom operators."
            )
    outside = [tensor.name for tensor in _tensors(model.graph) if tensor.data_location == _ELSEWHERE]
    if outside:
        return (
            f"The ONNX file keeps the tensor {outside[0]!r} in another file; everything must be in one. Save it with "
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


if __name__ == "__main__":
    main()
