from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import qlop
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engine.own_bars import own_bars, per_ticker


def ragged(seed: int, n_bars: int = 30, n_tickers: int = 4) -> pd.DataFrame:
    """A panel of which a third of the bars are absent, at random."""
    rng = np.random.default_rng(seed)
    timestamps = pd.bdate_range("2024-01-01", periods=n_bars, tz="UTC").as_unit("us")
    index = pd.MultiIndex.from_product([timestamps, [f"T{i}" for i in range(n_tickers)]], names=["timestamp", "ticker"])
    frame = pd.DataFrame({"close": rng.uniform(1.0, 9.0, len(index))}, index=index)
    return frame[rng.uniform(size=len(index)) < 0.66]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_each_column_holds_one_tickers_bars_from_the_top(seed):
    panel = ragged(seed)
    bars = own_bars(panel)
    wide = bars.wide(panel["close"])
    for column, ticker in enumerate(bars.tickers):
        values = panel["close"].xs(ticker, level="ticker")
        np.testing.assert_array_equal(wide[: len(values), column], values)
        assert np.isnan(wide[len(values) :, column]).all()
        positions = bars.position[:, column]
        assert bars.timestamps[positions[: len(values)]].equals(values.index)
        assert (positions[len(values) :] == -1).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_goes_wide_comes_back(seed):
    panel = ragged(seed)
    bars = own_bars(panel)
    pd.testing.assert_frame_equal(bars.frame({"close": bars.wide(panel["close"])}), panel, check_exact=True)


def test_a_slice_of_a_panel_is_laid_out_by_what_it_holds():
    panel = ragged(1)
    part = panel[panel.index.get_level_values("ticker") != "T1"].iloc[5:40]
    assert own_bars(part).tickers == ("T0", "T2", "T3")
    assert own_bars(part).timestamps.equals(part.index.unique(level="timestamp"))


def test_per_ticker_equals_a_groupby():
    panel = ragged(2)
    expected = panel.groupby(level="ticker")["close"].transform(lambda c: c.rolling(3).mean())
    found = per_ticker(panel, lambda rows: rows["close"].rolling(3).mean())
    pd.testing.assert_series_equal(found, expected)
    frame = per_ticker(panel, lambda rows: rows[["close"]].rolling(3).mean())
    pd.testing.assert_series_equal(frame["close"], expected)


def test_per_ticker_hands_over_one_tickers_bars_by_timestamp():
    panel = ragged(3)
    seen = []
    per_ticker(panel, lambda rows: seen.append(rows) or rows["close"])
    assert [list(rows["close"]) for rows in seen] == [list(rows["close"]) for _, rows in panel.groupby(level="ticker")]
    assert all(rows.index.name == "timestamp" and rows.index.is_monotonic_increasing for rows in seen)


def test_a_result_on_another_index_is_refused_by_ticker():
    with pytest.raises(qlop.DataError, match="per_ticker: the result for T0 has"):
        per_ticker(ragged(4), lambda rows: rows["close"].iloc[1:])


def test_rows_out_of_order_are_refused():
    with pytest.raises(qlop.DataError, match="rows are not sorted"):
        own_bars(ragged(5).iloc[::-1])
