"""What is asked of Yahoo for one ticker, and its answer as rows of a panel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from plugins.data_sources._yahoo_currency import ChartCurrencies

__all__ = ["INTERVALS", "Question", "as_bars", "as_traded", "no_bars"]

INTERVALS = ("1m", "2m", "5m", "15m", "30m", "60m", "90m", "1h", "1d", "1wk", "1mo", "3mo")

_REACH_DAYS = {"1m": 29, "60m": 729, "1h": 729}
_INTRADAY_REACH_DAYS = 59
_MINUTE_CHUNK_DAYS = 7
_EARLIEST = date(1927, 1, 1)
_COLUMNS = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Volume": "volume"}


@dataclass(frozen=True)
class Question:
    """Bars of one length of one ticker, from the first date to the last, both included; None is open."""

    ticker: str
    first: date | None
    last: date | None
    interval: str

    @property
    def earliest(self) -> date:
        """The first date that Yahoo has bars of this length for."""
        from qlop.engine import bears_session_dates

        if bears_session_dates(self.interval):
            return _EARLIEST
        return _today() - timedelta(days=_REACH_DAYS.get(self.interval, _INTRADAY_REACH_DAYS))

    @property
    def length(self) -> Any:  # noqa: ANN401 - pandas' offset or span
        """How long a bar is."""
        import pandas as pd

        count, unit = int(re.sub(r"\D", "", self.interval)), re.sub(r"\d", "", self.interval)
        if unit == "mo":
            return pd.DateOffset(months=count)
        return timedelta(**{{"m": "minutes", "h": "hours", "d": "days", "wk": "weeks"}[unit]: count})

    def cuts(self, chunk_days: int | None) -> list[date]:
        """Return the dates on which a further request begins; none must cut a week or a month in two."""
        days = chunk_days or (_MINUTE_CHUNK_DAYS if self.interval == "1m" else None)
        if days is None or self.interval.endswith(("wk", "mo")):
            return []
        first, last = self.first or self.earliest, self.last or _today() + timedelta(days=1)
        return [first + timedelta(days=passed) for passed in range(days, (last - first).days + 1, days)]


def _today() -> date:
    return datetime.now(UTC).date()


def no_bars() -> pd.DataFrame:
    """Return the rows of a question that Yahoo has no bar for."""
    import pandas as pd

    return pd.DataFrame({"timestamp": pd.DatetimeIndex([], tz="UTC").as_unit("us")})


def as_bars(answer: pd.DataFrame, question: Question, currencies: ChartCurrencies) -> pd.DataFrame:
    """Return yfinance's frame as rows of a panel, and what they are in.

    A fund's paid-out gains are cash to its holders, as dividends are.
    """
    import pandas as pd
    from qlop.engine import bears_session_dates

    is_daily = bears_session_dates(question.interval)
    index = pd.DatetimeIndex(answer.index)
    # A session bears the exchange's date, whatever the hour is in UTC.
    times = index.tz_localize(None).normalize().tz_localize("UTC") if is_daily else index.tz_convert("UTC")
    bars = answer[list(_COLUMNS)].rename(columns=_COLUMNS).astype("float64")
    paid = currencies.as_columns(answer["Dividends"].astype("float64"), question.length)
    paid["dividend"] += answer.get("Capital Gains", 0.0)
    split = answer["Stock Splits"].astype("float64").replace(0.0, 1.0)
    bars = bars.assign(dividend=paid.pop("dividend"), split=split, **paid)
    if question.interval == "1d":
        bars["adjusted_close"] = answer["Adj Close"].astype("float64")
    bars.insert(0, "timestamp", times.as_unit("us"))
    return bars.reset_index(drop=True)


def as_traded(bars: pd.DataFrame, splits_to_come: float) -> pd.DataFrame:
    """Return bars of today's shares as they were traded: prices and dividends times all later splits.

    Yahoo divides by the splits that it lists, and sends seven digits: the product is the traded price to the cent up
    to 80,000. Volumes before a reverse split are whole numbers of today's shares, and so a few shares off.

    Parameters
    ----------
    bars : DataFrame
        One ticker's, from old to new, up to the last one that has ended.
    splits_to_come : float
        Product of the splits after the last bar that Yahoo has divided by already.
    """
    import numpy as np

    if bars.empty:
        return bars
    since = np.cumprod(bars["split"].to_numpy()[::-1])[::-1]
    shares = np.append(since[1:], 1.0) * splits_to_come
    scaled = {name: bars[name] * shares for name in ("open", "high", "low", "close", "dividend")}
    return bars.assign(**scaled, volume=bars["volume"] / shares)
