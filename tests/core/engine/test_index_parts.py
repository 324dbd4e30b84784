"""Rows in order are found in a whole without a hash table, or not said to be there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.engine.index_parts import is_part_in_order

TIMES = pd.date_range("2024-01-01", periods=4, tz="UTC", unit="us")
WHOLE = pd.MultiIndex.from_product([TIMES, ["A", "B"]], names=["timestamp", "ticker"])


def renewed(rows: pd.MultiIndex) -> pd.MultiIndex:
    """The same rows with levels of their own, as a file gives them back."""
    return pd.MultiIndex.from_tuples(list(rows), names=rows.names)


@pytest.mark.parametrize("rows", [WHOLE, WHOLE[2:5], WHOLE[[0, 3, 7]], renewed(WHOLE[3:6]), renewed(WHOLE[[1, 5]])])
def test_rows_of_the_whole_in_its_order_are_part_of_it(rows: pd.MultiIndex) -> None:
    assert is_part_in_order(rows, WHOLE)
    assert rows.isin(WHOLE).all()


def foreign() -> list[object]:
    of_another_time = pd.MultiIndex.from_tuples([(TIMES[3] + pd.Timedelta("1D"), "A")], names=WHOLE.names)
    of_another_ticker = pd.MultiIndex.from_tuples([(TIMES[1], "C")], names=WHOLE.names)
    without_a_ticker = pd.MultiIndex.from_arrays([TIMES[[1]], [np.nan]], names=WHOLE.names)
    return [of_another_time, of_another_ticker, without_a_ticker, TIMES, WHOLE[:0], WHOLE[[2, 1]], WHOLE[[1, 1]]]


@pytest.mark.parametrize("rows", foreign())
def test_other_rows_rows_out_of_order_and_rows_twice_are_not_said_to_be(rows: pd.Index) -> None:
    assert not is_part_in_order(rows, WHOLE)


def test_a_row_that_a_whole_with_holes_lacks_is_not_part_of_it() -> None:
    assert not is_part_in_order(WHOLE[[3, 4]], WHOLE.delete(4))
    assert is_part_in_order(WHOLE[[3, 5]], WHOLE.delete(4))


def test_a_whole_that_is_out_of_order_is_left_to_others() -> None:
    assert not is_part_in_order(WHOLE[:2], WHOLE[::-1])
