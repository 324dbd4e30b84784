"""Dividends whose currency is not that of the prices, or not known: what a run may take, and what it is told.

A dividend in another currency is refused. One without a currency is taken to be in what the prices are, and told where
these are in parts of a currency: Yahoo has dividends of London's stocks in pence and in pounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import qlop

from plugins.data_sources._yahoo_currency import CURRENCY_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["UnsaidDividends", "take_currency", "unsaid_findings"]

_SMALL_DIVIDEND = 0.001
"""Of the close: few companies pay less at a time, and in pounds beside pence nearly all seem to."""

_MOST_NAMED = 3


@dataclass(frozen=True)
class UnsaidDividends:
    """Dividends of one ticker without a currency, beside prices in parts of one.

    Attributes
    ----------
    paid : DataFrame
        Columns timestamp, dividend and close of the bars that pay one.
    """

    ticker: str
    currency: str
    paid: pd.DataFrame

    @property
    def small(self) -> pd.DataFrame:
        """Those that look as if they were in the whole currency."""
        return self.paid[self.paid["dividend"] < _SMALL_DIVIDEND * self.paid["close"]]


def take_currency(bars: pd.DataFrame, who: str, ticker: str) -> tuple[pd.DataFrame, str, UnsaidDividends]:
    """Return bars without `CURRENCY_COLUMNS`, the prices' currency, and the dividends of which nobody knows it.

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
    is_unsaid = (paid["dividend_currency"] == "") & (currency_parts(currency)[1] > 1)
    unsaid = UnsaidDividends(ticker, currency, paid.loc[is_unsaid, ["timestamp", "dividend", "close"]])
    return bars.drop(columns=CURRENCY_COLUMNS), currency, unsaid


def unsaid_findings(found: Sequence[UnsaidDividends]) -> list[str]:
    """Return what is to be known of dividends without a currency, in one sentence for all tickers; none without any."""
    held = [unsaid for unsaid in found if len(unsaid.paid)]
    if not held:
        return []
    named = ", ".join(f"{unsaid.ticker} ({unsaid.currency})" for unsaid in held[:_MOST_NAMED])
    more = f" and {len(held) - _MOST_NAMED:,} more tickers" if len(held) > _MOST_NAMED else ""
    told = f"Yahoo does not say what dividends of {named}{more} are in; they are taken to be in what the prices are"
    small = [unsaid for unsaid in held if len(unsaid.small)]
    if not small:
        return [f"{told}."]
    n_small, n_paid = sum(len(unsaid.small) for unsaid in small), sum(len(unsaid.paid) for unsaid in held)
    share = f"{n_small:,} of {n_paid:,} are under {_SMALL_DIVIDEND:.1%} of the close, as if in the whole currency"
    first = small[0].small.iloc[0]
    where = f"{small[0].ticker} on {first['timestamp']:%Y-%m-%d}: {first['dividend']:g} at {first['close']:g}"
    return [f"{told}. {share}, the first of {where}. Compare them with the company's before trusting returns."]
