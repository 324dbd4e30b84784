"""What the door refuses, and how the refusal reads."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import DataError
from core.engine.panel import check_panel
from core.engine.panel_checks import RANGE_TOLERANCE

PRICES = ["open", "high", "low", "close"]


def good_panel() -> pd.DataFrame:
    days = pd.date_range("2004-03-01", periods=3, freq="D", tz="UTC", unit="us")
    index = pd.MultiIndex.from_product([days, ["AAPL", "IBM"]], names=["timestamp", "ticker"])
    close = np.array([10.0, 20.0, 11.0, 21.0, 12.0, 22.0])
    columns = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 100.0}
    extra = {"adjusted_close": close, "dividend": 0.0, "split": 1.0, "risk_free_rate_annual": 0.02}
    return pd.DataFrame({**columns, **extra}, index=index).astype("float64")


def with_value(column: str, row: int, value: float) -> pd.DataFrame:
    panel = good_panel()
    panel.iloc[row, panel.columns.get_loc(column)] = value
    return panel


def refusal(panel: pd.DataFrame) -> str:
    with pytest.raises(DataError) as caught:
        check_panel(panel, origin="prices.csv")
    return str(caught.value)


def test_a_good_panel_passes_and_is_left_as_it_was() -> None:
    panel = good_panel()
    check_panel(panel, origin="prices.csv")
    pd.testing.assert_frame_equal(panel, good_panel())


@pytest.mark.parametrize("column", [*PRICES, "adjusted_close", "split"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, -1.0])
def test_a_price_or_split_that_is_not_finite_and_above_zero_is_refused_with_its_place(
    column: str, value: float
) -> None:
    message = refusal(with_value(column, 3, value))
    assert message.startswith(
        f"prices.csv: {column} of IBM at 2004-03-02 is {value}; it must be a finite number above 0"
    )


@pytest.mark.parametrize("column", ["volume", "dividend"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_a_volume_or_dividend_below_zero_or_not_finite_is_refused(column: str, value: float) -> None:
    message = refusal(with_value(column, 2, value))
    assert f"{column} of AAPL at 2004-03-02 is {value}; it must be a finite number of at least 0" in message


@pytest.mark.parametrize("value", [np.nan, -1.0, 5.25])
def test_a_rate_that_is_missing_or_in_percent_is_refused(value: float) -> None:
    panel = good_panel().assign(risk_free_rate_annual=value)
    assert "such as 0.05 for 5 %" in refusal(panel)


def test_tickers_of_a_bar_with_different_rates_are_refused() -> None:
    message = refusal(with_value("risk_free_rate_annual", 3, 0.03))
    assert "risk_free_rate_annual of IBM at 2004-03-02 is 0.03, and another ticker of that bar has 0.02" in message


def test_a_fault_says_how_many_more_there_are() -> None:
    panel = good_panel()
    panel["close"] = -1.0
    assert "close of AAPL at 2004-03-01 is -1.0 (5 more in this column)" in refusal(panel)


def test_high_below_low_is_refused() -> None:
    message = refusal(with_value("high", 4, 10.0))
    assert message.startswith("prices.csv: high of AAPL at 2004-03-03 is 10.0, below its low 11.0")


@pytest.mark.parametrize(("column", "value"), [("open", 13.5), ("open", 10.5), ("close", 13.5), ("close", 10.5)])
def test_open_and_close_outside_the_range_are_refused(column: str, value: float) -> None:
    message = refusal(with_value(column, 4, value))
    assert f"{column} of AAPL at 2004-03-03 is {value}, outside [11.0, 13.0]" in message


def test_rounding_of_an_adjustment_may_leave_the_range_by_the_tolerance_and_no_more() -> None:
    check_panel(with_value("close", 4, 13.0 * (1 + RANGE_TOLERANCE / 2)), origin="prices.csv")
    assert "must lie between" in refusal(with_value("close", 4, 13.0 * (1 + 2 * RANGE_TOLERANCE)))


def test_an_empty_panel_is_refused() -> None:
    assert "prices.csv: the panel is empty (0 rows" in refusal(good_panel().iloc[:0])


def test_what_is_no_frame_is_refused() -> None:
    assert "must be a pandas DataFrame, and this is a Series" in refusal(good_panel()["close"])  # type: ignore[arg-type]


def test_a_bar_that_appears_twice_is_refused_even_when_the_two_stand_apart() -> None:
    panel = good_panel()
    assert "AAPL at 2004-03-01 appears twice (row 1; 1 such rows)" in refusal(panel.iloc[[0, 0, 1, 2]])
    assert "AAPL at 2004-03-01 appears twice" in refusal(panel.iloc[[0, 1, 2, 3, 0]])


def test_unsorted_rows_are_refused_and_the_first_is_named() -> None:
    message = refusal(good_panel().iloc[[0, 1, 4, 5, 2, 3]])
    assert "rows are not sorted: AAPL at 2004-03-02 (row 4) follows IBM at 2004-03-03" in message
    assert "rows are not sorted" in refusal(good_panel().iloc[[1, 0, 2, 3]])


def test_columns_that_lack_are_named_beside_those_that_are_there() -> None:
    message = refusal(good_panel()[["open", "close", "volume"]])
    assert "the panel lacks high, low (its columns are open, close, volume)" in message


def test_a_column_name_that_appears_twice_is_refused() -> None:
    panel = good_panel()
    assert "column 'open' appears twice" in refusal(pd.concat([panel, panel[["open"]]], axis=1))


@pytest.mark.parametrize("dtype", ["float32", "int64", "object"])
def test_another_dtype_than_float64_is_refused(dtype: str) -> None:
    assert f"column volume has dtype {dtype}; it must be float64" in refusal(good_panel().astype({"volume": dtype}))


def naive(panel: pd.DataFrame) -> pd.MultiIndex:
    return panel.index.set_levels(panel.index.levels[0].tz_localize(None), level=0)


def in_new_york(panel: pd.DataFrame) -> pd.MultiIndex:
    return panel.index.set_levels(panel.index.levels[0].tz_convert("America/New_York"), level=0)


def as_texts(panel: pd.DataFrame) -> pd.MultiIndex:
    return panel.index.set_levels(panel.index.levels[0].strftime("%Y-%m-%d"), level=0)


def without_a_time(panel: pd.DataFrame) -> pd.MultiIndex:
    rows = list(panel.index)
    return pd.MultiIndex.from_tuples([(pd.NaT, "AAPL"), *rows[1:]], names=panel.index.names)


@pytest.mark.parametrize(
    ("index_of", "part"),
    [
        (naive, "timestamps are naive (no time zone), such as 2004-03-01 00:00:00; they must be in UTC"),
        (in_new_york, "timestamps are in time zone America/New_York"),
        (as_texts, "timestamps have dtype str; they must be datetimes in UTC"),
        (without_a_time, "row 0 has no timestamp"),
        (lambda panel: panel.index.swaplevel(), "the index has the names ['ticker', 'timestamp']"),
        (lambda panel: panel.index.get_level_values(0), "the index has the names ['timestamp']"),
        (lambda panel: panel.index.set_levels([1, 2], level=1), "ticker 1 is no name"),
        (lambda panel: panel.index.set_levels([" ", "IBM"], level=1), "ticker ' ' is no name"),
    ],
)
def test_another_index_is_refused(index_of: Callable[[pd.DataFrame], pd.Index], part: str) -> None:
    panel = good_panel()
    assert part in refusal(panel.set_axis(index_of(panel), axis=0))


def test_a_rows_own_origin_replaces_the_panels() -> None:
    with pytest.raises(DataError, match=r"^ibm\.csv, line 3: close of IBM at 2004-03-02"):
        check_panel(
            with_value("close", 3, np.nan), origin="prices", origin_of_row=lambda row: f"ibm.csv, line {row // 2 + 2}"
        )


def test_intraday_bars_are_named_with_their_time() -> None:
    panel = with_value("close", 3, np.nan)
    shifted = panel.index.set_levels(panel.index.levels[0] + pd.Timedelta(hours=14, minutes=30), level=0)
    assert "IBM at 2004-03-02 14:30:00+00:00" in refusal(panel.set_axis(shifted, axis=0))


@settings(deadline=None, max_examples=60)
@given(
    column=st.sampled_from([*PRICES, "volume", "adjusted_close", "dividend", "split", "risk_free_rate_annual"]),
    row=st.integers(0, 5),
    value=st.sampled_from([np.nan, np.inf, -np.inf, -1.0]),
)
def test_no_impossible_value_passes_wherever_it_stands(column: str, row: int, value: float) -> None:
    assert f"{column} of {['AAPL', 'IBM'][row % 2]} at 2004-03-0{row // 2 + 1}" in refusal(
        with_value(column, row, value)
    )


@settings(deadline=None, max_examples=40)
@given(order=st.permutations(range(6)))
def test_only_the_sorted_order_passes(order: list[int]) -> None:
    panel = good_panel().iloc[order]
    if order == sorted(order):
        check_panel(panel, origin="prices.csv")
    else:
        assert "rows are not sorted" in refusal(panel)
