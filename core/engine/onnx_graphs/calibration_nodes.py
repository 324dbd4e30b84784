"""A model's calibration, and the columns of its predictions, as ONNX nodes.

1. A model's scores, float64, pass through each map as `Calibrator.apply` computes it. The isotonic map's step is found
   by a tree over its knots, so that it costs the logarithm of their number.
2. Likeliest is the highest probability, the higher class where two are equal.
3. Where the model takes no missing features, a row that lacks one gets NaN in every column that depends on it; of a
   window that is its last bar, the row's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.calibration import LOWEST_PROBABILITY
from core.engine.model_columns import probability_column
from core.engine.onnx_graphs.onnx_graph import FEATURES, SCORES
from core.engine.onnx_graphs.tree_sums import DecisionTree, add_tree_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.engine.calibration import Calibrator
    from core.engine.fitted_model import FittedModel
    from core.engine.onnx_graphs.onnx_graph import OnnxGraph

__all__ = ["add_prediction_columns"]


def add_prediction_columns(graph: OnnxGraph, fitted: FittedModel) -> dict[str, str]:
    """Add what `fitted` predicts; return for each of its columns the value, shape (rows,), that holds it.

    Parameters
    ----------
    graph : OnnxGraph
        The graph of its model, which ends in the value `scores`, float64.
    fitted : FittedModel
        Whose calibration to add.
    """
    takes_missing = "missing_values" in fitted.model.capabilities
    reads_windows = "earlier_rows" in fitted.model.capabilities
    raw = SCORES if takes_missing else _nan_where_incomplete(graph, SCORES, reads_windows=reads_windows)
    columns = _class_columns(graph, fitted, raw) if fitted.classes else {"prediction": _column(graph, raw, 0)}
    if fitted.payoff is not None:
        score = _column(graph, raw, max(len(fitted.classes) - 1, 0))
        columns["payoff_probability"] = _add_map(graph, fitted.payoff.calibrator, score)
        for name, amount in (("payoff_gain", fitted.payoff.gain), ("payoff_loss", fitted.payoff.loss)):
            columns[name] = _constant_column(graph, amount, score)
    return columns


def _class_columns(graph: OnnxGraph, fitted: FittedModel, raw: str) -> dict[str, str]:
    probabilities = _calibrated(graph, fitted, raw)
    position = graph.add("ArgMax", probabilities, axis=1, keepdims=0, select_last_index=1)
    likeliest = graph.add("Gather", graph.constant(fitted.classes), position)
    columns = {"prediction": _nan_like(graph, likeliest, _column(graph, probabilities, 0))}
    for place, label in enumerate(fitted.classes):
        columns[probability_column(label)] = _column(graph, probabilities, place)
    return columns


def _calibrated(graph: OnnxGraph, fitted: FittedModel, raw: str) -> str:
    """Return the probabilities of all classes, shape (rows, n_classes)."""
    if not fitted.calibrators:
        return raw
    if len(fitted.classes) == 2:
        higher = _add_map(graph, fitted.calibrators[0], _column(graph, raw, 1))
        both = [graph.add("Sub", graph.constant(1.0), higher), higher]
        return graph.add("Concat", *(_upright(graph, part) for part in both), axis=1)
    apart = [_add_map(graph, c, _column(graph, raw, place)) for place, c in enumerate(fitted.calibrators)]
    together = graph.add("Concat", *(_upright(graph, part) for part in apart), axis=1)
    total = graph.add("ReduceSum", together, graph.constant([1], np.int64), keepdims=1)
    return graph.add("Div", together, total)


def _add_map(graph: OnnxGraph, calibrator: Calibrator, scores: str) -> str:
    if calibrator.kind == "identity":
        return scores
    add = _add_platt if calibrator.kind == "platt" else _add_isotonic
    # Said once more, as bounds may hide what is missing.
    return _nan_like(graph, add(graph, calibrator, scores), scores)


def _add_platt(graph: OnnxGraph, calibrator: Calibrator, scores: str) -> str:
    position = scores
    if calibrator.scale == "probability":
        bounds = [graph.constant(bound) for bound in (LOWEST_PROBABILITY, 1.0 - LOWEST_PROBABILITY)]
        inside = graph.add("Clip", scores, *bounds)
        against = graph.add("Sub", graph.constant(1.0), inside)
        position = graph.add("Sub", graph.add("Log", inside), graph.add("Log", against))
    scaled = graph.add("Mul", graph.constant(calibrator.slope), position)
    return graph.add("Sigmoid", graph.add("Add", scaled, graph.constant(calibrator.intercept)))


def _add_isotonic(graph: OnnxGraph, calibrator: Calibrator, scores: str) -> str:
    bound = 1.0 / (calibrator.effective_rows + 2.0)
    knots, levels = np.asarray(calibrator.scores), np.asarray(calibrator.probabilities)
    if len(knots) == 1:
        flat = float(levels.clip(bound, 1.0 - bound)[0])
        return _constant_column(graph, flat, scores)
    inside = graph.add("Clip", scores, graph.constant(knots[0]), graph.constant(knots[-1]))
    step = _add_step_lookup(graph, knots, inside)
    start, level, slope = (
        graph.add("Gather", graph.constant(values), step)
        for values in (knots[:-1], levels[:-1], np.diff(levels) / np.diff(knots))
    )
    rise = graph.add("Mul", slope, graph.add("Sub", inside, start))
    bounds = [graph.constant(value) for value in (bound, 1.0 - bound)]
    return graph.add("Clip", graph.add("Add", rise, level), *bounds)


def _add_step_lookup(graph: OnnxGraph, knots: NDArray[np.float64], scores: str) -> str:
    """Add the number of the step, from knot k to knot k + 1, that each score lies on."""
    number = add_tree_sums(graph, [_step_tree(knots)], "<", np.float64, features=_upright(graph, scores))
    return graph.add("Reshape", graph.cast(number, np.int64), graph.constant([-1], np.int64))


def _step_tree(knots: NDArray[np.float64]) -> DecisionTree:
    """Return a balanced tree that looks up on which step, from 0, a score lies."""
    left: list[int] = []
    right: list[int] = []
    threshold: list[float] = []
    number: list[float] = []

    def grow(first: int, end: int) -> int:
        node, middle = len(left), (first + end) // 2
        left.append(-1)
        right.append(-1)
        threshold.append(float(knots[middle]))
        number.append(float(first))
        if end - first > 1:
            left[node], right[node] = grow(first, middle), grow(middle, end)
        return node

    grow(0, len(knots) - 1)
    nowhere = np.zeros(len(left), np.int64)
    return DecisionTree(
        np.asarray(left),
        np.asarray(right),
        nowhere,
        np.asarray(threshold),
        nowhere.astype(np.bool_),
        np.asarray(number, dtype=np.float64)[:, None],
    )


def _column(graph: OnnxGraph, values: str, place: int) -> str:
    return graph.add("Gather", values, graph.constant(place, np.int64), axis=1)


def _upright(graph: OnnxGraph, values: str) -> str:
    return graph.add("Unsqueeze", values, graph.constant([1], np.int64))


def _constant_column(graph: OnnxGraph, amount: float, like: str) -> str:
    return graph.add("Expand", graph.constant(amount), graph.add("Shape", like))


def _nan_like(graph: OnnxGraph, values: str, like: str) -> str:
    return graph.add("Where", graph.add("IsNaN", like), graph.constant(np.nan), values)


def _nan_where_incomplete(graph: OnnxGraph, values: str, *, reads_windows: bool) -> str:
    own = graph.add("Gather", FEATURES, graph.constant(-1, np.int64), axis=1) if reads_windows else FEATURES
    absent = graph.cast(graph.add("IsNaN", own), np.float64)
    is_incomplete = graph.cast(graph.add("ReduceSum", absent, graph.constant([1], np.int64), keepdims=1), np.bool_)
    return graph.add("Where", is_incomplete, graph.constant(np.nan), values)
