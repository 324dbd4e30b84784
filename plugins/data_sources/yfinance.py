"""Prices of Yahoo Finance, through the library yfinance. docs/data.md says what they are and how they are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import qlop
from pydantic import Field

from plugins.data_sources._yahoo_bars import INTERVALS, Question, as_bars, no_bars
from plugins.data_sources._yahoo_session import NoBarsError, WatchedSession, own_errors, own_settings

if TYPE_CHECKING:
    import pandas as pd

_SYMBOL = re.compile(r"[A-Za-z0-9.^=&_-]{1,40}")
_PRICES = ["open", "high", "low", "close"]


class YFinance(qlop.DataSourcePlugin):
    """Yahoo Finance: stocks, funds, indices, currencies and futures of many exchanges, one request a ticker.

    Yahoo's prices, dividends and volumes are those of today's shares (adjusted for splits); adjusted_close has the
    dividends too. Fetched bars are kept, and only what is missing is fetched; a session that has not ended is left out.
    Yahoo's terms allow personal use.

    Attributes
    ----------
    session : object or None
        The session of `requests` or `curl_cffi` that asks; None: a new one that looks like a browser to Yahoo.
    """

    name = "yfinance"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    price_indices: ClassVar[frozenset[str]] = frozenset({"^GSPC", "^IXIC", "^DJI", "^RUT", "^NDX", "^FTSE", "^N225"})
    survivorship: ClassVar[str] = (
        "Yahoo lists what trades today: most stocks that were delisted, merged or went bankrupt are missing, so that a "
        "list of tickers made today leaves out the losers of its past."
    )
    default_tickers: ClassVar[tuple[str, ...]] = ("SPY",)

    session: Any = None

    class Params(qlop.Params):
        """Parameters of `yfinance`."""

        retries: int = Field(default=5, ge=0, le=20, description="How often to ask again where Yahoo is busy or away.")
        back_off_s: float = Field(
            default=2.0, ge=0.0, le=300.0, description="Seconds before the second try; they double from try to try."
        )
        timeout_s: float = Field(default=30.0, gt=0.0, le=600.0, description="Seconds that one answer may take.")
        chunk_days: int | None = Field(
            default=None,
            ge=1,
            le=36_500,
            description="Days that one request spans; null: all of them, and 7 for bars of a minute, as Yahoo allows.",
        )
        overlap_bars: int = Field(
            default=5, ge=1, le=1_000, description="Kept bars that are fetched again, to notice a rewritten history."
        )
        refresh: bool = Field(default=False, description="Fetch everything anew and replace what is kept.")

    params: Params

    def load_data(
        self, tickers: Sequence[str] | None, start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        """Return Yahoo's bars of the tickers (SPY where none is named) that lie from start to end.

        Raises
        ------
        DataError
            If Yahoo knows no such ticker, has no price of it in the dates or answers something that cannot be read; if
            it is busy or away at every try; or if the bars break a promise of the price panel.
        """
        import pandas as pd
        from qlop.engine import panel_from_rows

        wanted = tuple(self.default_tickers if tickers is None else tickers)
        self._refuse_what_yahoo_cannot_have(wanted, interval)
        parts = []
        for done, ticker in enumerate(wanted, 1):
            self.access.check_cancelled()
            bars = self._bars_of(ticker, start, end, interval)
            parts.append(bars.assign(ticker=pd.Series(ticker, index=bars.index, dtype="str")))
            self.access.progress(ticker, done, len(wanted))
        rows = pd.concat(parts, ignore_index=True)
        panel = panel_from_rows(
            rows,
            origin="Yahoo",
            origin_of_row=lambda row: f"Yahoo's answer for {rows['ticker'].iloc[row]}",
            start=start,
            end=end,
        )
        panel.attrs["adjustment"] = "splits"
        return panel

    def _refuse_what_yahoo_cannot_have(self, tickers: Sequence[str], interval: str) -> None:
        if interval not in INTERVALS:
            raise qlop.DataError(
                f"Data source {self.name!r} has no {interval!r} bars; data.interval must be one of "
                f"{', '.join(INTERVALS)}."
            )
        for ticker in tickers:
            if not _SYMBOL.fullmatch(ticker):
                raise qlop.DataError(
                    f"Data source {self.name!r}: {ticker[:80]!r} is no symbol of Yahoo; such as AAPL, BRK-B, VOD.L, "
                    "^GSPC, EURUSD=X or BTC-USD. Look it up at Yahoo Finance and correct data.tickers."
                )

    def _bars_of(self, ticker: str, start: date | None, end: date | None, interval: str) -> pd.DataFrame:
        from qlop.engine import incremental_bars

        def fetch(first: date | None, last: date | None) -> pd.DataFrame:
            return self._fetched(Question(ticker, first, last, interval))

        bars = incremental_bars(
            self.access,
            {"source": self.name, "form": 1, "ticker": ticker.upper(), "interval": interval},
            start,
            end,
            fetch,
            interval=interval,
            overlap_bars=self.params.overlap_bars,
            refresh=self.params.refresh,
        )
        if bars.empty:
            raise qlop.DataError(
                f"Data source {self.name!r}: Yahoo has no {interval} bar of {ticker} from {start or 'its first'} to "
                f"{end or 'its last'}; it may be delisted, or not listed yet. Change data.tickers or the dates."
            )
        return bars

    def _fetched(self, question: Question) -> pd.DataFrame:
        import pandas as pd
        from qlop.engine import Patience, ask_patiently

        patience = Patience(self.params.retries, self.params.back_off_s)
        parts = [
            ask_patiently(lambda part=part: self._asked_once(part), self.access, patience)  # type: ignore[misc]
            for part in question.parts(self.params.chunk_days)
        ]
        full = [part for part in parts if len(part)]
        if not full:
            return parts[0]
        return self._without_empty_bars(pd.concat(full, ignore_index=True), question.ticker)

    def _asked_once(self, question: Question) -> pd.DataFrame:
        import yfinance  # type: ignore[import-untyped]

        try:
            with own_settings(), own_errors(f"Data source {self.name!r}: {question.ticker}", self._watched):
                ticker = yfinance.Ticker(question.ticker, session=self._watched.session)
                answer = ticker.history(
                    start=question.first or question.earliest,
                    end=question.last and question.last + timedelta(days=1),
                    interval=question.interval,
                    auto_adjust=False,
                    actions=True,
                    keepna=True,
                    timeout=self.params.timeout_s,
                )
                trading = ticker.history_metadata.get("currentTradingPeriod", {}).get("regular", {})
                bars = as_bars(answer, question.interval)
        except NoBarsError:
            return no_bars()
        return self._finished(bars, question, trading)

    @cached_property
    def _watched(self) -> WatchedSession:
        from curl_cffi.requests import Session

        return WatchedSession(self.session or Session(impersonate="chrome"))

    def _finished(self, bars: pd.DataFrame, question: Question, trading: Mapping[str, Any]) -> pd.DataFrame:
        """Return the bars without the one whose session, week or month has not ended."""
        import pandas as pd

        if bars.empty:
            return bars
        now, last = pd.Timestamp.now("UTC"), bars["timestamp"].iloc[-1]
        ends = last + question.length
        if question.interval == "1d" and trading:
            ends = trading["end"] if last.date() == trading["start"].date() else last
        if ends <= now:
            return bars
        self.access.log(f"{question.ticker}: the bar of {last:%Y-%m-%d %H:%M} has not ended and is left out")
        return bars.iloc[:-1]

    def _without_empty_bars(self, bars: pd.DataFrame, ticker: str) -> pd.DataFrame:
        """Return the bars that have prices; Yahoo writes nulls for days on which there was no trade."""
        empty = bars[_PRICES].isna().all(axis=1)
        if not empty.any():
            return bars
        who = f"Data source {self.name!r}: {ticker}"
        if empty.all():
            raise qlop.DataError(
                f"{who}: Yahoo gives {len(bars)} bars from {bars['timestamp'].iloc[0]:%Y-%m-%d} to "
                f"{bars['timestamp'].iloc[-1]:%Y-%m-%d} and not one price in them; it may be delisted or misspelt. "
                "Look the symbol up at Yahoo Finance, and correct data.tickers."
            )
        events = empty & ((bars["dividend"] != 0.0) | (bars["split"] != 1.0))
        events &= bars["timestamp"] < bars.loc[~empty, "timestamp"].iloc[-1]  # later ones have no bar yet to stand in
        if events.any():
            raise qlop.DataError(
                f"{who}: Yahoo has a dividend or split on {bars.loc[events, 'timestamp'].iloc[0]:%Y-%m-%d} and no "
                "price there, so it is not known what a holder got. Choose dates without it, or take the ticker out."
            )
        first = bars.loc[empty, "timestamp"].iloc[0]
        told = f"{ticker}: {int(empty.sum())} bars without any price are left out, the first of {first:%Y-%m-%d}"
        self.access.log(told, level="warning")
        return bars[~empty].reset_index(drop=True)
