"""Dense arrays of a panel, and positions in them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import DataError
from core.engine.panel import check_panel, panel_arrays

DAYS = pd.date_range("2004-03-01", periods=6, freq="D", tz="UTC", unit="us")


def panel_where(has_bar: np.ndarray, **columns: float) -> pd.DataFrame:
    """A panel with a bar at each true cell of (n_bars, n_assets), its close 100 + 10 bar + asset."""
    bars, assets = np.nonzero(has_bar)
    tickers = np.array(["AAA", "BBB", "CCC", "DDD"])[assets]
    index = pd.MultiIndex.from_arrays([DAYS[bars], tickers], names=["timestamp", "ticker"])
    close = 100.0 + 10.0 * bars + assets
    values = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 7.0, **columns}
    return pd.DataFrame(values, index=index).astype("float64")


def test_each_bar_stands_at_its_timestamp_and_ticker() -> None:
    has_bar = np.array([[True, False], [True, True], [False, True]])
    arrays = panel_arrays(panel_where(has_bar))
    assert arrays.tickers == ("AAA", "BBB")
    assert list(arrays.timestamps) == list(DAYS[:3])
    np.testing.assert_array_equal(arrays.close, [[100.0, np.nan], [110.0, 111.0], [np.nan, 121.0]])
    np.testing.assert_array_equal(arrays.has_bar, has_bar)
    assert arrays.shape == (3, 2)


def test_a_panel_without_events_has_no_dividend_no_split_and_no_rate() -> None:
    arrays = panel_arrays(panel_where(np.ones((2, 2), dtype=bool)))
    assert (arrays.dividend == 0.0).all()
    assert (arrays.split == 1.0).all()
    assert np.isnan(arrays.risk_free_rate_annual).all()


def test_events_and_rates_reach_the_arrays_and_absent_bars_keep_neutral_events() -> None:
    panel = panel_where(np.array([[True, False], [True, True]]), dividend=0.5, split=2.0, risk_free_rate_annual=0.03)
    arrays = panel_arrays(panel)
    np.testing.assert_array_equal(arrays.dividend, [[0.5, 0.0], [0.5, 0.5]])
    np.testing.assert_array_equal(arrays.split, [[2.0, 1.0], [2.0, 2.0]])
    np.testing.assert_array_equal(arrays.risk_free_rate_annual, [0.03, 0.03])


def test_arrays_are_contiguous_float64_and_do_not_share_memory_with_the_panel() -> None:
    panel = panel_where(np.ones((3, 2), dtype=bool))
    arrays = panel_arrays(panel)
    assert arrays.close.flags["C_CONTIGUOUS"]
    assert arrays.close.dtype == np.float64
    arrays.close[0, 0] = -1.0
    assert panel["close"].iloc[0] == 100.0


def test_levels_that_no_row_uses_any_more_leave_no_trace() -> None:
    whole = panel_where(np.ones((4, 3), dtype=bool))
    part = whole[(whole.index.get_level_values("ticker") != "AAA") & (whole.index.get_level_values(0) > DAYS[1])]
    arrays = panel_arrays(part)
    assert arrays.tickers == ("BBB", "CCC")
    assert list(arrays.timestamps) == list(DAYS[2:4])
    assert not np.isnan(arrays.close).any()


@settings(deadline=None, max_examples=50)
@given(cells=st.lists(st.booleans(), min_size=24, max_size=24).filter(any))
def test_locating_a_panels_index_reads_its_own_values_back(cells: list[bool]) -> None:
    panel = panel_where(np.array(cells).reshape(6, 4))
    check_panel(panel, origin="test")
    arrays = panel_arrays(panel)
    np.testing.assert_array_equal(arrays.close[arrays.locate(panel.index)], panel["close"].to_numpy())
    assert int(arrays.has_bar.sum()) == len(panel)


def test_locating_a_part_of_the_index_in_another_order_finds_the_same_cells() -> None:
    panel = panel_where(np.ones((4, 3), dtype=bool))
    arrays = panel_arrays(panel)
    part = panel.iloc[[7, 2, 5]]
    np.testing.assert_array_equal(arrays.close[arrays.locate(part.index)], part["close"].to_numpy())


def test_locating_a_row_that_the_panel_does_not_have_is_refused_and_named() -> None:
    whole = panel_where(np.ones((4, 2), dtype=bool))
    arrays = panel_arrays(whole[whole.index.get_level_values(0) < DAYS[3]])
    with pytest.raises(DataError, match=r"2 of 8 rows are not in the panel, the first AAA at 2004-03-04"):
        arrays.locate(whole.index)
