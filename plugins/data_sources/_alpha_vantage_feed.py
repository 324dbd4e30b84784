"""One ticker's bars from AlphaVantage, with as few calls as they take.

1. Daily bars come in one call: the last 100 of them, or all where more are missing.
2. Intraday bars come a month a call, the newest first, and no month twice. Three months in a row without bars before
   months with some are the beginning of the history: nothing older is asked for.
3. Intraday bars as traded bear the dividends and splits of the daily ones, on the first bar of the ex-date in New York.
4. Where a month is refused, one more call tells whether the symbol is known at all.
5. A bar whose session or hour has not ended is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import qlop

from plugins.data_sources._alpha_vantage_answers import daily_bars, intraday_bars
from plugins.data_sources._alpha_vantage_sessions import EXCHANGE_ZONE, ended_bars

if TYPE_CHECKING:
    import pandas as pd

    from plugins.data_sources._alpha_vantage_client import Client

__all__ = ["SERVED_INTERVALS", "Feed", "with_events"]

SERVED_INTERVALS = {"1m": "1min", "5m": "5min", "15m": "15min", "30m": "30min", "60m": "60min", "1h": "60min"}

_COMPACT_BARS = 100  # what a call without outputsize=full brings
_SURELY_COMPACT_DAYS = 130  # as many days hold at most 94 weekdays
_MONTHS_AT_A_TIME = 6
_MONTHS_THAT_TELL = 3


class Feed:
    """What is asked for one ticker.

    Parameters
    ----------
    client : Client
        The conversation.
    ticker, interval : str
        What is asked for.
    is_adjusted, extended_hours : bool
        How intraday bars are to be.
    access : DataAccess
        Where months without bars are told.
    """

    def __init__(
        self,
        client: Client,
        ticker: str,
        interval: str,
        *,
        is_adjusted: bool,
        extended_hours: bool,
        access: qlop.DataAccess,
    ) -> None:
        self._client = client
        self._ticker = ticker
        self._interval = interval
        self._intraday_query = {
            "function": "TIME_SERIES_INTRADAY",
            "symbol": ticker,
            "interval": SERVED_INTERVALS.get(interval, interval),
            "adjusted": "true" if is_adjusted else "false",
            "extended_hours": "true" if extended_hours else "false",
        }
        self._extended_hours = extended_hours
        self._access = access
        self._months: dict[date, pd.DataFrame | None] = {}
        self._begins = date.min
        self._is_known = False

    def daily(self, start: date | None, end: date | None) -> pd.DataFrame:
        """Return daily bars from start to end."""
        is_recent = start is not None and (_today() - start).days <= _SURELY_COMPACT_DAYS
        bars = self._daily("compact" if is_recent else "full")
        if is_recent and len(bars) >= _COMPACT_BARS and bars["timestamp"].iloc[0].date() > start:
            bars = self._daily("full")
        return self._ended(_between(bars, start, end), "1d")

    def intraday(self, start: date | None, end: date | None) -> pd.DataFrame:
        """Return intraday bars whose UTC dates lie from start to end."""
        import pandas as pd

        if start is None:
            raise qlop.DataError("AlphaVantage's intraday bars need a first date. Set data.start_date.")
        parts: list[pd.DataFrame] = []
        absent: list[date] = []
        # After 19:00 in New York the next day has begun in UTC.
        for month in _months_back(end or _today(), start - timedelta(days=int(self._extended_hours))):
            if month < self._begins:
                break
            bars = self._month(month)
            if bars is not None:
                parts, absent = [bars, *parts], []
                continue
            absent.append(month)
            if parts and len(absent) == _MONTHS_THAT_TELL:
                self._begins = month
                self._access.log(
                    f"{self._ticker}: no bars in {month:%Y-%m} to {absent[0]:%Y-%m}; older are not asked for"
                )
        every = pd.concat(parts, ignore_index=True) if parts else intraday_bars(_NO_BARS, self._ticker)
        return self._ended(_between(every, start, end), self._interval)

    def starts(self, start: date, end: date | None) -> Iterator[date]:
        """Yield ever earlier first dates down to `start`: what is kept after each is not asked for again."""
        for number, month in enumerate(_months_back(end or _today(), start), start=1):
            if number % _MONTHS_AT_A_TIME == 0 and month > start:
                yield month
        yield start

    def _ended(self, bars: pd.DataFrame, interval: str) -> pd.DataFrame:
        ended = ended_bars(bars, interval, datetime.now(UTC))
        if len(ended) < len(bars):
            first = bars["timestamp"].iloc[len(ended)]
            self._access.log(f"{self._ticker}: the bar of {first:%Y-%m-%d %H:%M} has not ended and is left out")
        return ended

    def _daily(self, size: str) -> pd.DataFrame:
        query = {"function": "TIME_SERIES_DAILY_ADJUSTED", "symbol": self._ticker, "outputsize": size}
        body = self._client.ask(self._ticker, query)
        if body is None:
            raise self._unknown()
        return daily_bars(body, self._ticker)

    def _month(self, month: date) -> pd.DataFrame | None:
        if month not in self._months:
            query = {**self._intraday_query, "month": f"{month:%Y-%m}", "outputsize": "full"}
            body = self._client.ask(self._ticker, query)
            if body is None and not self._is_known:
                self._refuse_unknown()
            self._is_known = True
            self._months[month] = None if body is None else intraday_bars(body, self._ticker)
        return self._months[month]

    def _refuse_unknown(self) -> None:
        if self._client.ask(self._ticker, self._intraday_query) is None:
            raise self._unknown()

    def _unknown(self) -> qlop.DataError:
        return qlop.DataError(
            f"AlphaVantage knows no symbol {self._ticker!r}, or has no such bars of it. Correct data.tickers; symbols "
            "of other exchanges bear a suffix, such as TSCO.LON or SHOP.TRT."
        )


def with_events(bars: pd.DataFrame, daily: pd.DataFrame) -> pd.DataFrame:
    """Return intraday bars with the dividend and split of daily ones, each on the first bar from its ex-date on.

    What was paid before the first bar is left out: nobody who buys at one of these bars gets it.
    """
    import numpy as np

    dividend, split = np.zeros(len(bars)), np.ones(len(bars))
    sessions = bars["timestamp"].dt.tz_convert(EXCHANGE_ZONE).dt.tz_localize(None).dt.normalize().to_numpy()
    ex_dates = daily["timestamp"].dt.tz_localize(None).to_numpy()
    events = ((daily["dividend"] != 0.0) | (daily["split"] != 1.0)).to_numpy() & (ex_dates >= sessions[0])
    for row in np.flatnonzero(events):
        first = int(np.searchsorted(sessions, ex_dates[row]))
        if first < len(bars):
            dividend[first] += daily["dividend"].iloc[row]
            split[first] *= daily["split"].iloc[row]
    return bars.assign(dividend=dividend, split=split)


_NO_BARS = {"Meta Data": {"6. Time Zone": "UTC"}, "Time Series": {}}


def _today() -> date:
    return datetime.now(UTC).date()


def _months_back(last: date, first: date) -> Iterator[date]:
    """Yield the first day of each month from that of `last` back to that of `first`; none lies in the future."""
    month = min(last, _today()).replace(day=1)
    while month >= first.replace(day=1):
        yield month
        month = (month - timedelta(days=1)).replace(day=1)


def _between(bars: pd.DataFrame, start: date | None, end: date | None) -> pd.DataFrame:
    import pandas as pd

    times = bars["timestamp"]
    first = times.min() if start is None else pd.Timestamp(start, tz="UTC")
    beyond = times.max() if end is None else pd.Timestamp(end, tz="UTC") + pd.Timedelta(days=1)
    return bars[(times >= first) & (times <= beyond if end is None else times < beyond)].reset_index(drop=True)
