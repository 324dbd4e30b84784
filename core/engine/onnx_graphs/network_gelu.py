"""The error function and GELU in float64, of which onnxruntime has no operator, as nodes that it has.

1. (1 + 2x) exp(x^2) erfc(x) is smooth in t = (x - 3.75) / (x + 3.75) for all x from 0 to infinity: a polynomial of the
   degree 20 gives it (Shepherd and Laframboise 1981, Chebyshev approximation of (1+2x)exp(x^2)erfc x in 0<=x<oo).
2. erf(x) = sign(x) (1 - erfc(|x|)), within 4e-15 of the function.
3. GELU(x) = x / 2 (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel 2016), as PyTorch computes it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.engine.onnx_graphs.onnx_graph import OnnxGraph

__all__ = ["add_erf", "add_gelu"]

_MIDDLE = 3.75
_DEGREE = 20


def add_gelu(graph: OnnxGraph, values: str) -> str:
    """Add GELU of float64 values; return its name."""
    share = add_erf(graph, graph.add("Mul", values, graph.constant(np.sqrt(0.5))))
    half = graph.add("Mul", values, graph.constant(0.5))
    return graph.add("Mul", half, graph.add("Add", share, graph.constant(1.0)))


def add_erf(graph: OnnxGraph, values: str) -> str:
    """Add the error function of float64 values, of any shape; return its name."""
    size = graph.add("Abs", values)
    middle = graph.constant(_MIDDLE)
    place = graph.add("Div", graph.add("Sub", size, middle), graph.add("Add", size, middle))
    first, *others = _coefficients()[::-1]
    scaled = graph.constant(first)
    for coefficient in others:
        scaled = graph.add("Add", graph.add("Mul", scaled, place), graph.constant(coefficient))
    decay = graph.add("Exp", graph.add("Neg", graph.add("Mul", size, size)))
    slope = graph.add("Add", graph.add("Add", size, size), graph.constant(1.0))
    rest = graph.add("Div", graph.add("Mul", decay, scaled), slope)
    return graph.add("Mul", graph.add("Sign", values), graph.add("Sub", graph.constant(1.0), rest))


@lru_cache(maxsize=1)
def _coefficients() -> NDArray[np.float64]:
    """Return the polynomial's coefficients, from the lowest power."""
    from numpy.polynomial import chebyshev
    from scipy.special import erfcx

    places = chebyshev.chebpts1(_DEGREE + 1)
    x = _MIDDLE * (1.0 + places) / (1.0 - places)
    series = chebyshev.chebfit(places, (1.0 + 2.0 * x) * erfcx(x), _DEGREE)
    return np.asarray(chebyshev.cheb2poly(series), dtype=np.float64)
