"""Prices of Yahoo Finance, through the library yfinance. docs/data.md says what they are and how they are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import qlop
from pydantic import Field

from plugins.data_sources._sound_bars import sound_bars
from plugins.data_sources._yahoo_bars import INTERVALS, Question, as_bars, as_traded, no_bars
from plugins.data_sources._yahoo_dividends import take_currency, unsaid_findings
from plugins.data_sources._yahoo_session import NoBarsError, WatchedSession, own_errors, own_settings
from plugins.data_sources._yahoo_trimming import Trimming

if TYPE_CHECKING:
    import pandas as pd

_SYMBOL = re.compile(r"[A-Za-z0-9.^=&_-]{1,40}")


class YFinance(qlop.DataSourcePlugin):
    """Yahoo Finance: stocks, funds, indices, currencies and futures of many exchanges, one request a ticker.

    Yahoo's prices, dividends and volumes are those of today's shares (adjusted for splits), in each exchange's own
    currency; adjusted_close has the dividends too. Fetched bars are kept, and only what is missing is fetched; a
    session that has not ended is left out. Yahoo's terms allow personal use.

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
    default_tickers: ClassVar[tuple[str, ...] | None] = ("SPY",)

    session: Any = None

    class Params(qlop.Params):
        """Parameters of `yfinance`."""

        prices: Literal["splits", "raw"] = Field(
            default="splits",
            description="Of today's shares, as Yahoo shows them; or as traded, rebuilt from its splits.",
        )
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
            it is busy or away at every try; if a dividend is in another currency than the prices; or if the bars break
            a promise of the price panel.
        """
        import pandas as pd
        from qlop.engine import panel_from_rows

        wanted = tuple((self.default_tickers or ()) if tickers is None else tickers)
        self._refuse_what_yahoo_cannot_have(wanted, interval)
        parts, currencies, unsaid = [], {}, []
        for done, ticker in enumerate(wanted, 1):
            self.access.check_cancelled()
            held = self._bars_of(ticker, start, end, interval)
            bars, currencies[ticker], dividends = take_currency(held, self._who(ticker), ticker)
            unsaid.append(dividends)
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
        panel.attrs |= {"adjustment": self.params.prices, "currencies": currencies}
        if findings := unsaid_findings(unsaid):
            panel.attrs["findings"] = findings
        return panel

    def _who(self, ticker: str) -> str:
        return f"Data source {self.name!r}: {ticker}"

    def _refuse_what_yahoo_cannot_have(self, tickers: Sequence[str], interval: str) -> None:
        if self.params.prices == "raw" and interval != "1d":
            raise qlop.DataError(
                f"Data source {self.name!r} rebuilds traded prices for daily bars alone, as a split may lie within a "
                f"longer or shorter one; data.interval is {interval!r}. Set data_source_params.prices to splits."
            )
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
        trimming = Trimming(self._who(ticker), ticker, self.access)
        if self.params.prices == "splits":
            bars = self._shown_bars(ticker, start, end, interval, trimming)
        else:
            # Yahoo's prices are of today's shares: all splits since then tell what was traded.
            shown = self._shown_bars(ticker, start, None, interval, trimming)
            bars = shown if shown.empty else as_traded(shown, trimming.splits_after(shown["timestamp"].iloc[-1]))
            bars = bars if end is None else bars[bars["timestamp"].dt.date <= end]
        if bars.empty:
            trimming.refuse_priceless()
            raise qlop.DataError(
                f"Data source {self.name!r}: Yahoo has no {interval} bar of {ticker} from {start or 'its first'} to "
                f"{end or 'its last'}; it may be delisted, or not listed yet. Change data.tickers or the dates."
            )
        return bars

    def _shown_bars(
        self, ticker: str, start: date | None, end: date | None, interval: str, trimming: Trimming
    ) -> pd.DataFrame:
        """Return the bars as Yahoo shows them, from the cache as far as it holds them."""
        from qlop.engine import Patience, ask_patiently, incremental_bars

        patience = Patience(self.params.retries, self.params.back_off_s)

        def cut_at(first: date | None, last: date | None) -> list[date]:
            return Question(ticker, first, last, interval).cuts(self.params.chunk_days)

        def fetch(first: date | None, last: date | None) -> pd.DataFrame:
            question = Question(ticker, first, last, interval)
            answer, trading = ask_patiently(lambda: self._asked_once(question), self.access, patience)
            return sound_bars(trimming.bars_of(answer, question, trading), ticker, "Yahoo")

        return incremental_bars(
            self.access,
            {"source": self.name, "form": 2, "ticker": ticker.upper(), "interval": interval},
            start,
            end,
            fetch,
            interval=interval,
            overlap_bars=self.params.overlap_bars,
            refresh=self.params.refresh,
            cut_at=cut_at,
        )

    def _asked_once(self, question: Question) -> tuple[pd.DataFrame, Mapping[str, Any]]:
        """Return Yahoo's bars, and what it says of the exchange's current session."""
        import yfinance  # type: ignore[import-untyped]

        try:
            with own_settings(), own_errors(self._who(question.ticker), self._watched):
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
                bars = as_bars(answer, question, self._watched.currencies)
                trading = ticker.history_metadata.get("currentTradingPeriod", {}).get("regular", {})
                return bars, trading
        except NoBarsError:
            return no_bars(), {}

    @cached_property
    def _watched(self) -> WatchedSession:
        from curl_cffi.requests import Session

        return WatchedSession(self.session or Session(impersonate="chrome"))
