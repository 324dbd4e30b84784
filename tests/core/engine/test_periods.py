from __future__ import annotations

import pandas as pd
import pytest

from core.base.errors import DataError
from core.engine.periods import periods_per_year

NOT_READ = pd.DatetimeIndex([], tz="UTC")


def session(day, first="14:30", n_bars=7):
    return pd.date_range(f"{day} {first}", periods=n_bars, freq="1h", tz="UTC")


def joined(*parts):
    return pd.DatetimeIndex([moment for part in parts for moment in part])


@pytest.mark.parametrize(
    ("interval", "expected"), [("1d", 252.0), ("2d", 126.0), ("1wk", 52.0), ("1mo", 12.0), ("3mo", 4.0)]
)
def test_sessions_weeks_and_months_of_a_year(interval, expected):
    assert periods_per_year(interval, NOT_READ) == expected


def test_intraday_bars_are_those_of_a_session_times_252():
    held = joined(*(session(f"2024-01-0{day}") for day in (2, 3, 4)))
    assert periods_per_year("1h", held) == 7 * 252
    halves = pd.date_range("2024-01-02 14:30", periods=13, freq="30min", tz="UTC")
    assert periods_per_year("30m", halves) == 13 * 252


def test_a_half_day_and_a_sunday_evening_do_not_move_the_median():
    held = joined(session("2024-01-02"), session("2024-01-03", n_bars=3), session("2024-01-04"), session("2024-01-05"))
    assert periods_per_year("1h", held) == 7 * 252
    around_the_clock = pd.date_range("2024-01-07 22:00", "2024-01-12 21:00", freq="1h", tz="UTC")
    assert periods_per_year("1h", around_the_clock) == 24 * 252


@pytest.mark.parametrize(
    ("interval", "frequency", "expected"), [("1d", "1D", 365.0), ("2d", "2D", 182.5), ("1h", "1h", 8760.0)]
)
def test_what_trades_on_every_day_of_the_week_has_365_sessions(interval, frequency, expected):
    held = pd.date_range("2024-01-01", "2024-12-30", freq=frequency, tz="UTC")
    assert periods_per_year(interval, held) == expected


@pytest.mark.parametrize("days", ["Mon Tue Wed Thu Fri", "Sun Mon Tue Wed Thu", "Sat Sun Mon Tue Wed"])
def test_five_days_a_week_are_252_sessions_whichever_they_are(days):
    held = pd.date_range("2024-01-01", "2024-12-30", freq=pd.offsets.CustomBusinessDay(weekmask=days), tz="UTC")
    assert periods_per_year("1d", held) == 252.0


def test_what_the_config_says_goes_first():
    assert periods_per_year("1d", NOT_READ, 365.0) == 365.0
    assert periods_per_year("1h", NOT_READ, 8760.0) == 8760.0


def test_an_unknown_bar_length_is_refused():
    with pytest.raises(DataError, match=r"'1y' is not known.*one of m, h, d, wk, mo"):
        periods_per_year("1y", NOT_READ)


def test_intraday_bars_that_are_not_there_cannot_be_counted():
    with pytest.raises(DataError, match="without bars"):
        periods_per_year("1h", NOT_READ)
