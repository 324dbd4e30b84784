"""Sums of decision trees as ONNX nodes, to the bit as the library adds them up.

1. All trees go into one TreeEnsembleRegressor; a missing value takes the branch that training gave it.
2. float32 sums begin with the base score as a tree of one leaf: the library begins with it too, and float sums depend
   on their order.
3. The operator gives float32 out. A float64 sum is therefore carried in two: multiples of a grid so coarse that their
   sum has no rounding, and what remains of each leaf; the two are added in float64 behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.engine.onnx_graphs.onnx_graph import FEATURES

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from core.engine.onnx_graphs.onnx_graph import OnnxGraph

__all__ = ["DecisionTree", "add_tree_sums"]

_FLOAT32_BITS = 24


@dataclass(frozen=True, eq=False)
class DecisionTree:
    """The nodes of a tree, each an entry of every array; node 0 is the root.

    Attributes
    ----------
    left, right : ndarray of int, shape (n_nodes,)
        The children of a node; -1 at a leaf.
    feature : ndarray of int, shape (n_nodes,)
        Which feature a node looks at.
    threshold : ndarray, shape (n_nodes,)
        float32 or float64, as the model's features are.
    missing_left : ndarray of bool, shape (n_nodes,)
        Whether a missing value goes left.
    leaf_values : ndarray, shape (n_nodes, n_outputs)
        What a leaf adds to each output.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.floating]
    missing_left: NDArray[np.bool_]
    leaf_values: NDArray[np.floating]

    @classmethod
    def of_leaf(cls, values: ArrayLike) -> DecisionTree:
        """Return a tree that adds the same to every row."""
        leaf = np.asarray(values)[None, :]
        none, nowhere = np.zeros(1, np.int64), np.full(1, -1)
        return cls(nowhere, nowhere, none, np.zeros(1, leaf.dtype), np.zeros(1, np.bool_), leaf)


def add_tree_sums(
    graph: OnnxGraph,
    trees: Sequence[DecisionTree],
    branch: Literal["<", "<="],
    dtype: type[np.float32 | np.float64],
    features: str = FEATURES,
) -> str:
    """Add the sums of `trees` over the features, shape (rows, n_outputs); return their name.

    Parameters
    ----------
    graph : OnnxGraph
        Its features have the type `dtype`.
    trees : sequence of DecisionTree
        In the order in which the library adds them up.
    branch : str
        How a feature and a threshold compare where a row goes left.
    dtype : type
        In which the library adds leaf values up, and the sums come out.
    features : str
        What the trees look at.
    """
    n_outputs = trees[0].leaf_values.shape[1]
    if dtype is np.float32:
        return _add_ensemble(graph, trees, [tree.leaf_values for tree in trees], branch, dtype, features)
    coarse, fine = _in_two_parts(trees)
    leaf_values = [np.concatenate(pair, axis=1) for pair in zip(coarse, fine, strict=True)]
    both = graph.cast(_add_ensemble(graph, trees, leaf_values, branch, dtype, features), np.float64)
    parts = [graph.constant(np.arange(n_outputs) + first, np.int64) for first in (0, n_outputs)]
    return graph.add("Add", *(graph.add("Gather", both, part, axis=1) for part in parts))


def _in_two_parts(trees: Sequence[DecisionTree]) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    largest_sum = sum(float(np.abs(tree.leaf_values).max()) for tree in trees)
    grid = 2.0 ** (np.ceil(np.log2(largest_sum or 1.0)) + 1 - _FLOAT32_BITS)
    coarse = [np.round(tree.leaf_values / grid) * grid for tree in trees]
    return coarse, [tree.leaf_values - part for tree, part in zip(trees, coarse, strict=True)]


def _add_ensemble(
    graph: OnnxGraph,
    trees: Sequence[DecisionTree],
    leaf_values: Sequence[NDArray[np.floating]],
    branch: Literal["<", "<="],
    dtype: type[np.floating],
    features: str,
) -> str:
    from onnx import numpy_helper

    sizes = [len(tree.left) for tree in trees]
    left = np.concatenate([tree.left for tree in trees])
    is_leaf = left < 0
    leaf_trees, leaf_nodes = _numbered(sizes, is_leaf)
    weights = np.concatenate(leaf_values).astype(dtype)[is_leaf]
    n_outputs = weights.shape[1]
    attributes: dict[str, object] = {
        "n_targets": n_outputs,
        "nodes_treeids": np.repeat(np.arange(len(trees)), sizes).tolist(),
        "nodes_nodeids": _counted(sizes).tolist(),
        "nodes_modes": np.where(is_leaf, "LEAF", "BRANCH_LT" if branch == "<" else "BRANCH_LEQ").tolist(),
        "nodes_featureids": _joined(tree.feature for tree in trees),
        "nodes_truenodeids": np.where(is_leaf, 0, left).tolist(),
        "nodes_falsenodeids": np.where(is_leaf, 0, np.concatenate([tree.right for tree in trees])).tolist(),
        "nodes_missing_value_tracks_true": _joined(tree.missing_left.astype(np.int64) for tree in trees),
        "target_treeids": np.repeat(leaf_trees, n_outputs).tolist(),
        "target_nodeids": np.repeat(leaf_nodes, n_outputs).tolist(),
        "target_ids": np.tile(np.arange(n_outputs), len(leaf_trees)).tolist(),
    }
    thresholds = np.concatenate([tree.threshold for tree in trees]).astype(dtype)
    if dtype is np.float32:
        attributes |= {"nodes_values": thresholds.tolist(), "target_weights": weights.ravel().tolist()}
    else:
        attributes["nodes_values_as_tensor"] = numpy_helper.from_array(thresholds, "thresholds")
        attributes["target_weights_as_tensor"] = numpy_helper.from_array(weights.ravel(), "leaf_values")
    return graph.add("TreeEnsembleRegressor", features, **attributes)


def _counted(sizes: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([np.arange(size) for size in sizes])


def _numbered(sizes: Sequence[int], chosen: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the trees and the nodes of the chosen entries."""
    return np.repeat(np.arange(len(sizes)), sizes)[chosen], _counted(sizes)[chosen]


def _joined(parts: Iterable[NDArray[np.int64]]) -> list[int]:
    joined: list[int] = np.concatenate(list(parts)).tolist()
    return joined
