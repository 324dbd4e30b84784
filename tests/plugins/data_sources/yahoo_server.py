"""A server of this machine that answers as Yahoo's chart endpoint does, from made-up instruments.

The prices are random walks from a seed. Beside the walk as it was traded stands what Yahoo would show of it: prices,
dividends and volumes of today's shares, and an adjusted close.
"""

import json
import re
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import yfinance
from requests import Session
from requests.adapters import HTTPAdapter
from yfinance.data import SingletonMeta

from core.base.errors import RunCancelled
from core.contracts.data_access import NoAccess
from plugins.data_sources.yfinance import YFinance

LATE_2023 = date(2023, 11, 1)
NOT_FOUND = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
NOT_LISTED = {"code": "Bad Request", "description": "Data doesn't exist for startDate = 1, endDate = 2"}


class Run(NoAccess):
    """A run that notes what it hears and keeps bars in memory."""

    def __init__(self, frames=None, stops_at=None):
        self.frames = {} if frames is None else frames
        self.lines, self.steps, self._stops_at = [], [], stops_at

    def progress(self, ticker, done, total):
        self.steps.append((ticker, done, total))
        if ticker == self._stops_at:
            raise RunCancelled("asked to stop")

    def log(self, message, *, level="info"):
        self.lines.append((level, message))

    def read_bars(self, key):
        return self.frames.get(json.dumps(key))

    def keep_bars(self, key, frame):
        kept = frame.copy()
        kept.attrs = json.loads(json.dumps(frame.attrs))
        self.frames[json.dumps(key)] = kept


@contextmanager
def fresh_library(folder):
    """The real library, which remembers nothing of before and writes what it remembers to the folder."""
    SingletonMeta._instances.clear()
    yfinance.set_tz_cache_location(str(folder / "yfinance"))
    try:
        yield
    finally:
        SingletonMeta._instances.clear()


def source_of(new_session, run=None, **params):
    """The plugin with a session that asks the server, and a run."""
    made = YFinance("yfinance", YFinance.Params.model_validate({"back_off_s": 0.0, "retries": 3, **params}))
    made.session, made.access = new_session(), run or Run()
    return made


@dataclass(frozen=True)
class Instrument:
    """What Yahoo has of one symbol; each bar has a moment, events lie on bars' positions."""

    moments: list
    traded: np.ndarray
    zone: str = "America/New_York"
    splits: dict = field(default_factory=dict)
    dividends: dict = field(default_factory=dict)
    nulls: tuple = ()
    trading: tuple | None = None
    kind: str = "EQUITY"
    gains: dict = field(default_factory=dict)
    seven_digits: bool = False
    currency: str | None = "USD"
    paid_in: dict = field(default_factory=dict)

    @property
    def shares(self):
        """Today's shares for one of each bar's: the product of later splits."""
        ratio = np.ones(len(self.moments))
        for position, split in self.splits.items():
            ratio[:position] *= split
        return ratio

    def shown(self):
        """Open, high, low, close, volume, adjusted close and events as Yahoo shows them."""
        price = self.traded / self.shares[:, None]
        if self.seven_digits:  # as Yahoo's own prices have
            price = price.astype(np.float32).astype(np.float64)
        paid = {at: cash / self.shares[at] for at, cash in self.dividends.items()}
        adjusted = price[:, 3].copy()
        for at, cash in sorted(paid.items()):
            adjusted[:at] *= 1.0 - cash / price[at - 1, 3]
        return price, 1000.0 * self.shares, adjusted, paid


def days(first, n_days, zone="America/New_York", opens=time(9, 30)):
    """The opens of n weekdays from a date on."""
    found, day = [], first
    while len(found) < n_days:
        if day.weekday() < 5:
            found.append(datetime.combine(day, opens, ZoneInfo(zone)))
        day += timedelta(days=1)
    return found


def instrument(moments, seed=0, **options):
    """An instrument whose price walks from 100, high and low around it."""
    random = np.random.default_rng(seed)
    close = 100.0 * np.exp(0.01 * random.normal(size=len(moments)).cumsum())
    opens = close * (1.0 + 0.002 * random.normal(size=len(moments)))
    traded = np.column_stack([opens, np.maximum(opens, close) * 1.01, np.minimum(opens, close) * 0.99, close])
    made = Instrument(moments, traded, **options)
    # Splits change what one share is traded at.
    return replace(made, traded=traded * made.shares[:, None] / made.shares[0])


class Yahoo:
    """The server: what it has, what goes wrong next, and what it was asked."""

    def __init__(self):
        self.instruments = {}
        self.faults = deque()
        self.asked = []

    @property
    def charts(self):
        """Symbols of the questions for charts, without those for an exchange's zone."""
        return [symbol for symbol, asked in self.asked if "period1" in asked]

    def answer(self, path, asked):
        """Return status and body."""
        found = re.fullmatch(r"/v8/finance/chart/(.+)", path)
        if found is None:
            return (200, "crumb") if path.endswith("getcrumb") else (404, "<html>no</html>")
        symbol = unquote(found[1])
        self.asked.append((symbol, asked))
        if self.faults:
            return self.faults.popleft()
        if symbol not in self.instruments:
            return 404, error_body(NOT_FOUND)
        return 200, json.dumps(chart(symbol, self.instruments[symbol], asked))


def error_body(error):
    return json.dumps({"chart": {"result": None, "error": error}})


def chart(symbol, held, asked):
    """Return the answer for one symbol in the form of Yahoo's."""
    intraday = asked["interval"].endswith(("m", "h"))
    first, last = float(asked.get("period1", 0)), float(asked.get("period2", 1e12))
    stamps = [int(moment.timestamp()) for moment in held.moments]
    inside = [at for at, stamp in enumerate(stamps) if first <= stamp < last]
    price, volume, adjusted, paid = held.shown()

    def column(values):
        return [None if at in held.nulls else float(values[at]) for at in inside]

    indicators = {"quote": [{}]}
    if inside:
        names = ("open", "high", "low", "close")
        indicators = {"quote": [{name: column(price[:, place]) for place, name in enumerate(names)}]}
        indicators["quote"][0]["volume"] = column(volume)
        if not intraday:
            indicators["adjclose"] = [{"adjclose": column(adjusted)}]
    events = {
        "dividends": {
            str(stamps[at]): {"amount": paid[at], "date": stamps[at]}
            | ({"currency": held.paid_in.get(at, "")} if held.paid_in else {})
            for at in paid
            if at in inside
        },
        "capitalGains": {
            str(stamps[at]): {"amount": held.gains[at], "date": stamps[at]} for at in held.gains if at in inside
        },
        "splits": {
            str(stamps[at]): {"date": stamps[at], "numerator": held.splits[at], "denominator": 1, "splitRatio": "n:1"}
            for at in held.splits
            if at in inside
        },
    }
    result = {"meta": meta(symbol, held, intraday), "events": events, "indicators": indicators}
    if inside:
        result["timestamp"] = [stamps[at] for at in inside]
    return {"chart": {"result": [result], "error": None}}


def meta(symbol, held, intraday):
    starts, ends = held.trading or (held.moments[-1], held.moments[-1] + timedelta(hours=6, minutes=30))
    period = {"timezone": "X", "gmtoffset": 0, "start": int(starts.timestamp()), "end": int(ends.timestamp())}
    found = {
        "currency": held.currency,
        "symbol": symbol,
        "instrumentType": held.kind,
        "exchangeTimezoneName": held.zone,
        "priceHint": 2,
        "currentTradingPeriod": {"pre": dict(period), "regular": dict(period), "post": dict(period)},
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "5d", "max"],
    }
    if intraday:
        sessions = sorted({moment.date() for moment in held.moments})
        zone = ZoneInfo(held.zone)
        found["tradingPeriods"] = [
            [
                {
                    "timezone": "X",
                    "gmtoffset": 0,
                    "start": int(datetime.combine(day, time(9, 30), zone).timestamp()),
                    "end": int(datetime.combine(day, time(16, 0), zone).timestamp()),
                }
            ]
            for day in sessions
        ]
    return found


@contextmanager
def serving(yahoo):
    """Serve on a free port of this machine; yields a function that makes a session which asks it alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            status, body = yahoo.answer(parts.path, {key: value[0] for key, value in parse_qs(parts.query).items()})
            if status is None:  # hang up without a word
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    sessions = []

    def new_session():
        session = Session()
        session.trust_env = False
        session.mount("https://", ToThisMachine(server.server_port))
        sessions.append(session)
        return session

    try:
        yield new_session
    finally:
        for session in sessions:
            session.close()
        server.shutdown()
        server.server_close()
        thread.join()


class ToThisMachine(HTTPAdapter):
    """Sends what is meant for any host to a port of this machine."""

    def __init__(self, port):
        super().__init__()
        self.port = port

    def send(self, request, **options):
        parts = urlsplit(request.url)
        request.url = f"http://127.0.0.1:{self.port}{parts.path}?{parts.query}"
        return super().send(request, **options)
