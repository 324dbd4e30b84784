"""A network of somebody's own as ONNX nodes: PyTorch runs it once and writes down what it computes.

1. PyTorch's exporter traces the network on a few rows; what it cannot write as ONNX's own operators is refused.
2. So is a network whose code turns a tensor into a Python value: the file would keep that of the traced rows.
3. The error function, of which onnxruntime has no operator in float64, is written as nodes that it has.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from core.base.errors import ExportError
from core.base.temporary_folder import full_disk_named, temporary_folder
from core.engine.onnx_graphs.network_gelu import add_erf
from core.engine.onnx_graphs.own_names import give_own_names

if TYPE_CHECKING:
    from onnx import ModelProto

    from core.engine.onnx_graphs.onnx_graph import OnnxGraph

__all__ = ["add_traced_network"]

# Later operators of PyTorch's are made of functions in float32.
_TRACED_OPSET = 18
_TRACED_ROWS = 3
_IN, _OUT, _OWN_NAMES = "inputs", "outputs", "traced/"
_FROZEN = torch.jit.TracerWarning  # type: ignore[attr-defined]
_FAULTS = (ArithmeticError, AttributeError, ImportError, LookupError, RuntimeError, TypeError, ValueError)


def add_traced_network(
    graph: OnnxGraph, network: torch.nn.Module, values: str, dtype: torch.dtype, n_inputs: int, opset: int
) -> str:
    """Add a network's answer to `values`; return its name.

    Parameters
    ----------
    graph : OnnxGraph
        To add to.
    network : Module
        Of the dtype given.
    values : str
        Of that dtype, shape (rows, n_inputs).
    dtype : dtype
        float64 or float32.
    n_inputs, opset : int
        Columns of the values, and the version of the operators.

    Raises
    ------
    ExportError
        If it cannot be written as ONNX.
    """
    traced = _traced(network, torch.zeros((_TRACED_ROWS, n_inputs), dtype=dtype), opset)
    strange = sorted({node.domain for node in traced.graph.node} - {""})
    if traced.functions or strange:
        raise _refusal(network, f"it needs operators that are not ONNX's own ({', '.join(strange) or 'functions'})")
    give_own_names(traced.graph, _OWN_NAMES)
    graph.name(values, _OWN_NAMES + _IN)
    graph.adopt([], traced.graph.initializer)
    for node in traced.graph.node:
        if node.op_type == "Erf" and dtype == torch.float64:
            graph.name(add_erf(graph, node.input[0]), node.output[0])
        else:
            graph.adopt([node])
    return _OWN_NAMES + _OUT


def _traced(network: torch.nn.Module, rows: torch.Tensor, opset: int) -> ModelProto:
    import onnx
    from onnx import version_converter

    with temporary_folder("qlop-") as folder, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        written = folder / "network.onnx"
        try:
            with full_disk_named(folder):
                _export(network, rows, written, min(opset, _TRACED_OPSET))
            traced = onnx.load(written)
            if opset > _TRACED_OPSET:
                traced = version_converter.convert_version(traced, opset)
        except (version_converter.ConvertError, *_FAULTS) as error:
            raise _refusal(network, f"{type(error).__name__}: {error!s:.300}") from error
    own = [told_once for told_once in told if issubclass(told_once.category, _FROZEN) and not _is_torchs(told_once)]
    if own:
        place = f"{own[0].filename}, line {own[0].lineno}"
        raise _refusal(network, f"{place}, turns a tensor into a Python value, which no graph follows")
    return traced


def _export(network: torch.nn.Module, rows: torch.Tensor, path: Path, opset: int) -> None:
    with _unheard():
        torch.onnx.export(
            network.eval(),
            (rows,),
            path,
            dynamo=False,
            opset_version=opset,
            input_names=[_IN],
            output_names=[_OUT],
            dynamic_axes={_IN: {0: "rows"}, _OUT: {0: "rows"}},
        )


@contextmanager
def _unheard() -> Iterator[None]:
    """Drop what is written to standard output: where PyTorch fails, it prints its graph there, from C++."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _is_torchs(told: warnings.WarningMessage) -> bool:
    """Return whether a warning is about PyTorch's own layers, which look at shapes alone."""
    return Path(told.filename).is_relative_to(Path(torch.__file__).parent)


def _refusal(network: torch.nn.Module, reason: str) -> ExportError:
    kind = type(network)
    return ExportError(
        f"The network {kind.__module__}:{kind.__qualname__} cannot be written as ONNX: {reason.rstrip('. ')}. Export "
        "it with exporter_type: bundle or native, or build it of layers in the config."
    )
