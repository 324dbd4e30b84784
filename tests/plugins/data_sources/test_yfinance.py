"""Yahoo's prices through the real library, from a server of this machine that answers in Yahoo's form."""

import importlib.util
import json
import logging
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import qlop
import yfinance
from curl_cffi.requests import Session as CurlSession
from qlop.testing import DataSourceContractSuite

from core.base.errors import RunCancelled
from core.config.sections import LoadDataConfig
from core.engine.load import load_panel
from plugins.data_sources._yahoo_session import WatchedSession
from plugins.data_sources.yfinance import YFinance

# Tests have no packages to import each other from.
_SPEC = importlib.util.spec_from_file_location("yahoo_server", Path(__file__).with_name("yahoo_server.py"))
server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(server)

FIRST = server.LATE_2023
Run = server.Run
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(autouse=True)
def fresh_library(tmp_path):
    with server.fresh_library(tmp_path):
        yield


@pytest.fixture
def yahoo():
    made = server.Yahoo()
    moments = server.days(FIRST, 60)
    made.instruments = {
        "SPY": server.instrument(moments, seed=1),
        "ACME": server.instrument(moments, seed=2, splits={30: 4}, dividends={10: 1.2, 45: 0.4}),
    }
    return made


@pytest.fixture
def new_session(yahoo):
    with server.serving(yahoo) as make:
        yield make


@pytest.fixture
def source(new_session):
    return partial(server.source_of, new_session)


def refusal(made, tickers, start=None, end=None, interval="1d"):
    with pytest.raises(qlop.DataError) as caught:
        made.load_data(tickers, start, end, interval)
    return str(caught.value)


class TestContract(DataSourceContractSuite):
    plugin_class = YFinance

    @pytest.fixture(autouse=True)
    def _use_server(self, new_session):
        self.new_session = new_session

    def make_plugin(self, folder=Path(), instance_name=None):
        made = super().make_plugin(folder, instance_name)
        made.session = self.new_session()
        return made


def test_bars_are_those_that_yahoo_shows(yahoo, source):
    panel = source().load_data(["ACME"], None, None, "1d")
    price, volume, adjusted, _ = yahoo.instruments["ACME"].shown()
    np.testing.assert_array_equal(panel[["open", "high", "low", "close"]].to_numpy(), price)
    np.testing.assert_array_equal(panel["volume"], volume)
    np.testing.assert_array_equal(panel["adjusted_close"], adjusted)
    assert panel.attrs == {"adjustment": "splits", "currencies": {"ACME": "USD"}}


def test_dividends_and_splits_stand_on_their_ex_dates(source):
    panel = source().load_data(["ACME"], None, None, "1d").droplevel("ticker")
    assert panel.loc[panel["dividend"] != 0.0, "dividend"].round(9).tolist() == [0.3, 0.4]
    assert np.flatnonzero(panel["dividend"]).tolist() == [10, 45]
    assert np.flatnonzero(panel["split"] != 1.0).tolist() == [30]
    assert panel["split"].iloc[30] == 4.0


@pytest.mark.parametrize("adjustment", ["splits", "total_return"])
def test_what_a_holder_had_follows_from_either_adjustment(yahoo, source, adjustment):
    made = source()
    loaded = load_panel(made, LoadDataConfig(data_source_type="yfinance", tickers=("ACME",), adjustment=adjustment))
    held = yahoo.instruments["ACME"]
    close, shares = held.traded[:, 3], np.array([held.splits.get(at, 1) for at in range(60)])
    cash = np.array([held.dividends.get(at, 0.0) for at in range(60)])
    expected = shares[1:] * (close + cash)[1:] / close[:-1] - 1.0
    found = loaded.panel["close"].to_numpy()
    credited = loaded.panel["dividend"].to_numpy() if adjustment == "splits" else np.zeros(60)
    # Yahoo's adjusted close takes the dividend off at the close before; that differs by dividend times return.
    tolerance = 1e-12 if adjustment == "splits" else 5e-4
    np.testing.assert_allclose((found + credited)[1:] / found[:-1] - 1.0, expected, rtol=0.0, atol=tolerance)
    assert loaded.findings == ()


def test_yahoos_own_prices_are_not_taken_for_traded_ones(source):
    with pytest.raises(qlop.DataError, match=r"come adjusted \(splits\).*Set data\.adjustment to splits or"):
        load_panel(source(), LoadDataConfig(data_source_type="yfinance", tickers=("ACME",), adjustment="raw"))


def in_cents(moments, price, **options):
    """An instrument that trades near a price, in whole cents, and that Yahoo shows with seven digits."""
    made = server.instrument(moments, seed=5, seven_digits=True, **options)
    return replace(made, traded=np.round(made.traded * price / 100.0, 2))


@pytest.mark.parametrize("price", [12.0, 900.0, 7_000.0])
@pytest.mark.parametrize("splits", [{}, {30: 4}, {5: 2, 30: 7, 50: 3}, {20: 0.1}, {10: 1.281, 40: 0.125}])
def test_prices_as_traded_are_rebuilt_to_the_cent(yahoo, source, splits, price):
    held = in_cents(server.days(FIRST, 60), price, splits=splits)
    yahoo.instruments["ACME"] = held
    panel = source(prices="raw").load_data(["ACME"], None, None, "1d")
    assert panel.attrs == {"adjustment": "raw", "currencies": {"ACME": "USD"}}
    np.testing.assert_array_equal(panel[["open", "high", "low", "close"]].round(2).to_numpy(), held.traded)
    np.testing.assert_allclose(panel["volume"], 1000.0, rtol=1e-3)  # Yahoo has whole numbers of today's shares
    assert panel["split"].to_numpy()[list(splits)].tolist() == list(splits.values())


def test_dividends_as_paid_are_rebuilt(source):
    paid = source(prices="raw").load_data(["ACME"], None, None, "1d")["dividend"]
    assert paid[paid > 0.0].round(12).tolist() == [1.2, 0.4]


def test_both_forms_adjust_to_the_same_prices(source):
    data = LoadDataConfig(data_source_type="yfinance", tickers=("ACME",), adjustment="splits")
    shown, traded = load_panel(source(), data).panel, load_panel(source(prices="raw"), data).panel
    pd.testing.assert_frame_equal(shown, traded, check_exact=False, rtol=1e-12)


def test_splits_after_the_last_date_count_and_so_does_one_of_a_session_that_goes_on(yahoo, source):
    panel = source(prices="raw").load_data(["ACME"], FIRST, FIRST + timedelta(days=9), "1d")
    traded = yahoo.instruments["ACME"].traded
    np.testing.assert_allclose(panel["close"], traded[: len(panel), 3], rtol=1e-12)
    assert panel.index[-1][0].date() <= FIRST + timedelta(days=9)
    now = datetime.now(UTC)
    moments = [now - timedelta(days=n, minutes=1) for n in (3, 2, 1, 0)]
    open_now = (moments[-1], now + timedelta(hours=1))
    split_today = server.instrument(moments, zone="UTC", trading=open_now, splits={3: 5})
    yahoo.instruments["OPEN"] = split_today
    run = Run()
    for _ in range(2):
        today = source(run, prices="raw").load_data(["OPEN"], None, None, "1d")
        np.testing.assert_allclose(today["close"], split_today.traded[:3, 3], rtol=1e-12)


def test_a_split_since_the_last_run_is_seen_in_what_was_traded(yahoo, source):
    moments, run = server.days(FIRST, 60), Run()
    before = server.instrument(moments[:50], seed=2)
    yahoo.instruments["ACME"] = before
    source(run, prices="raw").load_data(["ACME"], None, None, "1d")
    after = server.instrument(moments, seed=2, splits={55: 4})
    yahoo.instruments["ACME"] = after
    panel = source(run, prices="raw").load_data(["ACME"], None, None, "1d")
    np.testing.assert_allclose(panel["close"], after.traded[:, 3], rtol=1e-12)


def test_prices_as_traded_are_for_daily_bars_alone(source):
    message = refusal(source(prices="raw"), ["ACME"], interval="1wk")
    assert "rebuilds traded prices for daily bars alone" in message


def test_a_bar_that_is_refused_is_not_kept(yahoo, source):
    sound, run = yahoo.instruments["ACME"], Run()
    broken = sound.traded.copy()
    broken[7, 1] = broken[7, 2] / 2.0
    yahoo.instruments["ACME"] = replace(sound, traded=broken)
    assert "high of ACME at 2023-11-10" in refusal(source(run), ["ACME"])
    yahoo.instruments["ACME"] = sound
    assert len(source(run).load_data(["ACME"], None, None, "1d")) == 60


def test_what_a_fund_pays_out_of_its_gains_is_cash_too(yahoo, source):
    yahoo.instruments["FUND"] = server.instrument(
        server.days(FIRST, 9), kind="ETF", dividends={4: 0.5}, gains={4: 0.25}
    )
    assert source().load_data(["FUND"], None, None, "1d")["dividend"].max() == 0.75


def test_each_ticker_that_is_loaded_is_told(source):
    run = Run()
    panel = source(run).load_data(["SPY", "ACME"], None, None, "1d")
    assert run.steps == [("SPY", 1, 2), ("ACME", 2, 2)]
    assert panel.index[:2].tolist() == [
        (pd.Timestamp(FIRST, tz="UTC"), "ACME"),
        (pd.Timestamp(FIRST, tz="UTC"), "SPY"),
    ]


@pytest.mark.parametrize(
    ("zone", "opens"),
    [("Pacific/Auckland", time(10)), ("Asia/Tokyo", time(9)), ("America/Los_Angeles", time(23, 30)), ("UTC", time(0))],
)
def test_a_session_bears_the_date_of_its_exchange(yahoo, source, zone, opens):
    # The clocks of Auckland and Los Angeles change within these days.
    yahoo.instruments["X"] = server.instrument(server.days(date(2024, 3, 4), 40, zone, opens), zone=zone)
    found = source().load_data(["X"], None, None, "1d").index.get_level_values("timestamp")
    assert [stamp.date() for stamp in found] == [moment.date() for moment in yahoo.instruments["X"].moments]
    assert (found == found.normalize()).all()


def test_bars_of_an_hour_bear_their_start_in_utc_and_dividends_stand_on_the_first(yahoo, source):
    moments = [moment + timedelta(hours=hour) for moment in server.days(date(2024, 3, 7), 4) for hour in range(6)]
    yahoo.instruments["HOURLY"] = server.instrument(moments, dividends={12: 0.5})
    panel = source().load_data(["HOURLY"], date(2024, 3, 7), date(2024, 3, 12), "1h")
    stamps = panel.index.get_level_values("timestamp")
    assert list(stamps) == [pd.Timestamp(moment).tz_convert("UTC") for moment in moments]
    assert {stamps[0].hour, stamps[12].hour} == {14, 13}  # New York's clocks change on 2024-03-10
    assert np.flatnonzero(panel["dividend"]).tolist() == [12]
    assert "adjusted_close" not in panel


@pytest.mark.parametrize("first", [date(2024, 3, 7), date(2023, 11, 1)])
def test_bars_of_an_hour_lie_in_the_exchanges_sessions_on_both_sides_of_a_clock_change(yahoo, source, first):
    moments = [moment + timedelta(hours=hour) for moment in server.days(first, 6) for hour in range(7)]
    yahoo.instruments["HOURLY"] = server.instrument(moments)
    data = {"data_source_type": "yfinance", "tickers": ("HOURLY",), "interval": "1h", "calendar": "XNYS"}
    dates = {"start_date": first, "end_date": moments[-1].date(), "adjustment": "splits"}
    assert load_panel(source(), LoadDataConfig(**data, **dates)).findings == ()
    # An hour later the last bar of each day begins after the close: the library leaves it out.
    yahoo.instruments["HOURLY"] = server.instrument([moment + timedelta(hours=1) for moment in moments])
    later = load_panel(source(), LoadDataConfig(**data, **dates))
    assert later.findings == ()
    assert len(later.panel) == len(moments) - 6


def test_bars_of_a_minute_are_asked_for_a_week_at_a_time(yahoo, source):
    start = datetime.now(UTC).date() - timedelta(days=20)
    moments = [moment + timedelta(minutes=n) for moment in server.days(start, 5) for n in range(3)]
    yahoo.instruments["FAST"] = server.instrument(moments)
    panel = source().load_data(["FAST"], start, start + timedelta(days=13), "1m")
    assert len(panel) == 15
    spans = [(int(q["period1"]), int(q["period2"])) for _, q in yahoo.asked if "period1" in q]
    assert [round((last - first) / 86_400) for first, last in spans] == [7, 7]


def test_chunks_give_the_same_bars_as_one_request(yahoo, source):
    whole = source().load_data(["ACME"], FIRST, date(2024, 1, 20), "1d")
    n_before = len(yahoo.charts)
    parts = source(chunk_days=11).load_data(["ACME"], FIRST, date(2024, 1, 20), "1d")
    pd.testing.assert_frame_equal(parts, whole, check_exact=True)
    assert len(yahoo.charts) - n_before == 8


def test_dates_before_the_first_listing_are_passed_over(yahoo, source):
    yahoo.instruments["NEW"] = server.instrument(server.days(date(2023, 12, 1), 5))
    panel = source(chunk_days=10).load_data(["NEW"], date(2023, 11, 1), date(2023, 12, 15), "1d")
    assert len(panel) == 5
    yahoo.faults.append((400, server.error_body(server.NOT_LISTED)))
    assert len(source(chunk_days=10).load_data(["NEW"], date(2023, 11, 1), date(2023, 12, 15), "1d")) == 5


def test_an_unknown_ticker_is_refused_by_its_name_in_yahoos_words(source):
    run = Run()
    told = refusal(source(run), ["SPY", "NOPE"])
    assert "'yfinance': NOPE: Yahoo refuses it: No data found, symbol may be delisted." in told
    assert run.lines == []


def test_a_ticker_without_a_single_price_is_named_and_not_taken_for_data(yahoo, source):
    yahoo.instruments["GONE"] = server.instrument(server.days(FIRST, 5), nulls=range(5))
    told = refusal(source(), ["GONE"])
    assert "GONE: Yahoo gives 5 bars from 2023-11-01 to 2023-11-07 and not one price in them" in told


def test_a_ticker_without_bars_in_the_dates_is_named_with_them(source):
    told = refusal(source(), ["SPY"], date(2023, 11, 4), date(2023, 11, 5))
    assert "Yahoo has no 1d bar of SPY from 2023-11-04 to 2023-11-05; it may be delisted" in told


def test_days_of_nulls_are_left_out_and_told(yahoo, source):
    yahoo.instruments["THIN"] = server.instrument(server.days(FIRST, 9), nulls=(3, 5))
    run = Run()
    assert len(source(run).load_data(["THIN"], None, None, "1d")) == 7
    assert run.lines == [("warning", "THIN: 2 bars without any price are left out, the first of 2023-11-06")]


def test_a_dividend_on_a_day_without_a_price_is_not_lost_silently(yahoo, source):
    yahoo.instruments["ODD"] = server.instrument(server.days(FIRST, 9), nulls=(3,), dividends={3: 0.5})
    assert "ODD: Yahoo has a dividend or split on 2023-11-06 and no price there" in refusal(source(), ["ODD"])


@pytest.mark.parametrize("ticker", ["../x", "..%2f", "=cmd()", "A B", "\u202eLPAA", "A" * 10_000, "nul\0", "A/B", ""])
def test_a_name_that_is_no_symbol_is_refused_before_anything_is_asked(yahoo, source, ticker):
    told = refusal(source(), ["SPY", ticker])
    assert "is no symbol of Yahoo" in told
    assert len(told) < 400
    assert yahoo.asked == []


def test_too_many_requests_are_waited_for_and_told(yahoo, source):
    # yfinance itself asks a second time with another cookie.
    yahoo.faults.extend([(429, "Too Many Requests")] * 2)
    run = Run()
    assert len(source(run).load_data(["SPY"], None, None, "1d")) == 60
    told = "Data source 'yfinance': SPY: Yahoo asks for patience (429, too many requests); asking again in 0.0 s (try 2 of 4)"
    assert run.lines == [("warning", told)]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ((500, "<html>down</html>"), "SPY: Yahoo answers 500"),
        ((503, '{"finance": {"result": null, "error": {"description": "busy"}}}'), "SPY: Yahoo answers 503"),
        ((200, "<html>log in to the hotel's network</html>"), "SPY: Yahoo answers 200 with something that is no chart"),
        ((200, '{"chart": '), "SPY: Yahoo answers 200 with something that is no chart"),
        ((200, "[]"), "SPY: Yahoo answers 200 with something that is no chart"),
        ((None, ""), "SPY: Yahoo cannot be reached (ConnectionError)"),
    ],
)
def test_trouble_is_asked_again_and_told(yahoo, source, fault, words):
    yahoo.faults.extend([fault] * 2)
    run = Run()
    assert len(source(run).load_data(["SPY"], None, None, "1d")) == 60
    assert [level for level, _ in run.lines] == ["warning", "warning"]
    assert words in run.lines[0][1]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", ["<html>no</html>", '{"finance": {"error": {"description": "Invalid Crumb"}}}'])
def test_who_is_turned_away_is_not_told_that_there_are_no_bars(yahoo, source, status, body):
    source().load_data(["SPY"], None, None, "1d")  # the library knows the exchange from now on
    yahoo.faults.extend([(status, body)] * 100)
    assert f"SPY: Yahoo turns us away ({status}); it was asked 4 times" in refusal(source(), ["SPY"])


def test_weeks_are_asked_for_at_once_whatever_a_chunk_is(yahoo, source):
    yahoo.instruments["WEEKLY"] = server.instrument(
        [moment for moment in server.days(FIRST, 60) if moment.weekday() == 0]
    )
    assert len(source(chunk_days=10).load_data(["WEEKLY"], None, date(2024, 1, 31), "1wk")) == 12
    assert yahoo.charts == ["WEEKLY"]


def test_trouble_without_end_ends_with_how_often_it_was_asked(yahoo, source):
    yahoo.faults.extend([(500, "down")] * 100)
    told = refusal(source(), ["SPY"])
    assert "SPY: Yahoo answers 500; it was asked 4 times. What was loaded before is kept." in told
    assert len(yahoo.faults) == 96


def test_an_answer_in_another_form_is_no_data(yahoo, source):
    strange = {
        "chart": {"result": [{"meta": {"exchangeTimezoneName": "UTC"}, "indicators": {"quote": [1]}}], "error": None}
    }
    yahoo.faults.extend([(200, json.dumps(strange))] * 9)
    assert "SPY: Yahoo's answer cannot be read" in refusal(source(), ["SPY"])


def test_no_message_holds_an_address_or_the_sessions_token(yahoo, source):
    yahoo.faults.extend([(None, "")] * 100)
    run = Run()
    told = refusal(source(run), ["SPY"]) + str(run.lines)
    assert "crumb" not in told
    assert "http" not in told


def test_what_is_kept_is_not_asked_for_again(yahoo, source):
    run = Run()
    first = source(run).load_data(["SPY", "ACME"], FIRST, date(2024, 1, 10), "1d")
    yahoo.asked.clear()
    again = source(run).load_data(["SPY", "ACME"], FIRST, date(2024, 1, 10), "1d")
    part = source(run).load_data(["ACME"], date(2023, 12, 1), date(2023, 12, 8), "1d")
    assert yahoo.asked == []
    pd.testing.assert_frame_equal(again, first, check_exact=True)
    assert len(part) == 6


def test_half_a_download_is_resumed_at_the_ticker_where_it_ended(yahoo, source):
    yahoo.instruments["LAST"] = server.instrument(server.days(FIRST, 60), seed=3)
    broken = Run(stops_at="ACME")
    with pytest.raises(RunCancelled):
        source(broken).load_data(["SPY", "ACME", "LAST"], FIRST, date(2024, 1, 10), "1d")
    yahoo.asked.clear()
    run = Run(broken.frames)
    panel = source(run).load_data(["SPY", "ACME", "LAST"], FIRST, date(2024, 1, 10), "1d")
    assert yahoo.charts == ["LAST"]
    assert [step[0] for step in run.steps] == ["SPY", "ACME", "LAST"]
    alone = source().load_data(["SPY", "ACME", "LAST"], FIRST, date(2024, 1, 10), "1d")
    pd.testing.assert_frame_equal(panel, alone, check_exact=True)


def test_later_dates_are_asked_for_alone_with_an_overlap(yahoo, source):
    run = Run()
    source(run).load_data(["SPY"], FIRST, date(2023, 12, 1), "1d")
    yahoo.asked.clear()
    source(run, overlap_bars=2).load_data(["SPY"], FIRST, date(2023, 12, 20), "1d")
    (asked,) = [asked for _, asked in yahoo.asked if "period1" in asked]
    assert datetime.fromtimestamp(int(asked["period1"]), NEW_YORK).date() == date(2023, 11, 30)


@pytest.mark.parametrize("event", [{"splits": {50: 2}}, {"dividends": {50: 1.0}}])
def test_a_split_or_dividend_since_then_brings_everything_anew(yahoo, source, event):
    run = Run()
    source(run).load_data(["SPY"], None, date(2023, 12, 20), "1d")
    yahoo.instruments["SPY"] = server.instrument(server.days(FIRST, 60), seed=1, **event)
    found = source(run).load_data(["SPY"], None, date(2024, 1, 23), "1d")
    pd.testing.assert_frame_equal(found, source().load_data(["SPY"], None, date(2024, 1, 23), "1d"), check_exact=True)


def test_refresh_asks_for_everything_anew(yahoo, source):
    run = Run()
    source(run).load_data(["SPY"], FIRST, date(2024, 1, 10), "1d")
    yahoo.instruments["SPY"] = server.instrument(server.days(FIRST, 60), seed=9)
    changed = source(run, refresh=True).load_data(["SPY"], FIRST, date(2024, 1, 10), "1d")
    pd.testing.assert_frame_equal(source(run).load_data(["SPY"], FIRST, date(2024, 1, 10), "1d"), changed)


def test_a_session_that_has_not_ended_is_left_out_and_told(yahoo, source):
    now = datetime.now(UTC)
    moments = [now - timedelta(days=n, hours=1) for n in (3, 2, 1, 0)]
    open_now = (moments[-1], now + timedelta(hours=1))
    yahoo.instruments["OPEN"] = server.instrument(moments, zone="UTC", trading=open_now)
    run = Run()
    assert len(source(run).load_data(["OPEN"], None, None, "1d")) == 3
    assert "has not ended and is left out" in run.lines[0][1]
    closed = (moments[-1], moments[-1] + timedelta(minutes=30))
    yahoo.instruments["OPEN"] = server.instrument(moments, zone="UTC", trading=closed)
    assert len(source().load_data(["OPEN"], None, None, "1d")) == 4


@pytest.mark.parametrize(
    ("status", "words"), [(500, "Yahoo answers 500"), (200, "something that is no chart"), (404, "may be delisted")]
)
def test_answers_to_a_session_of_curl_are_looked_at_too(yahoo, new_session, status, words):
    port = new_session().get_adapter("https://").port
    yahoo.faults.append((status, server.error_body(server.NOT_FOUND) if status == 404 else "no chart"))
    with closing(CurlSession()) as curl, pytest.raises(Exception, match=words):
        WatchedSession(curl).session.get(f"http://127.0.0.1:{port}/v8/finance/chart/SPY")


def test_the_library_keeps_its_own_settings_and_tells_nothing_itself(yahoo, source, caplog):
    yahoo.faults.extend([(429, "Too Many Requests")] * 2)
    logger = logging.getLogger("yfinance")
    before = yfinance.config.debug.hide_exceptions, logger.disabled
    source().load_data(["SPY"], None, None, "1d")
    assert (yfinance.config.debug.hide_exceptions, logger.disabled) == before
    assert caplog.records == []


@pytest.mark.parametrize(
    ("place", "price", "told"),
    [
        (3, -5.0, "close of ODD at 2023-11-03 is -5.0; it must be a finite number above 0"),
        (0, 0.0, "open of ODD at 2023-11-03 is 0.0"),
        (1, 1.0, "high of ODD at 2023-11-03 is 1.0, below its low"),
        (3, 1_000.0, "close of ODD at 2023-11-03 is 1000.0, outside ["),
        (3, float("nan"), "close of ODD at 2023-11-03 is nan"),
    ],
)
def test_an_impossible_bar_is_refused_with_ticker_date_and_column(yahoo, source, place, price, told):
    held = server.instrument(server.days(FIRST, 9))
    held.traded[2, place] = price
    yahoo.instruments["ODD"] = held
    said = refusal(source(), ["SPY", "ODD"])
    assert said.startswith("Yahoo")
    assert told in said


def test_prices_that_stand_still_and_days_that_lack_are_told_by_the_door(yahoo, source):
    moments = server.days(FIRST, 40)
    held = server.instrument(moments, seed=4)
    held.traded[10:20] = held.traded[10]
    yahoo.instruments |= {"STALE": held, "HOLE": server.instrument(moments, seed=5, nulls=(7,))}
    config = LoadDataConfig(data_source_type="yfinance", tickers=["HOLE", "STALE"], adjustment="splits")
    findings = "\n".join(load_panel(source(), config).findings)
    assert "1 bars are missing on days on which other tickers traded, the first of HOLE at 2023-11-10" in findings
    assert "The close of STALE stands still for 10 bars from 2023-11-15" in findings
