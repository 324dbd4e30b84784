"""Models that are joined as one ONNX graph: each member's own graph, and how their answers become one.

1. The input is double, unless all members see their features as float32. Where a model reads histories it is windows,
   as long as the longest: a member with shorter ones reads their ends, one without the last bar. For a final model that
   reads histories, members answer bar by bar (joined_windows.py).
2. A member's graph is its own `to_onnx`, under names that no other bears.
3. What follows is `core.engine.joined_models` in nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import ExportError
from core.engine.joined_models import LEAST_PROBABILITY
from core.engine.onnx_graphs.joined_windows import joined_windows
from core.engine.onnx_graphs.onnx_graph import FEATURES, HISTORY_BARS, PRECISION_KEY, SCORES, OnnxGraph
from core.engine.onnx_graphs.own_names import give_own_names

if TYPE_CHECKING:
    from onnx import ModelProto

    from core.contracts.model import JoinedModels, ModelPlugin

__all__ = ["onnx_of_joined_models"]

_NUMPY_TYPES: dict[int, type[np.float32 | np.float64]] = {1: np.float32, 11: np.float64}
"""Of the element types FLOAT and DOUBLE."""


def onnx_of_joined_models(joined: JoinedModels, n_features: int, n_classes: int, opset: int) -> bytes:
    """Return the graph, as `ModelPlugin.to_onnx` describes it.

    Parameters
    ----------
    joined : JoinedModels
        Trained.
    n_features : int
        Of each member.
    n_classes : int
        0 for a regression.
    opset : int
        Of the operators.

    Raises
    ------
    ExportError
        If a member or the final model has no ONNX form, or two find histories in different ways; the message names
        them.
    """
    parts = [_own_graph(name, part, opset) for name, part in zip(joined.names, joined.members, strict=True)]
    final = None if joined.final is None else _own_graph("final_model", joined.final, opset)
    windows = joined_windows(dict(zip(joined.names, parts, strict=True)), final)
    in_single = all(_input_type(part) is np.float32 for part in parts)
    graph = OnnxGraph.begin(n_features, opset, "float" if in_single else "double", sequence_bars=windows.sequence_bars)
    own_type = np.float32 if in_single else np.float64
    answers = [
        _added(graph, part, f"member_{k}_", windows.part_for(graph, part), own_type) for k, part in enumerate(parts)
    ]
    if n_classes:
        answers = [_shares(graph, answer) for answer in answers]
    if final is None:
        scores = _averaged(graph, answers, joined.weights)
    else:
        read = windows.answers_for_final(graph, _final_features(graph, answers, n_classes), final)
        scores = _added(graph, final, "final_", read, np.float64)
        scores = _shares(graph, scores) if n_classes else scores
    # For whoever compares: the input may be double, and a member's sums are float32 all the same.
    in_float32 = any(_computes_in_single(part) for part in (*parts, final) if part is not None)
    metadata = {PRECISION_KEY: "float32"} if in_float32 else {}
    return graph.finished({SCORES: (scores, (None, max(1, n_classes)))}, {**metadata, **windows.metadata()})


def _own_graph(name: str, model: ModelPlugin, opset: int) -> ModelProto:
    import onnx

    own = model.to_onnx(opset)
    if own is None:
        raise _refused(name, model, "has no ONNX form (its plugin writes none)")
    found = onnx.load_from_string(own)
    inputs = [value.name for value in found.graph.input]
    n_dimensions = len(found.graph.input[0].type.tensor_type.shape.dim) if inputs else 0
    if (inputs, n_dimensions) not in (([FEATURES], 2), ([FEATURES, HISTORY_BARS], 3)):
        raise _refused(name, model, f"reads {', '.join(inputs)}: neither one row at a time nor windows of bars")
    if found.functions or any(entry.version != opset for entry in found.opset_import if not entry.domain):
        raise _refused(name, model, f"has functions of its own, or operators of another version than {opset}")
    return found


def _refused(name: str, model: ModelPlugin, problem: str) -> ExportError:
    return ExportError(
        f"ONNX: the member {name!r} of the ensemble, a model {type(model).name!r}, {problem}. Leave it out of the "
        "ensemble, or export with exporter_type: native or bundle."
    )


def _input_type(model: ModelProto) -> type[np.float32 | np.float64]:
    return _NUMPY_TYPES[model.graph.input[0].type.tensor_type.elem_type]


def _computes_in_single(model: ModelProto) -> bool:
    says_so = any(entry.key == PRECISION_KEY and entry.value == "float32" for entry in model.metadata_props)
    return says_so or _input_type(model) is np.float32


def _added(
    graph: OnnxGraph,
    part: ModelProto,
    prefix: str,
    read: tuple[str, str | None],
    dtype: type[np.float32 | np.float64],
) -> str:
    """Add a model's nodes, fed with what it reads: features of type `dtype`, and how many bars of a window count."""
    from onnx import GraphProto

    features, history_bars = read
    if history_bars is not None:
        graph.name(history_bars, f"{prefix}{HISTORY_BARS}")
    wanted = _input_type(part)
    fed = features if wanted is dtype else graph.cast(features, wanted)
    own = GraphProto()
    own.CopyFrom(part.graph)
    give_own_names(own, prefix)
    graph.name(fed, f"{prefix}{FEATURES}")
    graph.adopt(own.node, own.initializer)
    return f"{prefix}{SCORES}"


def _averaged(graph: OnnxGraph, answers: Sequence[str], weights: Sequence[float]) -> str:
    weighted = [
        graph.add("Mul", graph.constant(weight), answer) for weight, answer in zip(weights, answers, strict=True)
    ]
    return reduce(lambda left, right: graph.add("Add", left, right), weighted)


def _shares(graph: OnnxGraph, probabilities: str) -> str:
    total = graph.add("ReduceSum", probabilities, graph.constant([1], np.int64), keepdims=1)
    return graph.add("Div", probabilities, total)


def _final_features(graph: OnnxGraph, answers: Sequence[str], n_classes: int) -> str:
    if not n_classes:
        return graph.add("Concat", *answers, axis=1)
    bounds = [graph.constant(bound) for bound in (LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY)]
    told = graph.constant([1] if n_classes == 2 else range(n_classes), np.int64)
    columns = []
    for answer in answers:
        inside = graph.add("Clip", graph.add("Gather", answer, told, axis=1), *bounds)
        against = graph.add("Sub", graph.constant(1.0), inside)
        columns.append(graph.add("Sub", graph.add("Log", inside), graph.add("Log", against)))
    return graph.add("Concat", *columns, axis=1)
