"""Panels against the New York calendar's odd days, whose dates and hours are written here by hand."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import pytest
import qlop
from pydantic import ValidationError

from core.base.errors import DataError
from core.config.sections import LoadDataConfig
from core.engine.exchange_sessions import (
    bars_outside_sessions,
    exchange_findings,
    missing_sessions,
    refuse_bars_on_no_session,
)
from core.engine.load import LoadedPanel, load_panel


def panel_of(bars: dict[str, Sequence[str]]) -> pd.DataFrame:
    rows = [(pd.Timestamp(time, tz="UTC"), ticker) for ticker, times in bars.items() for time in times]
    index = pd.MultiIndex.from_tuples(rows, names=["timestamp", "ticker"])
    moving = [10.0 + number / 100.0 for number in range(len(index))]
    prices = pd.DataFrame(dict.fromkeys(["open", "high", "low", "close", "volume"], moving), index=index)
    return prices.assign(dividend=0.0, split=1.0).sort_index()


def days(first: str, last: str, *, without: Sequence[str] = ()) -> list[str]:
    return [day for day in pd.bdate_range(first, last).strftime("%Y-%m-%d") if day not in without]


def names(table: pd.DataFrame) -> list[tuple[str, str]]:
    return [
        (str(time.tz_localize(None)), ticker) for time, ticker in zip(table["timestamp"], table["ticker"], strict=True)
    ]


class Shelf(qlop.DataSourcePlugin):
    """Hands out one panel."""

    name = "shelf"

    def __init__(self, panel: pd.DataFrame) -> None:
        super().__init__("shelf", qlop.Params())
        self.panel = panel

    def load_data(
        self, tickers: Sequence[str] | None, start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        return self.panel


def loaded(panel: pd.DataFrame, interval: str = "1d", calendar: str | None = "XNYS") -> LoadedPanel:
    config = {"data_source_type": "shelf", "calendar": calendar, "interval": interval}
    return load_panel(Shelf(panel), LoadDataConfig.model_validate(config))


CLOSED_2001 = ("2001-09-11", "2001-09-12", "2001-09-13", "2001-09-14")


def test_the_four_days_of_september_2001_are_no_sessions() -> None:
    panel = panel_of({"AAPL": days("2001-09-04", "2001-09-21", without=CLOSED_2001)})
    refuse_bars_on_no_session(panel, "XNYS", "1d", origin="shelf")
    assert exchange_findings(panel, "XNYS", "1d") == []
    with_one = panel_of({"AAPL": days("2001-09-04", "2001-09-21", without=CLOSED_2001[:1])})
    with pytest.raises(DataError) as caught:
        refuse_bars_on_no_session(with_one, "XNYS", "1d", origin="shelf")
    assert str(caught.value).startswith(
        "shelf: AAPL has a bar at 2001-09-12, which is no session of XNYS (3 such bars on 3 dates)"
    )


def test_juneteenth_is_a_holiday_from_2022_on() -> None:
    without = panel_of({"AAPL": days("2022-06-13", "2022-06-24", without=["2022-06-20"])})
    assert exchange_findings(without, "XNYS", "1d") == []
    outside = bars_outside_sessions(panel_of({"AAPL": days("2022-06-13", "2022-06-24")}), "XNYS", "1d")
    assert names(outside) == [("2022-06-20 00:00:00", "AAPL")]
    year_before = panel_of({"AAPL": days("2021-06-14", "2021-06-25", without=["2021-06-18"])})
    assert names(missing_sessions(year_before, "XNYS", "1d")) == [("2021-06-18 00:00:00", "AAPL")]


def test_sessions_are_missing_between_a_tickers_first_and_last_bar_alone() -> None:
    panel = panel_of(
        {
            "AAPL": days("2022-11-01", "2022-11-30", without=["2022-11-24", "2022-11-10", "2022-11-11"]),
            "IPO": days("2022-11-09", "2022-11-18", without=["2022-11-11", "2022-11-14"]),
        }
    )
    assert names(missing_sessions(panel, "XNYS", "1d")) == [
        ("2022-11-10 00:00:00", "AAPL"),
        ("2022-11-11 00:00:00", "AAPL"),
        ("2022-11-11 00:00:00", "IPO"),
        ("2022-11-14 00:00:00", "IPO"),
    ]
    assert exchange_findings(panel, "XNYS", "1d") == [
        "4 bars are missing on sessions of XNYS, 1 of them of every ticker, the first of AAPL at 2022-11-10."
    ]


def test_the_day_after_thanksgiving_ends_at_one_o_clock() -> None:
    bars = ["2022-11-23 20:30", "2022-11-25 14:30", "2022-11-25 17:30", "2022-11-25 18:00", "2022-11-28 20:30"]
    panel = panel_of({"AAPL": bars})
    assert names(bars_outside_sessions(panel, "XNYS", "30m")) == [("2022-11-25 18:00:00", "AAPL")]
    assert exchange_findings(panel, "XNYS", "30m") == [
        "1 bars begin outside of XNYS's sessions, the first of AAPL at 2022-11-25 18:00:00+00:00."
    ]
    refuse_bars_on_no_session(panel, "XNYS", "30m", origin="shelf")


def test_thanksgiving_is_no_session_and_a_session_without_intraday_bars_is_missing() -> None:
    panel = panel_of({"AAPL": ["2022-11-22 15:30", "2022-11-24 15:30", "2022-11-25 15:30"]})
    assert names(bars_outside_sessions(panel, "XNYS", "1h")) == [("2022-11-24 15:30:00", "AAPL")]
    assert names(missing_sessions(panel, "XNYS", "1h")) == [("2022-11-23 00:00:00", "AAPL")]
    assert exchange_findings(panel, "XNYS", "1h")[0] == (
        "1 sessions of XNYS have no bar of a ticker, 1 of them of every ticker, the first of AAPL at 2022-11-23."
    )


def test_hours_follow_the_clock_change() -> None:
    # 13 March 2022: from UTC-5 to UTC-4, so that the open moves from 14:30 to 13:30 UTC and the close from 21 to 20.
    both = [
        f"2022-03-{day} {time}" for day in (11, 14) for time in ("13:30", "14:29", "14:30", "19:59", "20:00", "20:59")
    ]
    outside = bars_outside_sessions(panel_of({"AAPL": both}), "XNYS", "1m")
    assert [time[5:16] for time, _ in names(outside)] == ["03-11 13:30", "03-11 14:29", "03-14 20:00", "03-14 20:59"]


def test_bars_in_a_break_lie_outside() -> None:
    # Hong Kong, UTC+8: 9:30 to 12:00 and 13:00 to 16:00.
    panel = panel_of(
        {
            "0700": [
                f"2020-01-02 {time}"
                for time in ("01:29", "01:30", "03:59", "04:00", "04:59", "05:00", "07:59", "08:00")
            ]
        }
    )
    outside = bars_outside_sessions(panel, "XHKG", "1m")
    assert [time[11:16] for time, _ in names(outside)] == ["01:29", "04:00", "04:59", "08:00"]


def test_sessions_that_begin_on_the_evening_before_hold_their_bars() -> None:
    # Chicago's futures of Thursday 2 January 2020 trade from Wednesday 17:00, 23:00 UTC.
    panel = panel_of({"ES": ["2020-01-01 22:59", "2020-01-01 23:00", "2020-01-02 12:00"]})
    assert names(bars_outside_sessions(panel, "CMES", "1m")) == [("2020-01-01 22:59:00", "ES")]


def test_exchanges_that_never_close_miss_weekends() -> None:
    panel = panel_of({"BTC": ["2022-06-17", "2022-06-20"]})
    assert [time[:10] for time, _ in names(missing_sessions(panel, "24/7", "1d"))] == ["2022-06-18", "2022-06-19"]


def test_what_lies_before_the_calendars_knowledge_is_told_and_not_compared() -> None:
    # Tokyo's first session of 1997 is the 6th.
    panel = panel_of({"7203": ["1996-12-27", "1996-12-29", "1997-01-06", "1997-01-07"]})
    refuse_bars_on_no_session(panel, "XTKS", "1d", origin="shelf")
    assert exchange_findings(panel, "XTKS", "1d") == [
        "XTKS is known from 1997-01-01; 2 bars lie outside of that and are not compared."
    ]
    with pytest.raises(DataError, match="known from 1997-01-01; the data go from 1980-01-07 to 1980-01-08"):
        exchange_findings(panel_of({"7203": ["1980-01-07", "1980-01-08"]}), "XTKS", "1d")


def test_weeks_and_months_are_not_compared() -> None:
    sundays = panel_of({"AAPL": ["2022-01-02", "2022-01-30"]})
    assert exchange_findings(sundays, "XNYS", "1wk") == []
    refuse_bars_on_no_session(sundays, "XNYS", "1mo", origin="shelf")


def test_the_door_tells_missing_sessions_once_and_those_of_all_tickers_too() -> None:
    panel = panel_of({ticker: days("2022-11-01", "2022-11-23", without=["2022-11-10"]) for ticker in ("AAPL", "IBM")})
    panel = panel.drop(index=(pd.Timestamp("2022-11-15", tz="UTC"), "IBM"))
    assert loaded(panel).findings == (
        "3 bars are missing on sessions of XNYS, 1 of them of every ticker, the first of AAPL at 2022-11-10.",
    )
    assert loaded(panel, calendar=None).findings == (
        "1 bars are missing on days on which other tickers traded, the first of IBM at 2022-11-15.",
    )


def test_the_door_refuses_daily_bars_on_holidays() -> None:
    with pytest.raises(DataError, match="data source 'shelf': AAPL has a bar at 2022-11-24, which is no session"):
        loaded(panel_of({"AAPL": days("2022-11-21", "2022-11-30")}))


def test_the_door_tells_intraday_bars_outside_of_hours() -> None:
    panel = panel_of({"AAPL": ["2022-11-22 15:30", "2022-11-22 21:30", "2022-11-23 15:30"]})
    assert loaded(panel, interval="1h").findings == (
        "1 bars begin outside of XNYS's sessions, the first of AAPL at 2022-11-22 21:30:00+00:00.",
    )


@pytest.mark.parametrize(("name", "near"), [("XNYX", "XNYS"), ("xlon", "XLON"), ("Nyse", "NYSE")])
def test_an_unknown_calendar_is_refused_with_the_nearest_names(name: str, near: str) -> None:
    with pytest.raises(ValidationError, match=f"there is no exchange calendar '{name}'; did you mean .*{near}"):
        LoadDataConfig.model_validate({"data_source_type": "shelf", "calendar": name})


def test_a_name_that_is_like_none_is_refused_with_examples() -> None:
    with pytest.raises(ValidationError, match="names are ISO 10383 codes, such as XNYS"):
        LoadDataConfig.model_validate({"data_source_type": "shelf", "calendar": "the one in the village"})


def test_an_alias_is_a_name() -> None:
    assert LoadDataConfig.model_validate({"data_source_type": "shelf", "calendar": "NYSE"}).calendar == "NYSE"
