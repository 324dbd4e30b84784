"""Which of AlphaVantage's bars have ended, on both sides of a clock change."""

from datetime import date, datetime

import pandas as pd
import pytest

from plugins.data_sources._alpha_vantage_sessions import ended_bars, last_ended_session


def moment(text):
    return datetime.fromisoformat(f"{text}+00:00")


def bars(*times):
    return pd.DataFrame({"timestamp": pd.DatetimeIndex([pd.Timestamp(time, tz="UTC") for time in times])})


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2024-03-08T21:14", date(2024, 3, 7)),  # 16:14 of winter time in New York
        ("2024-03-08T21:15", date(2024, 3, 8)),
        ("2024-03-11T20:14", date(2024, 3, 10)),  # the clocks went forward on the 10th
        ("2024-03-11T20:15", date(2024, 3, 11)),
        ("2024-03-12T02:00", date(2024, 3, 11)),  # the evening of the 11th there
        ("2024-11-04T20:15", date(2024, 11, 3)),  # and back on the 3rd
        ("2024-11-04T21:15", date(2024, 11, 4)),
    ],
)
def test_a_session_has_ended_at_a_quarter_past_four_in_new_york(now, last):
    assert last_ended_session(moment(now)) == last


def test_the_daily_bar_of_a_session_that_goes_on_is_left_out():
    days = bars("2024-03-07", "2024-03-08")
    assert len(ended_bars(days, "1d", moment("2024-03-08T18:00"))) == 1
    assert len(ended_bars(days, "1d", moment("2024-03-08T21:30"))) == 2


@pytest.mark.parametrize(
    ("interval", "now", "n_ended"),
    [
        ("1h", "2024-03-08T16:59", 2),
        ("1h", "2024-03-08T17:00", 3),
        ("60m", "2024-03-08T17:00", 3),
        ("5m", "2024-03-08T16:04", 2),
        ("5m", "2024-03-08T16:05", 3),
    ],
)
def test_an_intraday_bar_ends_its_length_after_its_start(interval, now, n_ended):
    hours = bars("2024-03-08T14:00", "2024-03-08T15:00", "2024-03-08T16:00")
    assert len(ended_bars(hours, interval, moment(now))) == n_ended
