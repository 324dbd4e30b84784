"""A standardised linear model as an ONNX graph, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.onnx_graphs.class_scores import add_class_scores
from core.engine.onnx_graphs.onnx_graph import FEATURES, SCORES, OnnxGraph

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["onnx_of_linear_pipeline"]


def onnx_of_linear_pipeline(pipeline: Pipeline, opset: int) -> bytes:
    """Return the graph of a fitted imputer, scaler and linear model, as `ModelPlugin.to_onnx` describes it.

    Parameters
    ----------
    pipeline : Pipeline
        SimpleImputer, StandardScaler, and Ridge or LogisticRegression.
    opset : int
        Of the operators.
    """
    imputer, scaler, regression = (step for _, step in pipeline.steps)
    coefficients = np.atleast_2d(regression.coef_)
    graph = OnnxGraph.begin(coefficients.shape[1], opset, "double")
    filled = graph.add("Where", graph.add("IsNaN", FEATURES), graph.constant(imputer.statistics_), FEATURES)
    centred = graph.add("Sub", filled, graph.constant(scaler.mean_))
    standardised = graph.add("Div", centred, graph.constant(scaler.scale_))
    weighted = graph.add("MatMul", standardised, graph.constant(coefficients.T))
    scores = graph.add("Add", weighted, graph.constant(np.atleast_1d(regression.intercept_)))
    n_classes = len(getattr(regression, "classes_", ()))
    scores = add_class_scores(graph, scores, n_classes)
    return graph.finished({SCORES: (scores, (None, max(1, n_classes)))})
