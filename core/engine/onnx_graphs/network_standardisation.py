"""From features to a network's inputs as ONNX nodes, as `Standardisation.apply` computes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.onnx_graphs.onnx_graph import FEATURES

if TYPE_CHECKING:
    from core.engine.onnx_graphs.onnx_graph import OnnxGraph
    from core.engine.torch_training.standardisation import Standardisation

__all__ = ["add_standardisation"]


def add_standardisation(graph: OnnxGraph, standardisation: Standardisation) -> str:
    """Add a network's inputs; return their name.

    Parameters
    ----------
    graph : OnnxGraph
        Its features, float64, of shape (rows, n_features) or (rows, n_bars, n_features).
    standardisation : Standardisation
        Of the training rows.
    """
    is_missing = graph.add("IsNaN", FEATURES)
    filled = graph.add("Where", is_missing, graph.constant(standardisation.medians), FEATURES)
    scales = np.asarray(standardisation.scales)
    counts = scales > 0.0
    centred = graph.add("Sub", filled, graph.constant(standardisation.means))
    scaled = graph.add("Div", centred, graph.constant(np.where(counts, scales, 1.0)))
    inputs = graph.add("Where", graph.constant(counts, np.bool_), scaled, graph.constant(0.0))
    if not standardisation.indicated:
        return inputs
    indicated = graph.constant(standardisation.indicated, np.int64)
    own = graph.cast(graph.add("Gather", is_missing, indicated, axis=-1), np.float64)
    return graph.add("Concat", inputs, own, axis=-1)
