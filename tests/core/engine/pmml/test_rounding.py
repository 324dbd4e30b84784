"""The function that PMML files define rounds doubles to single precision, as processors do."""

from __future__ import annotations

import operator
from xml.etree.ElementTree import Element

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.pmml.elements import rounding

FUNCTIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "abs": abs}


def value_of(expression: Element, x: float) -> float:
    """What a reader of PMML makes of an expression of one parameter."""
    if expression.tag == "FieldRef":
        assert expression.attrib["field"] == "x"
        return x
    if expression.tag == "Constant":
        return float(expression.text or "")
    return float(FUNCTIONS[expression.attrib["function"]](*(value_of(part, x) for part in expression)))


def rounded(x: float) -> float:
    _, expression = rounding()
    return value_of(expression, x)


@given(
    x=st.floats(min_value=-1e30, max_value=1e30).filter(lambda x: x == 0.0 or abs(x) > 1e-30),
    ties=st.integers(-(2**25), 2**25),
)
def test_every_double_becomes_its_nearest_single(x: float, ties: int) -> None:
    assert rounded(x) == float(np.float32(x))
    # Halfway between two singles, or nearly so.
    assert rounded(ties + 0.5) == float(np.float32(ties + 0.5))


@pytest.mark.parametrize("x", [0.0, 1.0, -1.0, 1 + 2**-24, 1 + 3 * 2**-24, 2 - 2**-25, 2 - 2**-24, -(2 - 2**-25)])
def test_ties_go_to_even_and_the_next_power_of_two_is_reached(x: float) -> None:
    assert rounded(x) == float(np.float32(x))
