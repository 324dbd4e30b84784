"""Rows become a panel, or are refused with where they came from."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import DataError
from core.engine.bar_interval import refuse_other_interval
from core.engine.panel_from_rows import panel_from_rows


def rows_of(*bars: tuple[str, str]) -> pd.DataFrame:
    """Rows (day, ticker), each with prices of its own."""
    days = pd.to_datetime([day for day, _ in bars], utc=True).as_unit("us")
    close = pd.Series(range(10, 10 + len(bars)), dtype="float64")
    table = pd.DataFrame({"timestamp": days, "ticker": [ticker for _, ticker in bars]}).astype({"ticker": "str"})
    return table.assign(open=close, high=close, low=close, close=close, volume=1.0)


def panel_of(rows: pd.DataFrame, start: date | None = None, end: date | None = None) -> pd.DataFrame:
    return panel_from_rows(
        rows, origin="all.csv", origin_of_row=lambda row: f"all.csv, line {row + 2}", start=start, end=end
    )


def test_one_ticker_after_the_other_is_arranged_by_time() -> None:
    panel = panel_of(rows_of(("2004-03-01", "B"), ("2004-03-02", "B"), ("2004-03-01", "A"), ("2004-03-02", "A")))
    assert [(str(day.date()), ticker) for day, ticker in panel.index] == [
        ("2004-03-01", "A"),
        ("2004-03-01", "B"),
        ("2004-03-02", "A"),
        ("2004-03-02", "B"),
    ]
    assert panel["close"].tolist() == [12.0, 10.0, 13.0, 11.0]


@settings(deadline=None, max_examples=60)
@given(order=st.permutations([("A", 1), ("A", 2), ("A", 3), ("B", 1), ("B", 2), ("C", 3)]))
def test_any_order_passes_in_which_each_ticker_goes_from_old_to_new(order: list[tuple[str, int]]) -> None:
    rows = rows_of(*[(f"2004-03-0{day}", ticker) for ticker, day in order])
    own = {ticker: [day for each, day in order if each == ticker] for ticker in "ABC"}
    if all(days == sorted(days) for days in own.values()):
        assert len(panel_of(rows)) == 6
    else:
        with pytest.raises(DataError, match="a ticker's rows go from old to new"):
            panel_of(rows)


def test_a_row_out_of_order_is_named_with_its_line() -> None:
    rows = rows_of(("2004-03-02", "A"), ("2004-03-09", "B"), ("2004-03-01", "A"))
    with pytest.raises(DataError, match=r"^all\.csv, line 4: A at 2004-03-01 follows its bar of 2004-03-02"):
        panel_of(rows)


def test_a_row_that_appears_twice_is_named_with_both_lines() -> None:
    rows = rows_of(("2004-03-01", "A"), ("2004-03-01", "B"), ("2004-03-01", "A"))
    with pytest.raises(DataError, match=r"^all\.csv, line 4: A at 2004-03-01 appears twice, first in all\.csv, line 2"):
        panel_of(rows)


def test_a_fault_is_named_with_the_line_it_had_before_the_rows_were_arranged_and_cut() -> None:
    rows = rows_of(("2004-03-01", "B"), ("2004-03-02", "B"), ("2004-03-01", "A"), ("2004-03-02", "A"))
    rows.loc[3, "low"] = 99.0
    with pytest.raises(DataError, match=r"^all\.csv, line 5: high of A at 2004-03-02"):
        panel_of(rows, start=date(2004, 3, 2))


def test_dates_are_cut_at_both_ends_and_none_left_is_refused() -> None:
    rows = rows_of(*[(f"2004-03-0{day}", "A") for day in range(1, 8)])
    assert len(panel_of(rows, date(2004, 3, 3), date(2004, 3, 5))) == 3
    with pytest.raises(DataError, match=r"no bar lies in 2005-01-01 to the last bar; the data go from 2004-03-01 to"):
        panel_of(rows, start=date(2005, 1, 1))


@pytest.mark.parametrize(("column", "lacks"), [("ticker", "ticker"), ("timestamp", "time")])
@pytest.mark.parametrize("kind", ["str", "category"])
def test_a_row_without_a_ticker_or_a_time_is_no_other_tickers(column: str, lacks: str, kind: str) -> None:
    rows = rows_of(("2004-03-01", "A"), ("2004-03-01", "B"), ("2004-03-02", "A")).astype({"ticker": kind})
    rows.loc[2, column] = None
    with pytest.raises(DataError, match=rf"^all\.csv, line 4: the row has no {lacks}"):
        panel_of(rows)
    with pytest.raises(DataError, match=rf"^all\.csv, row 3: the row has no {lacks}"):
        refuse_other_interval(rows, "1d", origin="all.csv")


def test_no_rows_are_refused() -> None:
    with pytest.raises(DataError, match=r"all\.csv: there are no rows"):
        panel_of(pd.DataFrame())


def test_tickers_that_share_no_day_are_arranged_too() -> None:
    """Their table of days and tickers would be mostly empty."""
    days = pd.bdate_range("2004-03-01", periods=40).strftime("%Y-%m-%d")
    bars = [(day, f"T{number:02d}") for number, day in enumerate(days)]
    panel = panel_of(rows_of(*reversed(bars)))
    assert [(str(day.date()), ticker) for day, ticker in panel.index] == bars
    assert panel["close"].tolist() == [float(49 - number) for number in range(40)]
    with pytest.raises(DataError, match=r"line 42: T39 at 2004-04-23 appears twice, first in all\.csv, line 41"):
        panel_of(rows_of(*bars, bars[-1]))


def test_tickers_as_categories_give_the_same_panel() -> None:
    rows = rows_of(("2004-03-01", "B"), ("2004-03-02", "B"), ("2004-03-01", "A"))
    as_categories = rows.astype({"ticker": pd.CategoricalDtype(["B", "unused", "A"])})
    pd.testing.assert_frame_equal(panel_of(as_categories), panel_of(rows), check_exact=True)
