from __future__ import annotations

import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.benchmark import buy_and_hold


def bars(dates, close, tickers=None):
    index = pd.MultiIndex.from_arrays(
        [pd.DatetimeIndex(dates, tz="UTC"), tickers or ["IDX"] * len(dates)], names=["timestamp", "ticker"]
    )
    return pd.DataFrame({"close": close}, index=index, dtype=float)


def utc(*dates):
    return pd.DatetimeIndex(dates, tz="UTC")


def test_it_is_bought_at_the_first_close_and_follows_the_closes():
    panel = bars(["2024-01-02", "2024-01-03", "2024-01-04"], [50, 55, 44])
    curve = buy_and_hold(panel, utc("2024-01-02", "2024-01-03", "2024-01-04"), 1000.0)
    assert curve["equity"].tolist() == pytest.approx([1000.0, 1100.0, 880.0])
    assert list(curve.columns) == ["timestamp", "equity"]


def test_dates_without_a_bar_keep_the_last_close_and_other_bars_are_left_out():
    panel = bars(["2024-01-01", "2024-01-03", "2024-01-04"], [50, 75, 100])
    curve = buy_and_hold(panel, utc("2024-01-02", "2024-01-04", "2024-01-08"), 100.0)
    assert curve["equity"].tolist() == pytest.approx([100.0, 200.0, 200.0])


@pytest.mark.parametrize("dates", [("2023-12-29", "2024-01-02"), ("2024-01-02", "2024-01-20")])
def test_dates_that_it_does_not_cover_are_refused(dates):
    with pytest.raises(DataError, match=r"no bar in the seven days.*from 2024-01-01 to 2024-01-03"):
        buy_and_hold(bars(["2024-01-01", "2024-01-03"], [50, 75]), utc(*dates), 100.0)


def test_two_tickers_are_refused():
    panel = bars(["2024-01-01", "2024-01-01"], [50, 75], ["AAA", "BBB"])
    with pytest.raises(DataError, match="2 tickers"):
        buy_and_hold(panel, utc("2024-01-01"), 100.0)
