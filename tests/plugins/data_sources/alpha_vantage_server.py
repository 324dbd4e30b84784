"""A server of this machine that answers in AlphaVantage's documented shapes; all prices are made up."""

import json
import traceback
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
import qlop

from core.contracts.data_access import NoAccess
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
