"""A booster of XGBoost as an ONNX graph, computed in float32 as XGBoost does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.engine.onnx_graphs.class_scores import add_both_classes
from core.engine.onnx_graphs.onnx_graph import SCORES, OnnxGraph
from core.engine.onnx_graphs.tree_sums import DecisionTree, add_tree_sums

if TYPE_CHECKING:
    import xgboost

__all__ = ["onnx_of_booster"]


def onnx_of_booster(booster: xgboost.Booster, opset: int) -> bytes:
    """Return a booster's graph, as `ModelPlugin.to_onnx` describes it.

    Parameters
    ----------
    booster : Booster
        Trained with the objective reg:squarederror, binary:logistic or multi:softprob.
    opset : int
        Of the operators.
    """
    learner = json.loads(booster.save_raw("json"))["learner"]
    objective = learner["objective"]["name"]
    graph = OnnxGraph.begin(booster.num_features(), opset, "float")
    margins = add_tree_sums(graph, _trees(learner, objective), "<", np.float32)
    scores, width = {
        "binary:logistic": (_both_classes, 2),
        "multi:softprob": (_shares, int(learner["learner_model_param"]["num_class"])),
    }.get(objective, (_values, 1))
    return graph.finished({SCORES: (scores(graph, margins), (None, width))})


def _trees(learner: Mapping[str, Any], objective: str) -> list[DecisionTree]:
    """Return the base scores as a first tree, then the booster's own."""
    model = learner["gradient_booster"]["model"]
    n_outputs = max(1, int(learner["learner_model_param"]["num_class"]))
    stated = json.loads(learner["learner_model_param"]["base_score"])
    base = np.broadcast_to(np.asarray(stated, dtype=np.float32), n_outputs)
    if objective == "binary:logistic":
        base = -np.log(np.float32(1.0) / base - np.float32(1.0))
    outputs = zip(model["trees"], model["tree_info"], strict=True)
    return [DecisionTree.of_leaf(base), *(_tree(tree, output, n_outputs) for tree, output in outputs)]


def _tree(tree: Mapping[str, Any], output: int, n_outputs: int) -> DecisionTree:
    left = np.asarray(tree["left_children"], dtype=np.int64)
    # A leaf keeps its value where other nodes keep their threshold.
    values = np.asarray(tree["split_conditions"], dtype=np.float32)
    leaf_values = np.zeros((len(left), n_outputs), dtype=np.float32)
    leaf_values[:, output] = values
    return DecisionTree(
        left,
        np.asarray(tree["right_children"], dtype=np.int64),
        np.asarray(tree["split_indices"], dtype=np.int64),
        values,
        np.asarray(tree["default_left"], dtype=np.bool_),
        leaf_values,
    )


def _values(graph: OnnxGraph, margins: str) -> str:
    return graph.cast(margins, np.float64)


def _both_classes(graph: OnnxGraph, margins: str) -> str:
    one = graph.constant(1.0, np.float32)
    odds_against = _rounded_exp(graph, graph.add("Neg", margins))
    higher = graph.cast(graph.add("Div", one, graph.add("Add", odds_against, one)), np.float64)
    return add_both_classes(graph, higher)


def _shares(graph: OnnxGraph, margins: str) -> str:
    axis = graph.constant([1], np.int64)
    largest = graph.add("GatherElements", margins, graph.add("ArgMax", margins, axis=1, keepdims=1), axis=1)
    odds = _rounded_exp(graph, graph.add("Sub", margins, largest))
    total = graph.add("ReduceSum", graph.cast(odds, np.float64), axis, keepdims=1)
    return graph.cast(graph.add("Div", odds, graph.cast(total, np.float32)), np.float64)


def _rounded_exp(graph: OnnxGraph, values: str) -> str:
    """Add an exponential that is exact to the last bit of float32; a runtime's own of float32 is less so."""
    return graph.cast(graph.add("Exp", graph.cast(values, np.float64)), np.float32)
