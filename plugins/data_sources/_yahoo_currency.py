"""Currencies in Yahoo's answers: what prices are in, and what each dividend is paid in.

Yahoo quotes some exchanges in a part of their currency (London in pence, GBp). A dividend may bear a currency of its
own, which yfinance drops: the whole one (GBP), or another (USD). Where it bears none, nobody knows which is meant.

1. Of an answer, dividends of the prices' currency in another unit become what they are in it: 100 GBp for a GBP.
2. Beside each bar's dividend stands what it is in; empty where Yahoo does not say.
3. Of the bars that a run takes, a dividend in another currency is refused, and one without is told where prices are in
   parts of a currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import qlop

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CURRENCY_COLUMNS", "ChartCurrencies", "take_currency"]

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


def take_currency(bars: pd.DataFrame, who: str, ticker: str) -> tuple[pd.DataFrame, str, str]:
    """Return bars without `CURRENCY_COLUMNS`, the prices' currency, and what is to be known of dividends, or nothing.

    Raises
    ------
    DataError
        If a dividend is in another currency than the prices.
    """
    from qlop.engine import currency_parts

    currency = str(bars["currency"].iloc[-1])
    paid = bars[bars["dividend"] != 0.0]
    foreign = paid[~paid["dividend_currency"].isin(["", currency])]
    if len(foreign):
        first, more = foreign.iloc[0], len(foreign) - 1
        raise qlop.DataError(
            f"{who}: Yahoo has a dividend of {first['dividend']:g} {first['dividend_currency']} on "
            f"{first['timestamp']:%Y-%m-%d}{f' and {more:,} more such' if more else ''}, and prices in "
            f"{currency or 'a currency that it does not tell'}; dividends must be in the prices' currency, and no "
            "exchange rate is known here. Choose dates without them, take the ticker out, or bring prices and "
            "converted dividends by the data source files."
        )
    unsaid = paid[paid["dividend_currency"] == ""]
    whole, count = currency_parts(currency)
    told = ""
    if len(unsaid) and count > 1:
        last = unsaid.iloc[-1]
        told = (
            f"Yahoo does not say what {len(unsaid):,} dividends of {ticker} are in, beside prices in {currency}; they "
            f"are taken as {currency}. The last, of {last['timestamp']:%Y-%m-%d}, is {last['dividend']:g}, "
            f"{last['dividend'] / last['close']:.2%} of the close: if that is too little, it is in {whole}."
        )
    return bars.drop(columns=CURRENCY_COLUMNS), currency, told
