"""Which bars a panel holds and which it lacks, counted by hand."""

import pandas as pd
import pytest

from core.engine.coverage import coverage_by_ticker, gap_runs
from core.engine.session_gaps import session_gaps

DAYS = pd.date_range("2024-01-01", periods=8, freq="D", tz="UTC", unit="us")


def panel_with(bars: dict[str, str]) -> pd.DataFrame:
    """One letter a day: x is a bar, a dot is none."""
    rows = [(day, ticker) for ticker, held in bars.items() for day, mark in zip(DAYS, held, strict=True) if mark == "x"]
    index = pd.MultiIndex.from_tuples(rows, names=["timestamp", "ticker"])
    panel = pd.DataFrame(10.0, index=index, columns=["open", "high", "low", "close", "volume"])
    return panel.sort_index()


def test_what_is_missing_is_counted_between_the_first_and_the_last_bar_alone():
    table = coverage_by_ticker(panel_with({"AAA": "xxxxxxxx", "BBB": ".x..xx.."})).set_index("ticker")
    assert table.loc["AAA", ["n_bars", "n_sessions", "n_missing"]].tolist() == [8, 8, 0]
    assert table.loc["BBB", ["n_bars", "n_sessions", "n_missing"]].tolist() == [3, 5, 2]
    assert table.loc["BBB", "missing_share"] == pytest.approx(2 / 5)
    assert table.loc["BBB", "first_bar"] == DAYS[1]
    assert table.loc["BBB", "last_bar"] == DAYS[5]


def test_sessions_missing_in_a_row_are_one_gap():
    gaps = gap_runs(panel_with({"AAA": "xxxxxxxx", "BBB": "x..x.xxx", "CCC": "x......x"}))
    assert gaps["ticker"].tolist() == ["BBB", "BBB", "CCC"]
    assert gaps["first_missing"].tolist() == [DAYS[1], DAYS[4], DAYS[1]]
    assert gaps["last_missing"].tolist() == [DAYS[2], DAYS[4], DAYS[6]]
    assert gaps["n_bars"].tolist() == [2, 1, 6]


def test_gaps_of_two_tickers_that_touch_stay_two():
    gaps = gap_runs(panel_with({"AAA": "x..xxxxx", "BBB": "xxx..xxx"}))
    assert gaps["n_bars"].tolist() == [2, 2]


def test_gaps_hold_as_many_bars_as_single_gaps_are_listed():
    panel = panel_with({"AAA": "xxxxxxxx", "BBB": "x.x..x.x"})
    assert gap_runs(panel)["n_bars"].sum() == len(session_gaps(panel)) == coverage_by_ticker(panel)["n_missing"].sum()


def test_a_full_panel_has_no_gap_and_keeps_the_columns():
    gaps = gap_runs(panel_with({"AAA": "xxxxxxxx"}))
    assert gaps.empty
    assert list(gaps.columns) == ["ticker", "first_missing", "last_missing", "n_bars"]
