"""What follows a model's sums: the probabilities of its classes, or the value, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.engine.onnx_graphs.onnx_graph import OnnxGraph

__all__ = ["add_both_classes", "add_class_scores"]


def add_class_scores(graph: OnnxGraph, margins: str, n_classes: int) -> str:
    """Add probabilities from margins, float64: logistic of one column, softmax of more; values pass as they are.

    Parameters
    ----------
    graph : OnnxGraph
        To add to.
    margins : str
        Shape (rows, 1) where there are up to two classes, else (rows, n_classes).
    n_classes : int
        0 for a regression.
    """
    if n_classes == 2:
        return add_both_classes(graph, graph.add("Sigmoid", margins))
    return graph.add("Softmax", margins, axis=1) if n_classes else margins


def add_both_classes(graph: OnnxGraph, higher: str) -> str:
    """Add the lower class's probability before the higher one's, shape (rows, 1); return both, shape (rows, 2)."""
    return graph.add("Concat", graph.add("Sub", graph.constant(1.0), higher), higher, axis=1)
