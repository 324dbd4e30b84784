"""A random forest of scikit-learn as an ONNX graph: features in float32, thresholds and averages in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.onnx_graphs.class_scores import add_both_classes
from core.engine.onnx_graphs.onnx_graph import FEATURES, SCORES, OnnxGraph
from core.engine.onnx_graphs.tree_sums import DecisionTree, add_tree_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.tree._tree import Tree

__all__ = ["onnx_of_forest"]


def onnx_of_forest(forest: RandomForestClassifier | RandomForestRegressor, opset: int) -> bytes:
    """Return a forest's graph, as `ModelPlugin.to_onnx` describes it.

    Parameters
    ----------
    forest : RandomForestClassifier or RandomForestRegressor
        Trained, of one output.
    opset : int
        Of the operators.
    """
    n_classes = len(getattr(forest, "classes_", ()))
    graph = OnnxGraph.begin(forest.n_features_in_, opset, "float")
    trees = [_tree(estimator.tree_, n_classes) for estimator in forest.estimators_]
    # scikit-learn compares features of float32 with thresholds of float64.
    total = add_tree_sums(graph, trees, "<=", np.float64, features=graph.cast(FEATURES, np.float64))
    scores = graph.add("Div", total, graph.constant(float(len(trees))))
    if n_classes == 2:
        scores = add_both_classes(graph, scores)
    return graph.finished({SCORES: (scores, (None, max(1, n_classes)))})


def _tree(tree: Tree, n_classes: int) -> DecisionTree:
    shares: NDArray[np.float64] = np.asarray(tree.value)[:, 0, :]
    return DecisionTree(
        np.asarray(tree.children_left, dtype=np.int64),
        np.asarray(tree.children_right, dtype=np.int64),
        np.asarray(tree.feature, dtype=np.int64).clip(min=0),
        np.asarray(tree.threshold, dtype=np.float64),
        np.asarray(tree.missing_go_to_left, dtype=np.bool_),
        shares[:, 1:] if n_classes == 2 else shares,
    )
