"""A question on a value in single precision becomes one on the double, exactly."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.pmml.score_model import bound_of_single

singles = st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-(2.0**99), max_value=2.0**99)
doubles = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30)


def goes_left(value: float, bound: float, *, equal_goes_left: bool) -> bool:
    return value <= bound if equal_goes_left else value < bound


@given(threshold=doubles | singles, equal_goes_left=st.booleans(), step=st.integers(-3, 3), share=st.floats(0.0, 1.0))
def test_doubles_near_a_threshold_go_where_their_rounded_value_goes(
    threshold: float, equal_goes_left: bool, step: int, share: float
) -> None:
    single = np.float32(threshold)
    for _ in range(abs(step)):
        single = np.nextafter(single, np.float32(np.copysign(np.inf, step)))
    above = float(np.nextafter(single, np.float32(np.inf)))
    bound, takes_equal = bound_of_single(threshold, equal_goes_left=equal_goes_left)
    halfway = (float(single) + above) / 2.0
    for value in (float(single), halfway, float(single) + share * (above - float(single)), threshold, bound):
        rounded = float(np.float32(value))
        expected = goes_left(rounded, threshold, equal_goes_left=equal_goes_left)
        assert goes_left(value, bound, equal_goes_left=takes_equal) == expected


def test_a_tenth_goes_right_of_its_own_single_although_it_is_smaller() -> None:
    threshold = float(np.float32(0.1))
    assert threshold > 0.1
    bound, takes_equal = bound_of_single(threshold, equal_goes_left=False)
    assert not goes_left(0.1, bound, equal_goes_left=takes_equal)


@pytest.mark.parametrize(("threshold", "all_go_left"), [(np.inf, True), (-np.inf, False)])
def test_an_infinite_threshold_sends_all_known_values_to_one_side(threshold: float, all_go_left: bool) -> None:
    bound, takes_equal = bound_of_single(threshold, equal_goes_left=True)
    for value in (-sys.float_info.max, 0.0, sys.float_info.max):
        assert goes_left(value, bound, equal_goes_left=takes_equal) == all_go_left
