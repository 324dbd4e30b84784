"""AlphaVantage against a server of this machine that answers in its documented shapes; all prices are made up."""

import json
import logging
import traceback
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
import qlop
from pydantic import ValidationError
from qlop.testing import DataSourceContractSuite

from core.config.sections import LoadDataConfig
from core.contracts.data_access import NoAccess
from core.engine.load import load_panel
from plugins.data_sources._alpha_vantage_answers import Meaning, meaning_of
from plugins.data_sources._alpha_vantage_client import TokenBucket
from plugins.data_sources.alpha_vantage import AlphaVantage

KEY = "TOPSECRETKEY1234"
UNKNOWN = {
    "Error Message": "Invalid API call. Please retry or visit the documentation"
    " (https://www.alphavantage.co/documentation/) for TIME_SERIES_DAILY_ADJUSTED."
}
BAD_KEY = {
    "Error Message": "the parameter apikey is invalid or missing. Please claim your free API key on"
    " (https://www.alphavantage.co/support/#api-key). It should take less than 20 seconds."
}
PREMIUM = {
    "Information": "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of the premium"
    " plans at https://www.alphavantage.co/premium/ to instantly unlock all premium endpoints"
}
BUSY = {
    "Information": "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly"
    " (1 request per second). You may subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to"
    " lift the free key rate limit (25 requests per day), raise the per-second burst limit, and instantly unlock all"
    " premium endpoints"
}
OLD_BUSY = {
    "Note": "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and 500 calls per"
    " day. Please visit https://www.alphavantage.co/premium/ if you would like to target a higher API call frequency."
}
SPENT = {
    "Information": f"We have detected your API key as {KEY} and our standard API rate limit is 25 requests per day. Please"
    " subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to instantly remove all daily rate"
    " limits."
}
DEMO = {
    "Information": "The **demo** API key is for demo purposes only. Please claim your free API key at"
    " (https://www.alphavantage.co/support/#api-key) to explore our full API offerings."
}


class Service:
    """What the server knows, what it was asked, and what it says before it gives bars."""

    def __init__(self, last_day):
        self.days = pd.bdate_range(end=last_day, periods=400)
        self.first_month = "2024-01"
        self.asked = []
        self.says = []
        self.zone = "US/Eastern"
        self.scale = 1.0
        self.cells = {}
        self.holes = set()

    def answer(self, query):
        self.asked.append({name: value for name, value in query.items() if name != "apikey"})
        if self.says:
            return self.says.pop(0)
        if query.get("apikey") != KEY:
            return 200, BAD_KEY
        if query["symbol"] not in {"AAPL", "IBM"}:
            return 200, UNKNOWN
        return 200, self._daily(query) if query["function"] == "TIME_SERIES_DAILY_ADJUSTED" else self._intraday(query)

    def _daily(self, query):
        days = self.days if query["outputsize"] == "full" else self.days[-100:]
        return {
            "Meta Data": {"2. Symbol": query["symbol"], "5. Time Zone": self.zone},
            "Time Series (Daily)": {f"{day:%Y-%m-%d}": self._day(day, query["symbol"]) for day in reversed(days)},
        }

    def _day(self, day, symbol):
        close = self._price(day, symbol)
        return {
            "1. open": f"{close:.4f}",
            "2. high": f"{close + 1:.4f}",
            "3. low": f"{close - 1:.4f}",
            "4. close": f"{close:.4f}",
            "5. adjusted close": f"{close / 2:.4f}",
            "6. volume": f"{1000 + day.day}",
            "7. dividend amount": "0.2500" if day == self.days[200] else "0.0000",
            "8. split coefficient": "2.0" if day == self.days[300] else "1.0",
            **self.cells.get(f"{day:%Y-%m-%d}", {}),
        }

    def _intraday(self, query):
        month = query.get("month", f"{self.days[-1]:%Y-%m}")
        if month < self.first_month:
            return UNKNOWN
        days = [day for day in self.days if f"{day:%Y-%m}" == month and day not in self.holes]
        hours = range(4, 20) if query["extended_hours"] == "true" else range(10, 16)
        series = {}
        for day in days:
            for hour in hours:
                close = self._price(day, query["symbol"]) + hour / 100
                cells = {"1. open": close, "2. high": close, "3. low": close, "4. close": close, "5. volume": 7}
                series[f"{day:%Y-%m-%d} {hour:02d}:00:00"] = {name: str(value) for name, value in cells.items()}
        return {"Meta Data": {"6. Time Zone": self.zone}, "Time Series (60min)": series}

    def _price(self, day, symbol):
        return self.scale * np.random.default_rng([day.toordinal(), len(symbol)]).uniform(90, 110)


@contextmanager
def serving(service):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            address = urlsplit(self.path)
            status, body = service.answer({name: values[0] for name, values in parse_qs(address.query).items()})
            if status is None:
                self.connection.close()
                return
            text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def service():
    return Service("2024-06-28")


@pytest.fixture
def params(service, monkeypatch):
    """Parameters that lead to the server, and waits that take no time."""
    monkeypatch.setenv("ALPHA_VANTAGE_KEY", KEY)
    with serving(service) as base_url:
        yield {
            "key": "env:ALPHA_VANTAGE_KEY",
            "base_url": base_url,
            "calls_per_minute": 6000,
            "back_off_s": 0,
            "limit_wait_s": 0,
        }


class Kept(NoAccess):
    """Keeps bars in memory, and what it was told."""

    def __init__(self):
        self.frames = {}
        self.told = []
        self.done = []

    def read_bars(self, key):
        return self.frames.get(json.dumps(key))

    def keep_bars(self, key, frame):
        kept = frame.copy()
        kept.attrs = dict(frame.attrs)
        self.frames[json.dumps(key)] = kept

    def log(self, message, *, level="info"):
        self.told.append((level, message))

    def progress(self, ticker, done, total):
        self.done.append((ticker, done, total))


def source(params, access=None):
    made = AlphaVantage("alpha_vantage", AlphaVantage.Params.model_validate(params))
    made.access = access or NoAccess()
    return made


def load(params, tickers=("AAPL",), start=None, end=None, interval="1d", access=None):
    return source(params, access).load_data(tickers, start, end, interval)


def refusal(params, tickers=("AAPL",), start=None, end=None, interval="1d", access=None):
    with pytest.raises(qlop.DataError) as caught:
        load(params, tickers, start, end, interval, access)
    assert KEY not in everything_in(caught.value)
    return str(caught.value)


def everything_in(error):
    """Return the traceback of an error with its causes, and what each of them carries."""
    texts = ["".join(traceback.format_exception(error))]
    while error is not None:
        texts += [repr(error), repr(vars(error)), repr(getattr(error, "_request", None) and error.request.url)]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


class TestAlphaVantage(DataSourceContractSuite):
    plugin_class = AlphaVantage
    tickers = ("AAPL", "IBM")

    @pytest.fixture(autouse=True)
    def _served(self, params):
        self.served = params

    def params_in(self, folder: Path):
        return self.served


def test_daily_bars_are_raw_with_dividends_and_splits(params, service):
    panel = load(params, ["AAPL", "IBM"])
    assert list(panel.columns) == ["open", "high", "low", "close", "volume", "dividend", "split"]
    assert len(panel) == 800
    own = panel.xs("AAPL", level="ticker")
    assert own["dividend"][own["dividend"] != 0.0].to_dict() == {service.days[200].tz_localize("UTC"): 0.25}
    assert own["split"][own["split"] != 1.0].to_dict() == {service.days[300].tz_localize("UTC"): 2.0}
    assert own["close"].iloc[-1] == float(f"{service._price(service.days[-1], 'AAPL'):.4f}")
    assert panel.attrs == {"adjustment": "raw"}


def test_every_ticker_is_told(params):
    access = Kept()
    load(params, ["IBM", "AAPL"], access=access)
    assert access.done == [("IBM", 1, 2), ("AAPL", 2, 2)]


def test_what_is_kept_is_not_asked_for_again(params, service):
    access = Kept()
    first = load(params, end=date(2024, 6, 1), access=access)
    again = load(params, end=date(2024, 6, 1), access=access)
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert len(service.asked) == 1


def test_an_interrupted_download_goes_on_with_the_ticker_that_lacks(params, service):
    access = Kept()
    service.says = [(200, service._daily({"symbol": "AAPL", "outputsize": "full"})), (200, SPENT)]
    assert "used up" in refusal(params, ["AAPL", "IBM"], end=date(2024, 6, 1), access=access)
    load(params, ["AAPL", "IBM"], end=date(2024, 6, 1), access=access)
    assert [query["symbol"] for query in service.asked] == ["AAPL", "IBM", "IBM"]


def test_recent_bars_are_asked_for_in_the_compact_form(params, service):
    service.days = pd.bdate_range(end=datetime.now(UTC).date(), periods=400)
    panel = load(params, start=datetime.now(UTC).date() - timedelta(days=30))
    assert [query["outputsize"] for query in service.asked] == ["compact"]
    assert 18 <= len(panel) <= 23


def test_a_compact_answer_that_does_not_reach_back_is_followed_by_a_full_one(params, service):
    # An instrument that trades on all days of the week.
    service.days = pd.date_range(end=datetime.now(UTC).date(), periods=400)
    panel = load(params, start=datetime.now(UTC).date() - timedelta(days=120))
    assert [query["outputsize"] for query in service.asked] == ["compact", "full"]
    assert len(panel) == 121


def test_rewritten_history_is_fetched_anew(params, service):
    access = Kept()
    load(params, end=date(2024, 3, 1), access=access)
    service.scale = 0.5
    panel = load(params, access=access)
    assert panel["close"].max() < 60


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


def test_dates_without_bars_are_refused(params):
    assert "has no '1d' bars of 'AAPL' from 1990-01-01 to 1991-01-01" in refusal(
        params, start=date(1990, 1, 1), end=date(1991, 1, 1)
    )


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ({"tickers": None}, "Name yours under data.tickers"),
        ({"interval": "1wk"}, "has no '1wk' bars; it has 1d and 1m, 5m, 15m, 30m, 60m, 1h"),
        ({"interval": "5m"}, "Set data.start_date"),
    ],
)
def test_what_cannot_be_asked_is_refused_without_a_call(params, service, wanted, part):
    assert part in refusal(params, **wanted)
    assert service.asked == []


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        (UNKNOWN, Meaning.UNKNOWN),
        (BAD_KEY, Meaning.BAD_KEY),
        (DEMO, Meaning.BAD_KEY),
        (PREMIUM, Meaning.PREMIUM),
        (BUSY, Meaning.BUSY),
        (OLD_BUSY, Meaning.BUSY),
        (SPENT, Meaning.SPENT),
        ({"Information": "Closed on Sundays."}, Meaning.OTHER),
        ({}, Meaning.OTHER),
        ([], Meaning.OTHER),
        ({"Time Series (Daily)": {}, **OLD_BUSY}, Meaning.BARS),
    ],
)
def test_each_answer_is_told_as_what_it_is(body, meaning):
    assert meaning_of(body)[0] is meaning


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (BAD_KEY, "the key is refused. Correct what data_source_params.key refers to"),
        (PREMIUM, "TIME_SERIES_DAILY_ADJUSTED in this form is for premium keys"),
        (SPENT, "the key's calls of the day are used up. Go on tomorrow"),
        ({"Information": "Closed on Sundays."}, "It said: Closed on Sundays."),
        ({}, "an answer without bars and without a message"),
        (f"<html>{KEY}</html>", "something else than JSON: '<html>***</html>'"),
    ],
)
def test_a_fault_that_does_not_pass_ends_it_at_the_first_call(params, service, body, part):
    service.says = [(200, body)]
    assert part in refusal(params)
    assert len(service.asked) == 1


@pytest.mark.parametrize("fault", [(200, BUSY), (200, OLD_BUSY), (503, "later"), (429, f"slow {KEY}"), (None, None)])
def test_a_fault_that_passes_is_borne_and_told(params, service, fault):
    access = Kept()
    service.says = [fault, fault]
    assert len(load({**params, "back_off_s": 0.001, "limit_wait_s": 0.001}, access=access)) == 400
    assert len(service.asked) == 3
    assert sum("call 2 of 4 follows" in message for _, message in access.told) == 1
    assert KEY not in str(access.told)


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ((200, BUSY), "Lower data_source_params.calls_per_minute"),
        ((503, "later"), "HTTP status 503"),
        ((None, None), "cannot be reached"),
    ],
)
def test_a_fault_that_stays_ends_it_with_the_next_step(params, service, fault, part):
    service.says = [fault] * 3
    message = refusal({**params, "attempts": 3})
    assert "gave no bars of AAPL in 3 calls" in message
    assert part in message
    assert len(service.asked) == 3


def test_a_redirection_is_not_followed(params, service):
    service.says = [(302, "elsewhere")]
    assert "HTTP status 302" in refusal(params)


def test_a_service_that_is_not_there_is_told(params):
    assert "cannot be reached" in refusal({**params, "base_url": "http://127.0.0.1:1", "attempts": 1})


def test_a_waiting_run_can_be_cancelled(params, service):
    class Cancelled(NoAccess):
        n_looks = 0

        def check_cancelled(self):
            self.n_looks += 1
            if self.n_looks > 1:
                raise qlop.RunCancelled("cancelled")

    service.says = [(200, BUSY)]
    with pytest.raises(qlop.RunCancelled):
        load({**params, "limit_wait_s": 3600}, access=Cancelled())


@pytest.mark.parametrize(
    ("cells", "part"),
    [
        ({"4. close": "abc"}, "AAPL at 2024-06-03, close: 'abc' is no number"),
        ({"4. close": None}, "AAPL at 2024-06-03, close: None stands where a number in quotes is due"),
        ({"4. close": 10.5}, "10.5 stands where a number in quotes is due"),
        ({"2. high": "1.0"}, "AAPL at 2024-06-03 00:00:00+00:00: high of AAPL at 2024-06-03 is 1.0, below its low"),
        ({"6. volume": "-1"}, "volume of AAPL at 2024-06-03 is -1.0"),
    ],
)
def test_a_cell_that_is_no_price_is_named(params, service, cells, part):
    service.cells = {"2024-06-03": cells}
    assert part in refusal(params)


def test_calls_are_spread_over_the_minute():
    bucket = TokenBucket(60.0)
    assert [bucket.wait_s(now) for now in (100.0, 100.0, 100.0)] == [0.0, 1.0, 2.0]
    assert bucket.wait_s(103.5) == 0.0
    assert bucket.wait_s(1000.0) == 0.0
    assert bucket.wait_s(1000.0) == 1.0, "a long pause saves up one call and no more"


def test_a_wait_for_the_rate_is_told_and_can_be_cancelled(params, service):
    class CancelledWhileWaiting(Kept):
        def check_cancelled(self):
            if self.told:
                raise qlop.RunCancelled("cancelled")

    access = CancelledWhileWaiting()
    with pytest.raises(qlop.RunCancelled):
        load({**params, "calls_per_minute": 1}, ["AAPL", "IBM"], access=access)
    assert len(service.asked) == 1
    assert [level for level, message in access.told if "IBM: calls stay within the key's rate" in message] == ["info"]


@pytest.mark.parametrize(
    "base_url",
    [
        "http://www.alphavantage.co",
        "http://127.0.0.1.evil.example",
        "ftp://127.0.0.1",
        "https://",
        "https://ann:pw@example.org",
        "https://example.org/?a=b",
    ],
)
def test_the_key_is_sent_to_no_unsafe_place(base_url):
    with pytest.raises(ValidationError, match="base_url must"):
        AlphaVantage.Params.model_validate({"key": "env:A", "base_url": base_url})


def test_an_empty_key_is_told(params, monkeypatch):
    monkeypatch.setenv("ALPHA_VANTAGE_KEY", "  ")
    assert "refers to an empty text" in refusal(params)


@pytest.mark.parametrize("fault", [None, (200, SPENT), (500, f"{KEY} failed"), (200, f"{KEY}"), (None, None)])
def test_a_run_leaves_its_key_nowhere(params, service, fault, tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("QLOP_CACHE_DIR", str(tmp_path / "cache"))
    caplog.set_level(logging.DEBUG)
    service.says = [fault] * 3 if fault else []
    config = {
        "mode": "inspect_data",
        "data": {
            "data_source_type": "alpha_vantage",
            "data_source_params": {**params, "attempts": 2},
            "tickers": ["AAPL"],
        },
    }
    told = ""
    try:
        outcome = qlop.run(config, home=tmp_path / "home")
    except qlop.QlopError as error:
        told = everything_in(error)
        assert fault is not None
    else:
        assert outcome.metrics["n_rows"] == 400
        assert fault is None
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "events.jsonl" for path in files)
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    assert KEY not in told
    assert KEY not in caplog.text
    assert KEY not in "".join(capfd.readouterr())
    assert any("env:ALPHA_VANTAGE_KEY" in path.read_text(errors="replace") for path in files), "the reference is kept"


def test_a_key_in_the_config_itself_is_refused(params, tmp_path):
    config = {
        "mode": "inspect_data",
        "data": {
            "data_source_type": "alpha_vantage",
            "data_source_params": {**params, "key": KEY},
            "tickers": ["AAPL"],
        },
    }
    with pytest.raises(qlop.ConfigError, match="env:NAME or file:PATH") as caught:
        qlop.run(config, home=tmp_path / "home")
    assert KEY not in everything_in(caught.value)


def test_every_parameter_is_documented():
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    section = page.split("## `alpha_vantage`")[1].split("\n## ")[0]
    assert [name for name in AlphaVantage.Params.model_fields if name not in section] == []
