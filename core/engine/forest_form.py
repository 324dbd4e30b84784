"""A forest from a file, checked before it is asked: scikit-learn's trees trust the nodes that they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["forest_problem"]


def forest_problem(forest: object, *, n_features: int, n_classes: int) -> str:
    """Return what a loaded object lacks of a random forest that can be asked safely; empty where it lacks nothing.

    Parameters
    ----------
    forest : object
        As it was loaded.
    n_features, n_classes : int
        What it must have; no class for a regressor.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    kind = RandomForestClassifier if n_classes else RandomForestRegressor
    if type(forest) is not kind:
        return f"it holds {type(forest).__name__}, not {kind.__name__}"
    trees = getattr(forest, "estimators_", None)
    if not isinstance(trees, list) or not trees or getattr(forest, "n_outputs_", None) != 1:
        return "it is not trained"
    if getattr(forest, "n_features_in_", None) != n_features:
        return f"it has not {n_features} features"
    if n_classes and not np.array_equal(getattr(forest, "classes_", ()), np.arange(n_classes)):
        return f"it has not {n_classes} classes"
    member = DecisionTreeClassifier if n_classes else DecisionTreeRegressor
    for number, tree in enumerate(trees):
        problem = _tree_problem(tree, n_features, max(1, n_classes)) if type(tree) is member else "no decision tree"
        if problem:
            return f"its tree {number} is not one that scikit-learn grew: {problem}"
    return ""


def _tree_problem(estimator: Any, n_features: int, width: int) -> str:  # noqa: ANN401 - a decision tree
    from sklearn.tree._tree import Tree

    tree: Any = getattr(estimator, "tree_", None)
    if not isinstance(tree, Tree) or tree.n_features != n_features or tree.n_outputs != 1:
        return "its features or outputs are others"
    if estimator.n_features_in_ != n_features or estimator.n_outputs_ != 1:
        return "its features or outputs are others"
    if tree.node_count < 1 or tree.value.shape != (tree.node_count, 1, width) or not np.isfinite(tree.value).all():
        return "its values are not finite numbers for every node"
    left, right = np.asarray(tree.children_left), np.asarray(tree.children_right)
    is_split = left >= 0
    if not np.array_equal(right >= 0, is_split) or not _descends(left[is_split], right[is_split], is_split):
        return "its children are not those of a tree"
    feature = np.asarray(tree.feature)[is_split]
    if ((feature < 0) | (feature >= n_features)).any():
        return "it splits on features that there are not"
    return ""


def _descends(left: NDArray[np.int64], right: NDArray[np.int64], is_split: NDArray[np.bool_]) -> bool:
    """Whether every node but the first is the child of one node before it, so that following children ends."""
    parents = np.flatnonzero(is_split)
    both = np.concatenate((left, right))
    is_later = bool((left > parents).all() and (right > parents).all())
    return is_later and np.array_equal(np.sort(both), np.arange(1, len(is_split)))
