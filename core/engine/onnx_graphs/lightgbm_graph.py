"""A booster of LightGBM as an ONNX graph, computed in float64 as LightGBM does.

The trees are read from its text format, which holds every bit of thresholds and leaf values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.engine.onnx_graphs.class_scores import add_class_scores
from core.engine.onnx_graphs.onnx_graph import SCORES, OnnxGraph
from core.engine.onnx_graphs.tree_sums import DecisionTree, add_tree_sums

if TYPE_CHECKING:
    import lightgbm
    from numpy.typing import NDArray

__all__ = ["onnx_of_lightgbm"]

_MISSING_IS_ZERO, _DEFAULT_LEFT = 0, 2


def onnx_of_lightgbm(booster: lightgbm.Booster, n_classes: int, opset: int) -> bytes:
    """Return a booster's graph, as `ModelPlugin.to_onnx` describes it.

    Parameters
    ----------
    booster : Booster
        Of numeric features, trained with the objective regression, binary or multiclass.
    n_classes : int
        0 for a regression.
    opset : int
        Of the operators.
    """
    n_outputs = n_classes if n_classes > 2 else 1
    graph = OnnxGraph.begin(booster.num_feature(), opset, "double")
    texts = booster.model_to_string().split("\nTree=")[1:]
    trees = [_tree(_fields(text), number % n_outputs, n_outputs) for number, text in enumerate(texts)]
    scores = add_class_scores(graph, add_tree_sums(graph, trees, "<=", np.float64), n_classes)
    return graph.finished({SCORES: (scores, (None, max(1, n_classes)))})


def _fields(text: str) -> Mapping[str, str]:
    return dict(line.split("=", 1) for line in text.split("\n\n", maxsplit=1)[0].splitlines() if "=" in line)


def _tree(fields: Mapping[str, str], output: int, n_outputs: int) -> DecisionTree:
    """Return a tree: its splits in LightGBM's order, then its leaves; a child below 0 is a leaf, counted from -1."""
    leaves = _numbers(fields["leaf_value"])
    values = np.zeros((len(leaves), n_outputs))
    values[:, output] = leaves
    if len(leaves) == 1:
        return DecisionTree.of_leaf(values[0])
    n_splits = len(leaves) - 1
    kinds, thresholds = _integers(fields["decision_type"]), _numbers(fields["threshold"])
    # A feature without a missing value in training: LightGBM takes one for 0.
    goes_left = np.where(kinds >> 2 == _MISSING_IS_ZERO, thresholds >= 0.0, kinds & _DEFAULT_LEFT > 0)
    padding = np.zeros(len(leaves), dtype=np.int64)
    return DecisionTree(
        _children(fields["left_child"]),
        _children(fields["right_child"]),
        np.concatenate((_integers(fields["split_feature"]), padding)),
        np.concatenate((thresholds, padding)),
        np.concatenate((goes_left, padding)).astype(np.bool_),
        np.concatenate((np.zeros((n_splits, n_outputs)), values)),
    )


def _children(text: str) -> NDArray[np.int64]:
    """Return the children of all nodes: a leaf follows the splits, and has none."""
    children = _integers(text)
    n_splits = len(children)
    own = np.where(children < 0, n_splits - 1 - children, children)
    return np.concatenate((own, np.full(n_splits + 1, -1)))


def _integers(text: str) -> NDArray[np.int64]:
    return np.asarray(text.split(), dtype=np.int64)


def _numbers(text: str) -> NDArray[np.float64]:
    return np.asarray(text.split(), dtype=np.float64)
