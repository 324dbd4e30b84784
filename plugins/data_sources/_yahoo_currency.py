"""Currencies in Yahoo's answers: what prices are in, and what each dividend is paid in.

Yahoo quotes some exchanges in a part of their currency (London in pence, GBp). A dividend may bear a currency of its
own, which yfinance drops: the whole one (GBP), or another (USD). Where it bears none, nobody knows which is meant.

1. Of an answer, dividends of the prices' currency in another unit become what they are in it: 100 GBp for a GBP.
2. Beside each bar's dividend stands what it is in; empty where Yahoo does not say.
3. What becomes of the others is decided when a run takes the bars (_yahoo_dividends.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CURRENCY_COLUMNS", "ChartCurrencies"]

CURRENCY_COLUMNS = ["currency", "dividend_currency"]


@dataclass(frozen=True)
class ChartCurrencies:
    """What an answer says of currencies.

    Attributes
    ----------
    prices : str
        What the prices are in; empty where it is not said.
    dividends : tuple of (int, str)
        Moment (seconds since 1970) and currency of each dividend that bears one.
    """

    prices: str = ""
    dividends: tuple[tuple[int, str], ...] = field(default=())

    @classmethod
    def of(cls, chart: Mapping[str, Any]) -> ChartCurrencies:
        """Return what Yahoo's JSON of one chart says.

        Raises
        ------
        AttributeError, LookupError, TypeError, ValueError
            If it has another form.
        """
        paid = ((chart.get("events") or {}).get("dividends") or {}).values()
        told = [(int(event["date"]), str(event["currency"])) for event in paid if event.get("currency")]
        return cls(str(chart["meta"].get("currency") or ""), tuple(sorted(told)))

    def of_bars(self, dividends: pd.Series, length: pd.DateOffset | timedelta) -> pd.Series:
        """Return what each bar's dividend is in, by the bars' local times; empty where none is paid, or it is not said.

        An event belongs to the last bar with a dividend that begins on its day or before, and reaches it.
        """
        import numpy as np
        import pandas as pd

        told = [""] * len(dividends)
        paying = np.flatnonzero(dividends.to_numpy() != 0.0)
        days = pd.DatetimeIndex(dividends.index)[paying].normalize()
        for moment, currency in self.dividends:
            day = pd.Timestamp(moment, unit="s", tz="UTC").tz_convert(days.tz).normalize()
            place = int(days.searchsorted(day, side="right")) - 1
            if place >= 0 and (days[place] == day or days[place] + length > day):
                bar = int(paying[place])
                told[bar] = currency if told[bar] in ("", currency) else f"{told[bar]} and {currency}"
        return pd.Series(told, index=dividends.index, dtype="str")

    def as_columns(self, dividends: pd.Series, length: pd.DateOffset | timedelta) -> dict[str, pd.Series]:
        """Return the columns dividend, in the prices' currency where it is known how, and `CURRENCY_COLUMNS`.

        Parameters
        ----------
        dividends : Series of shape (n_bars,)
            As Yahoo has them, by the times of bars in the exchange's zone.
        length : DateOffset or timedelta
            How long a bar is.
        """
        import pandas as pd
        from qlop.engine import exact_rate

        told = self.of_bars(dividends, length)
        rates = {currency: exact_rate(currency, self.prices) for currency in told.unique() if currency and self.prices}
        known = {currency: rate for currency, rate in rates.items() if rate is not None}
        return {
            "dividend": dividends * told.map(known).fillna(1.0).astype("float64"),
            "currency": pd.Series(self.prices, index=dividends.index, dtype="str"),
            "dividend_currency": told.where(~told.isin(known), self.prices),
        }
