"""Prices from AlphaVantage. docs/data.md shows it at work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import urlsplit

import qlop
from pydantic import Field, SecretStr, field_validator

if TYPE_CHECKING:
    import pandas as pd

    from plugins.data_sources._alpha_vantage_client import Client
    from plugins.data_sources._alpha_vantage_feed import Feed

    Fetch = Callable[[date | None, date | None], pd.DataFrame]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class AlphaVantage(qlop.DataSourcePlugin):
    """AlphaVantage's daily bars with dividends and splits, and its intraday bars, with a key of your own.

    What was loaded is kept in the cache, so that a run asks only for what is missing, and an interrupted one goes on
    where it stopped. Calls are spread over time as the key allows.
    """

    name = "alpha_vantage"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    default_tickers: ClassVar[tuple[str, ...] | None] = ()

    class Params(qlop.Params):
        """Parameters of `alpha_vantage`."""

        key: SecretStr = Field(description="Where the key is kept: env:ALPHA_VANTAGE_KEY or file:PATH.")
        calls_per_minute: float = Field(
            default=60.0, gt=0.0, le=6000.0, description="What the key allows; free ones one a second, and 25 a day."
        )
        intraday_prices: Literal["raw", "total_return"] = Field(
            default="total_return", description="Intraday bars as traded, or adjusted for splits and dividends."
        )
        extended_hours: bool = Field(default=False, description="Intraday bars before and after the session too.")
        retries: int = Field(default=3, ge=0, le=20, description="How often to ask again where the service is away.")
        back_off_s: float = Field(
            default=2.0, ge=0.0, le=300.0, description="Seconds before the second try; they double from try to try."
        )
        limit_wait_s: float = Field(
            default=60.0, ge=0.0, le=3600.0, description="Least wait after an answer that asks for fewer calls."
        )
        timeout_s: float = Field(default=30.0, ge=0.1, le=600.0, description="Longest wait for an answer.")
        refresh: bool = Field(default=False, description="Load everything anew and replace what is kept.")
        base_url: str = Field(
            default="https://www.alphavantage.co", description="Where the service is; https, or this machine."
        )

        @field_validator("base_url")
        @classmethod
        def _key_travels_safely(cls, base_url: str) -> str:
            address = urlsplit(base_url)
            is_safe = address.scheme == "https" or (address.scheme == "http" and address.hostname in _LOOPBACK)
            if not is_safe or not address.hostname:
                raise ValueError("base_url must be https://HOST, or http:// of this machine: the key is sent there")
            if address.username is not None or address.password is not None or address.query or address.fragment:
                raise ValueError("base_url must hold no user, no password, no ? and no #")
            return base_url.rstrip("/")

    params: Params

    def load_data(
        self, tickers: Sequence[str] | None, start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        """Return AlphaVantage's bars of the tickers that lie from start to end.

        Raises
        ------
        DataError
            If no ticker is named, one is unknown, the interval is not held, the key is refused or its limit reached, no
            answer comes, or the bars break a promise of the price panel.
        """
        from plugins.data_sources._alpha_vantage_client import open_client

        wanted = _checked(tickers, start, interval)
        parts = []
        with open_client(self.params, self._key(), self.access) as client:
            for done, ticker in enumerate(wanted, start=1):
                self.access.check_cancelled()
                parts.append(self._bars_of(client, ticker, start, end, interval))
                self.access.progress(ticker, done, len(wanted))
        return self._panel(parts, start, end, interval)

    def _key(self) -> str:
        key = qlop.resolve_secret(self.params.key.get_secret_value()).strip()
        if not key:
            raise qlop.DataError(
                "data_source_params.key refers to an empty text; it must lead to the key. AlphaVantage gives free ones "
                "at https://www.alphavantage.co/support/#api-key"
            )
        return key

    def _bars_of(
        self, client: Client, ticker: str, start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        from plugins.data_sources._alpha_vantage_feed import Feed

        params = self.params
        feed = Feed(
            client,
            ticker,
            interval,
            is_adjusted=params.intraday_prices == "total_return",
            extended_hours=params.extended_hours,
            access=self.access,
        )
        bars = self._completed(feed, ticker, start, end, interval)
        if bars.empty:
            raise qlop.DataError(
                f"AlphaVantage has no {interval!r} bars of {ticker!r} from {start or 'the first bar'} to "
                f"{end or 'the last bar'}. Choose other dates."
            )
        return bars.assign(ticker=ticker)

    def _completed(self, feed: Feed, ticker: str, start: date | None, end: date | None, interval: str) -> pd.DataFrame:
        from plugins.data_sources._alpha_vantage_feed import with_events

        if interval == "1d" or start is None:
            return self._kept(feed.daily, ticker, start, end)
        for first in feed.starts(start, end):
            bars = self._kept(feed.intraday, ticker, first, end, interval)
        if self.params.intraday_prices == "total_return" or bars.empty:
            return bars
        return with_events(bars, self._kept(feed.daily, ticker, start, end))

    def _kept(
        self, fetch: Fetch, ticker: str, start: date | None, end: date | None, interval: str = "1d"
    ) -> pd.DataFrame:
        from qlop.engine import incremental_bars

        from plugins.data_sources._sound_bars import sound_bars

        # The user's key is not in it: whoever has another one gets the same bars.
        kept_as = {
            "source": self.name,
            "version": self.version,
            "base_url": self.params.base_url,
            "ticker": ticker,
            "interval": interval,
        }
        if interval != "1d":
            kept_as |= {"prices": self.params.intraday_prices, "extended_hours": str(self.params.extended_hours)}

        def sound(first: date | None, last: date | None) -> pd.DataFrame:
            return sound_bars(fetch(first, last), ticker, "AlphaVantage")

        return incremental_bars(self.access, kept_as, start, end, sound, interval=interval, refresh=self.params.refresh)

    def _panel(
        self, parts: Sequence[pd.DataFrame], start: date | None, end: date | None, interval: str
    ) -> pd.DataFrame:
        import pandas as pd
        from qlop.engine import panel_from_rows

        rows = pd.concat(parts, ignore_index=True).astype({"ticker": "str"})
        panel = panel_from_rows(
            rows,
            origin="AlphaVantage",
            origin_of_row=lambda row: f"AlphaVantage, {rows['ticker'].iloc[row]} at {rows['timestamp'].iloc[row]}",
            start=start,
            end=end,
        )
        panel.attrs["adjustment"] = "raw" if interval == "1d" else self.params.intraday_prices
        return panel


def _checked(tickers: Sequence[str] | None, start: date | None, interval: str) -> Sequence[str]:
    from plugins.data_sources._alpha_vantage_feed import SERVED_INTERVALS

    if interval != "1d" and interval not in SERVED_INTERVALS:
        raise qlop.DataError(
            f"Data source 'alpha_vantage' has no {interval!r} bars; it has 1d and {', '.join(SERVED_INTERVALS)}. Set "
            "data.interval to one of them."
        )
    if tickers is None:
        raise qlop.DataError("Data source 'alpha_vantage' has no tickers of its own. Name yours under data.tickers.")
    if interval != "1d" and start is None:
        raise qlop.DataError(
            "Data source 'alpha_vantage' asks for intraday bars a month a call, so it needs to know the first one. Set "
            "data.start_date."
        )
    return tickers
