"""XGBoost's trees, checked after they are read: XGBoost follows their nodes wherever these lead.

1. The booster is one of trees (gbtree), with splits on numbers and leaves of one value, as QLOP trains them.
2. Every tree's nodes lead down, each from one parent, to leaves, and split on features that there are.
3. Every tree belongs to an output that there is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["booster_problem"]

_MOST_OUTPUTS = 10_000
_NO_NODE = -1


def booster_problem(content: bytes) -> str:
    """Return what keeps a booster, as XGBoost's JSON, from being asked safely; empty where nothing does."""
    try:
        learner = json.loads(content)["learner"]
        booster = learner["gradient_booster"]
        if booster["name"] != "gbtree":
            return f"its booster is {booster['name']!r:.40}, not 'gbtree'"
        param = learner["learner_model_param"]
        n_features, n_targets = int(param["num_feature"]), int(param.get("num_target", 1))
        n_outputs = max(1, int(param["num_class"]))
        if n_outputs > _MOST_OUTPUTS or n_targets != 1:
            return f"it has {n_outputs:,} outputs for {n_targets:,} targets"
        return _trees_problem(booster["model"], n_features, n_outputs)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        return f"it is of another form: {type(error).__name__}: {error!s:.100}"


def _trees_problem(model: Mapping[str, Any], n_features: int, n_outputs: int) -> str:
    trees, outputs = model["trees"], np.asarray(model["tree_info"], dtype=np.int64)
    if len(outputs) != len(trees) or ((outputs < 0) | (outputs >= n_outputs)).any():
        return f"its tree_info does not name one of {n_outputs} outputs for each of {len(trees)} trees"
    for number, tree in enumerate(trees):
        problem = _tree_problem(tree, n_features)
        if problem:
            return f"tree {number}: {problem}"
    return ""


def _tree_problem(tree: Mapping[str, Any], n_features: int) -> str:
    if any(tree.get("categories_nodes", ())) or any(tree.get("split_type", ())):
        return "it splits on categories, which QLOP's models do not"
    if int(tree["tree_param"].get("size_leaf_vector", 1)) > 1:
        return "its leaves hold more than one value"
    left, right, feature = (
        np.asarray(tree[name], dtype=np.int64) for name in ("left_children", "right_children", "split_indices")
    )
    if not len(left) or len(left) != len(right) or len(left) != len(feature):
        return "its arrays are not of one length"
    is_split = left != _NO_NODE
    if not np.array_equal(right != _NO_NODE, is_split):
        return "a node has one child"
    if ((feature < 0) | (feature >= n_features))[is_split].any():
        return f"it splits on features other than its {n_features}"
    return "" if _leads_down(left[is_split], right[is_split], len(left), np.flatnonzero(is_split)) else _NO_TREE


_NO_TREE = "its nodes are not those of a tree"


def _leads_down(left: NDArray[np.int64], right: NDArray[np.int64], n_nodes: int, parents: NDArray[np.int_]) -> bool:
    """Whether following children from the root ends, and stays among the nodes that there are."""
    children: dict[int, tuple[int, int]] = dict(
        zip(parents.tolist(), zip(left.tolist(), right.tolist(), strict=True), strict=True)
    )
    seen, waiting = {0}, [0]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if not 0 < child < n_nodes or child in seen:
                return False
            seen.add(child)
            waiting.append(child)
    return True
