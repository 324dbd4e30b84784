"""Single missing bars are found, and the market's own pauses are none."""

import numpy as np
import pandas as pd
import pytest

from core.engine.coverage import coverage_by_ticker, gap_runs
from core.engine.gap_findings import gap_findings
from core.engine.price_findings import price_findings
from core.engine.session_gaps import first_session_gaps, session_gaps
from core.engine.timetable import timetable

NEW_YORK = ("09:30", "16:00", "America/New_York")


def market_times(first, last, interval, open_, close, zone, pauses=()):
    """Return the starts of all bars of weekdays, with the pauses of the market's own clock left out."""
    step = pd.Timedelta(interval.replace("m", "min"))
    times = []
    for day in pd.bdate_range(first, last):
        start, end = (pd.Timestamp(f"{day.date()} {clock}") for clock in (open_, close))
        bars = pd.date_range(start, end, freq=step, inclusive="left")
        for begin, finish in pauses:
            clock = bars.strftime("%H:%M")
            bars = bars[(clock < begin) | (clock >= finish)]
        times.append(bars.tz_localize(zone).tz_convert("UTC"))
    return times[0].append(times[1:])


def panel_at(**times):
    parts = [pd.MultiIndex.from_arrays([held, [ticker] * len(held)]) for ticker, held in times.items()]
    index = parts[0].append(parts[1:]).sort_values()
    index.names = ["timestamp", "ticker"]
    prices = np.linspace(10.0, 11.0, len(index))
    return pd.DataFrame(dict.fromkeys(["open", "high", "low", "close", "volume"], prices), index=index)


def without(times, *moments):
    return times[~times.isin([pd.Timestamp(moment, tz="UTC") for moment in moments])]


def found(panel, interval, calendar=None):
    gaps = session_gaps(panel, timetable(panel, interval, calendar))
    return [f"{ticker} {time:%Y-%m-%d %H:%M}" for time, ticker in zip(gaps["timestamp"], gaps["ticker"], strict=True)]


YEAR = market_times("2023-01-03", "2023-12-29", "30m", *NEW_YORK)
HOLES = ("2023-01-03 16:00", "2023-03-13 18:30", "2023-11-03 13:30", "2023-12-29 20:00")
# The first and the last bar of a day are nobody's to miss without a calendar.
SEEN = [f"AAA {hole}" for hole in HOLES if not hole.endswith("13:30")]


def test_single_missing_bars_of_a_lone_ticker_are_found_over_clock_changes():
    assert found(panel_at(AAA=YEAR), "30m") == []
    assert found(panel_at(AAA=without(YEAR, *HOLES)), "30m") == SEEN


def test_with_a_calendar_the_first_and_the_last_bars_of_a_session_are_missed_too():
    holidays = [
        f"2023-{day}" for day in ("01-16", "02-20", "04-07", "05-29", "06-19", "07-04", "09-04", "11-23", "12-25")
    ]
    early = [f"2023-{day}" for day in ("07-03", "11-24")]
    clock = YEAR.tz_convert("America/New_York")
    date, hour = clock.strftime("%Y-%m-%d"), clock.strftime("%H:%M")
    held = YEAR[~(date.isin(holidays) | (date.isin(early) & (hour >= "13:00")))]
    assert found(panel_at(AAA=held), "30m", "XNYS") == []
    assert found(panel_at(AAA=without(held, *HOLES)), "30m", "XNYS") == [f"AAA {hole}" for hole in HOLES]


def test_half_days_holidays_and_weekends_are_no_holes():
    noon = YEAR.tz_convert("America/New_York")
    half = (noon.strftime("%Y-%m-%d") == "2023-07-03") & (noon.strftime("%H:%M") >= "13:00")
    holiday = noon.strftime("%Y-%m-%d") == "2023-07-04"
    assert found(panel_at(AAA=YEAR[~half & ~holiday]), "30m") == []


@pytest.mark.parametrize("calendar", [None, "XHKG"])
def test_a_lunch_break_is_no_hole_and_a_bar_beside_it_is(calendar):
    times = market_times("2023-05-02", "2023-05-25", "30m", "09:30", "16:00", "Asia/Hong_Kong", [("12:00", "13:00")])
    assert found(panel_at(AAA=times), "30m", calendar) == []
    assert found(panel_at(AAA=without(times, "2023-05-10 03:30")), "30m", calendar) == ["AAA 2023-05-10 03:30"]


def test_one_day_alone_shows_its_holes():
    times = market_times("2023-05-03", "2023-05-03", "5m", *NEW_YORK)
    held = without(times, "2023-05-03 14:10", "2023-05-03 14:15", "2023-05-03 19:50")
    assert found(panel_at(AAA=held), "5m") == ["AAA 2023-05-03 14:10", "AAA 2023-05-03 14:15", "AAA 2023-05-03 19:50"]
    assert len(found(panel_at(AAA=held), "5m", "XNYS")) == 3


def test_around_the_clock_a_hole_over_midnight_is_found_whole():
    times = pd.date_range("2023-05-01", "2023-05-20", freq="1h", tz="UTC", inclusive="left")
    gone = pd.date_range("2023-05-09 22:00", "2023-05-10 02:00", freq="1h", tz="UTC")
    assert found(panel_at(BTC=times), "1h") == []
    assert found(panel_at(BTC=times.difference(gone)), "1h") == [f"BTC {time:%Y-%m-%d %H:%M}" for time in gone]


def test_a_currency_pauses_over_the_weekend_and_not_over_night():
    times = pd.date_range("2023-05-01", "2023-05-28", freq="1h", tz="UTC", inclusive="left")
    week = times[
        (times.day_of_week < 4)
        | ((times.day_of_week == 4) & (times.hour < 21))
        | ((times.day_of_week == 6) & (times.hour >= 22))
    ]
    assert found(panel_at(EURUSD=week), "1h") == []
    assert found(panel_at(EURUSD=without(week, "2023-05-10 00:00")), "1h") == ["EURUSD 2023-05-10 00:00"]


def test_minutes_that_are_seldom_traded_are_not_missed():
    times = market_times("2023-05-01", "2023-05-26", "5m", *NEW_YORK)
    seldom = times[(times.minute != 35) | (times.day == 10)]
    assert found(panel_at(AAA=seldom), "5m") == []


def test_what_other_tickers_have_is_missed_and_what_lies_outside_of_sessions_only_without_a_calendar():
    times = market_times("2023-05-01", "2023-05-05", "30m", *NEW_YORK)
    early = times.insert(0, pd.Timestamp("2023-05-01 13:00", tz="UTC"))
    late = times.append(pd.DatetimeIndex(["2023-05-05 20:30"], tz="UTC"))
    evening = pd.DatetimeIndex(["2023-05-03 21:00"], tz="UTC")
    panel = panel_at(AAA=early.append(evening).sort_values(), BBB=without(late, "2023-05-04 15:00"))
    assert found(panel, "30m") == ["BBB 2023-05-03 21:00", "BBB 2023-05-04 15:00"]
    assert found(panel, "30m", "XNYS") == ["BBB 2023-05-04 15:00"]


def test_a_bar_is_missed_by_the_tickers_that_have_bars_before_and_after():
    times = market_times("2023-05-01", "2023-05-05", "30m", *NEW_YORK)
    held = without(times, "2023-05-03 15:00")
    panel = panel_at(AAA=held, BBB=held[held > "2023-05-04"], CCC=held[held < "2023-05-02"])
    assert found(panel, "30m") == ["AAA 2023-05-03 15:00"]


def test_a_session_without_any_bar_is_missed_bar_by_bar_with_a_calendar():
    times = market_times("2023-05-01", "2023-05-12", "30m", *NEW_YORK)
    panel = panel_at(AAA=times[times.strftime("%d") != "04"])
    assert found(panel, "30m") == []
    assert len(found(panel, "30m", "XNYS")) == 13


def test_daily_bars_are_compared_with_sessions_and_longer_ones_with_each_other():
    days = pd.bdate_range("2023-05-01", "2023-05-12", tz="UTC")
    panel = panel_at(AAA=without(days, "2023-05-03"))
    assert found(panel, "1d") == []
    assert found(panel, "1d", "XNYS") == ["AAA 2023-05-03 00:00"]
    weeks = pd.date_range("2023-01-02", periods=20, freq="7D", tz="UTC")
    assert found(panel_at(AAA=weeks.delete(4)), "1wk", "XNYS") == []


@pytest.mark.parametrize("calendar", [None, "XNYS"])
def test_tables_agree_on_what_is_missing(calendar):
    panel = panel_at(AAA=without(YEAR[:650], *HOLES, "2023-01-03 16:30"), BBB=YEAR[:650])
    expected = timetable(panel, "30m", calendar)
    gaps = session_gaps(panel, expected)
    coverage = coverage_by_ticker(panel, expected)
    runs = gap_runs(panel, expected)
    findings = price_findings(panel, expected)
    assert len(gaps) == coverage["n_missing"].sum() == runs["n_bars"].sum()
    assert findings.loc[findings["finding"] == "missing_bars", "value"].sum() == len(gaps)
    assert runs["n_bars"].max() >= 2
    counted, first = first_session_gaps(panel, expected, n_first=3)
    assert counted == len(gaps)
    assert first.equals(gaps.head(3))


def test_the_finding_counts_and_names_examples():
    panel = panel_at(AAA=without(YEAR, *HOLES, "2023-02-01 16:00"))
    (said,) = gap_findings(panel, "30m")
    assert said.startswith("4 bars are missing at times at which the data usually have one (4 times of no ticker): AAA")
    assert said.endswith("AAA at 2023-02-01 16:00:00+00:00, AAA at 2023-03-13 18:30:00+00:00 and 1 more.")
    assert gap_findings(panel_at(AAA=YEAR), "30m") == []
