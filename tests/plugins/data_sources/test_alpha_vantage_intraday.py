"""AlphaVantage's intraday bars: month by month, in UTC on both sides of a clock change, with events where said."""

import importlib.util
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from core.config.sections import LoadDataConfig
from core.engine.load import load_panel

# Tests have no packages to import each other from.
_SPEC = importlib.util.spec_from_file_location(
    "alpha_vantage_server", Path(__file__).with_name("alpha_vantage_server.py")
)
server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(server)
service = server.service
params = server.params
Kept = server.Kept
source = server.source
load = server.load
refusal = server.refusal
SPENT = server.SPENT


def intraday(params, **changes):
    return load(params, start=date(2024, 3, 4), end=date(2024, 4, 5), interval="1h", **changes)


def test_intraday_bars_come_by_the_month_and_bear_their_start_in_utc(params, service):
    panel = intraday(params)
    assert [query["month"] for query in service.asked] == ["2024-04", "2024-03"]
    assert {(query["interval"], query["adjusted"], query["extended_hours"]) for query in service.asked} == {
        ("60min", "true", "false")
    }
    times = panel.index.get_level_values("timestamp")
    assert str(times[0]) == "2024-03-04 15:00:00+00:00"
    assert str(times[-1]) == "2024-04-05 19:00:00+00:00"  # summer time has begun
    assert panel.attrs == {"adjustment": "total_return"}
    assert len(panel) == 25 * 6


@pytest.mark.parametrize(("start", "end"), [("2024-03-04", "2024-03-22"), ("2024-10-28", "2024-11-08")])
def test_intraday_bars_lie_in_the_exchanges_sessions_on_both_sides_of_a_clock_change(params, service, start, end):
    service.days = pd.bdate_range(end="2024-11-15", periods=400)
    data = {"data_source_type": "alpha_vantage", "tickers": ("AAPL",), "interval": "1h", "adjustment": "total_return"}
    config = LoadDataConfig(**data, start_date=start, end_date=end, calendar="XNYS")
    assert load_panel(source(params), config).findings == ()
    extended = load_panel(source({**params, "extended_hours": True}), config).findings
    assert "bars begin outside of XNYS's sessions" in str(extended)


def test_raw_and_extended_intraday_bars_are_asked_for_as_said(params, service):
    panel = intraday({**params, "intraday_prices": "raw", "extended_hours": True})
    asked = {(query.get("adjusted"), query.get("extended_hours")) for query in service.asked}
    assert asked == {("false", "true"), (None, None)}
    assert panel.attrs == {"adjustment": "raw"}
    # The evening of a month's last day in New York is the next month's first day in UTC.
    assert load(
        {**params, "extended_hours": True}, start=date(2024, 3, 1), end=date(2024, 3, 1), interval="1h"
    ).index.get_level_values("timestamp")[0] == pd.Timestamp("2024-03-01 00:00", tz="UTC")


def test_raw_intraday_bars_bear_events_on_the_first_bar_from_the_ex_date_on(params, service):
    ex_dividend, ex_split = service.days[200], service.days[300]
    service.holes = {ex_split}
    wanted = {"start": date(2023, 9, 1), "end": date(2024, 4, 5), "interval": "1h"}
    late = load({**params, "intraday_prices": "raw"}, **wanted)
    assert (late["dividend"] == 0.0).all(), "paid before the first bar"
    service.first_month = "2023-01"
    panel = load({**params, "intraday_prices": "raw"}, **wanted).droplevel("ticker")
    paid = panel[panel["dividend"] != 0.0]
    assert [str(time) for time in paid.index.tz_convert("America/New_York")] == [
        f"{ex_dividend:%Y-%m-%d} 10:00:00-04:00"
    ]
    assert paid["dividend"].tolist() == [0.25]
    divided = panel[panel["split"] != 1.0]
    assert [time.date() for time in divided.index] == [service.days[301].date()], "no bar traded on the ex-date itself"
    assert divided["split"].tolist() == [2.0]


@pytest.mark.parametrize(
    ("interval", "prices", "adjustments"),
    [
        ("1d", "raw", ("raw", "splits", "total_return")),
        ("1h", "raw", ("raw", "splits", "total_return")),
        ("1h", "total_return", ("total_return",)),
    ],
)
def test_every_adjustment_that_the_prices_allow_works(params, service, interval, prices, adjustments):
    service.first_month = "2023-01"
    for adjustment in adjustments:
        data = {
            "data_source_type": "alpha_vantage",
            "tickers": ["AAPL"],
            "start_date": "2023-09-01",
            "end_date": "2024-04-05",
            "interval": interval,
            "adjustment": adjustment,
        }
        loaded = load_panel(source({**params, "intraday_prices": prices}), LoadDataConfig.model_validate(data))
        assert loaded.panel.attrs["adjustment"] == adjustment


def test_months_are_kept_so_that_an_interrupted_download_goes_on(params, service):
    access = Kept()
    service.first_month = "2023-01"
    wanted = {"start": date(2023, 3, 1), "end": date(2024, 6, 28), "interval": "1h", "access": access}
    limited = _LimitedTo(service, n_calls=8)
    assert "used up" in refusal(params, **wanted)
    limited.lift()
    service.asked.clear()
    panel = load(params, **wanted)
    assert len(service.asked) == 16 - 6 + 1, "six months were kept, one of which is looked at again"
    pd.testing.assert_frame_equal(panel, load(params, **{**wanted, "access": Kept()}), check_exact=True)


class _LimitedTo:
    """Makes a service say that the day's calls are used up after some."""

    def __init__(self, service, n_calls):
        self._service = service
        self._answer = service.answer
        service.answer = lambda query: (200, SPENT) if len(service.asked) >= n_calls else self._answer(query)

    def lift(self):
        self._service.answer = self._answer


def test_months_before_the_history_begins_are_not_asked_for_one_by_one(params, service):
    access = Kept()
    panel = load(params, start=date(2010, 1, 1), end=date(2024, 6, 28), interval="1h", access=access)
    asked = [query["month"] for query in service.asked if "month" in query]
    assert asked == ["2024-06", "2024-05", "2024-04", "2024-03", "2024-02", "2024-01", "2023-12", "2023-11", "2023-10"]
    assert str(panel.index[0][0])[:7] == "2024-01"
    assert any("no bars in 2023-10 to 2023-12" in message for _, message in access.told)


def test_an_unknown_symbol_costs_two_calls_and_is_named(params, service):
    assert "knows no symbol 'APPL'" in refusal(params, ["APPL"], start=date(2023, 1, 1), interval="1h")
    assert len(service.asked) == 2
    assert "knows no symbol 'APPL'" in refusal(params, ["APPL"])


def test_intraday_bars_without_a_zone_or_in_an_unknown_one_are_refused(params, service):
    service.zone = "Mars/Olympus"
    wanted = {"start": date(2024, 3, 4), "end": date(2024, 4, 5), "interval": "1h"}
    assert "the time zone 'Mars/Olympus'" in refusal(params, **wanted)
    service.zone = ""
    assert "come without a time zone" in refusal(params, **wanted)
