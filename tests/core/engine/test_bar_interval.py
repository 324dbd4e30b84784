"""Bars that lie closer or farther apart than the config says."""

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.bar_interval import refuse_other_interval


def rows_of(**times: pd.DatetimeIndex) -> pd.DataFrame:
    parts = [pd.DataFrame({"timestamp": moments, "ticker": ticker}) for ticker, moments in times.items()]
    return pd.concat(parts, ignore_index=True)


def days(periods: int, frequency: str = "B", first: str = "2004-01-05") -> pd.DatetimeIndex:
    return pd.date_range(first, periods=periods, freq=frequency, tz="UTC", unit="us")


def test_bars_of_the_interval_pass_in_any_order() -> None:
    rows = rows_of(A=days(30), B=days(30))
    refuse_other_interval(rows, "1d", origin="x")
    refuse_other_interval(rows.sample(frac=1.0, random_state=1), "1d", origin="x")


def test_tickers_whose_bars_lie_between_each_others_pass() -> None:
    # No ticker's own bars are closer than an hour, all together are.
    rows = rows_of(A=days(30, "h"), B=days(30, "h", "2004-01-05 00:20"), C=days(30, "h", "2004-01-05 00:40"))
    refuse_other_interval(rows, "1h", origin="x")


@pytest.mark.parametrize("close", ["A", "B"])
def test_one_ticker_whose_bars_are_too_close_is_found(close: str) -> None:
    rows = rows_of(**{"A": days(30), "B": days(30), close: days(30, "6h")})
    with pytest.raises(DataError, match=r"x: data.interval is '1d', but the closest bars .* lie 0 days 06:00:00 apart"):
        refuse_other_interval(rows, "1d", origin="x")


def test_many_bars_too_far_apart_are_refused_and_a_few_tell_nothing() -> None:
    with pytest.raises(DataError, match="lie 7 days 00:00:00 apart"):
        refuse_other_interval(rows_of(A=days(30, "7D"), B=days(30, "7D")), "1d", origin="x")
    refuse_other_interval(rows_of(A=days(5, "7D")), "1d", origin="x")
    refuse_other_interval(rows_of(A=days(1), B=days(1)), "1d", origin="x")


def test_a_ticker_with_close_bars_beside_one_with_distant_ones_passes() -> None:
    refuse_other_interval(rows_of(A=days(30, "7D"), B=days(30)), "1d", origin="x")


def test_bars_that_are_there_twice_are_for_another_check() -> None:
    rows = rows_of(A=days(30))
    refuse_other_interval(pd.concat([rows, rows.iloc[[3]]]), "1d", origin="x")
    assert np.unique(rows["timestamp"]).size == 30
