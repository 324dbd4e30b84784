"""scikit-learn's linear models and random forests as scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.base.errors import ExportError
from core.engine.pmml.score_model import Leaf, LinearScore, Link, ScoreModel, Split, Tree, TreeScore, bound_of_single

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.pipeline import Pipeline

__all__ = ["read_forest", "read_linear"]


def read_linear(pipeline: Pipeline) -> ScoreModel:
    """Return a pipeline of median imputation, standardisation and a linear or logistic regression as scores.

    Raises
    ------
    ExportError
        If it has other steps.
    """
    kinds = [type(step).__name__ for _, step in pipeline.steps]
    if kinds not in (["SimpleImputer", "StandardScaler", kind] for kind in ("Ridge", "LogisticRegression")):
        raise ExportError(
            f"PMML: a pipeline of {' - '.join(kinds)} cannot be written; what can is SimpleImputer - StandardScaler - "
            "Ridge or LogisticRegression. Use native or bundle."
        )
    imputer, scaler, regression = (step for _, step in pipeline.steps)
    columns = [tuple(map(float, values)) for values in (imputer.statistics_, scaler.mean_, scaler.scale_)]
    rows = np.atleast_2d(regression.coef_)
    intercepts = np.broadcast_to(np.atleast_1d(regression.intercept_), len(rows))
    scores = tuple(
        LinearScore(tuple(map(float, row)), float(intercept), *columns)
        for row, intercept in zip(rows, intercepts, strict=True)
    )
    link: Link = "value" if kinds[-1] == "Ridge" else "logistic" if len(scores) == 1 else "softmax"
    return ScoreModel(scores, link)


def read_forest(forest: RandomForestClassifier | RandomForestRegressor) -> ScoreModel:
    """Return a random forest as means of its trees: of the value, or of each class's share in the leaves."""
    trees = [estimator.tree_ for estimator in forest.estimators_]
    if not hasattr(forest, "classes_"):
        return ScoreModel((_mean(trees, [tree.value[:, 0, 0] for tree in trees]),), "value")
    shares = [tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True) for tree in trees]
    n_classes = shares[0].shape[1]
    # Of two classes the second says all.
    which = [1] if n_classes == 2 else range(n_classes)
    return ScoreModel(tuple(_mean(trees, [share[:, k] for share in shares]) for k in which), "probability")


def _mean(trees: list[Any], values: list[NDArray[np.float64]]) -> TreeScore:
    grown = tuple(_tree(tree, value, 0) for tree, value in zip(trees, values, strict=True))
    return TreeScore(grown, is_mean=True)


def _tree(tree: Any, values: NDArray[np.float64], node: int) -> Tree:  # noqa: ANN401 - scikit-learn's own, untyped
    if tree.children_left[node] == -1:
        return Leaf(float(values[node]))
    # scikit-learn rounds features to single precision, and compares them with a double.
    bound, equal_goes_left = bound_of_single(float(tree.threshold[node]), equal_goes_left=True)
    return Split(
        feature=int(tree.feature[node]),
        threshold=bound,
        equal_goes_left=equal_goes_left,
        missing_goes_left=bool(tree.missing_go_to_left[node]),
        left=_tree(tree, values, int(tree.children_left[node])),
        right=_tree(tree, values, int(tree.children_right[node])),
    )
