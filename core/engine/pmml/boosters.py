"""Boosters of XGBoost and LightGBM as sums of trees."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from core.base.errors import ExportError
from core.engine.pmml.score_model import Leaf, Link, ScoreModel, Split, Tree, TreeScore, bound_of_single

if TYPE_CHECKING:
    import lightgbm
    import xgboost

__all__ = ["read_lightgbm", "read_xgboost"]

_XGBOOST_LINKS: dict[str, Link] = {
    "reg:squarederror": "value",
    "binary:logistic": "logistic",
    "multi:softprob": "softmax",
}
_LIGHTGBM_LINKS: dict[str, Link] = {"regression": "value", "binary": "logistic", "multiclass": "softmax"}


def read_xgboost(booster: xgboost.Booster) -> ScoreModel:
    """Return an XGBoost booster of plain trees as sums.

    Raises
    ------
    ExportError
        If its objective or its kind of booster is not one that can be written.
    """
    learner = json.loads(booster.save_raw("json"))["learner"]
    objective, kind = learner["objective"]["name"], learner["gradient_booster"]["name"]
    if objective not in _XGBOOST_LINKS or kind != "gbtree":
        raise _refused(f"XGBoost's {kind} with objective {objective}", sorted(_XGBOOST_LINKS))
    model, link = learner["gradient_booster"]["model"], _XGBOOST_LINKS[objective]
    trees = [_xgboost_tree(raw, 0) for raw in model["trees"]]
    n_scores = max(1, int(learner["learner_model_param"]["num_class"]))
    bases = _xgboost_bases(learner["learner_model_param"]["base_score"], n_scores, link)
    return ScoreModel(_by_score(trees, model["tree_info"], bases, is_single=True), link, is_single=True)


def read_lightgbm(booster: lightgbm.Booster) -> ScoreModel:
    """Return a LightGBM booster as sums.

    Raises
    ------
    ExportError
        If its objective, its kind of booster or a split is not one that can be written.
    """
    dumped = booster.dump_model()
    objective, *settings = str(dumped.get("objective", "")).split()
    if objective not in _LIGHTGBM_LINKS:
        raise _refused(f"LightGBM's objective {objective!r}", sorted(_LIGHTGBM_LINKS))
    sigmoid = next((float(text.removeprefix("sigmoid:")) for text in settings if text.startswith("sigmoid:")), 1.0)
    trees = [_lightgbm_tree(raw["tree_structure"], sigmoid) for raw in dumped["tree_info"]]
    n_scores = int(dumped["num_tree_per_iteration"])
    which = [position % n_scores for position in range(len(trees))]
    scores = _by_score(trees, which, [0.0] * n_scores, is_mean=bool(dumped.get("average_output", False)))
    return ScoreModel(scores, _LIGHTGBM_LINKS[objective])


def _by_score(
    trees: list[Tree], which: list[int], bases: list[float], *, is_mean: bool = False, is_single: bool = False
) -> tuple[TreeScore, ...]:
    return tuple(
        TreeScore(tuple(tree for tree, of in zip(trees, which, strict=True) if of == score), base, is_mean, is_single)
        for score, base in enumerate(bases)
    )


def _xgboost_bases(written: Any, n_scores: int, link: Link) -> list[float]:  # noqa: ANN401 - XGBoost's own
    """Return the base of each score; of a logistic link XGBoost writes it as a probability."""
    found = np.broadcast_to(np.asarray(json.loads(str(written)), dtype=np.float32), n_scores)
    bases = -np.log(np.float32(1.0) / found - np.float32(1.0)) if link == "logistic" else found
    return [float(base) for base in bases]


def _xgboost_tree(raw: dict[str, Any], node: int) -> Tree:
    if raw["left_children"][node] == -1:
        return Leaf(float(np.float32(raw["split_conditions"][node])))
    if raw["split_type"][node] != 0:
        raise _refused("an XGBoost tree with a split on categories", ["splits on numbers"])
    bound, equal_goes_left = bound_of_single(float(np.float32(raw["split_conditions"][node])), equal_goes_left=False)
    return Split(
        feature=int(raw["split_indices"][node]),
        threshold=bound,
        equal_goes_left=equal_goes_left,
        missing_goes_left=bool(raw["default_left"][node]),
        left=_xgboost_tree(raw, raw["left_children"][node]),
        right=_xgboost_tree(raw, raw["right_children"][node]),
    )


def _lightgbm_tree(raw: dict[str, Any], factor: float) -> Tree:
    if "leaf_value" in raw:
        return Leaf(factor * float(raw["leaf_value"]))
    if raw["decision_type"] != "<=" or raw["missing_type"] not in {"NaN", "None"}:
        found = f"a LightGBM tree with a split {raw['decision_type']!r} and missing values as {raw['missing_type']!r}"
        raise _refused(found, ["splits '<='", "missing values as NaN"])
    threshold = float(raw["threshold"])
    # Without a branch for missing values LightGBM reads NaN as 0.
    missing_goes_left = bool(raw["default_left"]) if raw["missing_type"] == "NaN" else threshold >= 0.0
    return Split(
        feature=int(raw["split_feature"]),
        threshold=threshold,
        equal_goes_left=True,
        missing_goes_left=missing_goes_left,
        left=_lightgbm_tree(raw["left_child"], factor),
        right=_lightgbm_tree(raw["right_child"], factor),
    )


def _refused(found: str, allowed: list[str]) -> ExportError:
    return ExportError(f"PMML: {found} cannot be written; what can is: {', '.join(allowed)}. Use native or bundle.")
