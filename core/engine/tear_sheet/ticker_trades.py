"""One ticker's bars and round trips in shares of its last bar, so that a split is no jump between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ticker_trades"]

_PRICES = ("open", "high", "low", "close")


def ticker_trades(prices: pd.DataFrame, trades: pd.DataFrame, ticker: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the bars and the trades of one ticker.

    Parameters
    ----------
    prices : DataFrame
        As `traded_prices` returns them.
    trades : DataFrame
        As in BacktestResult: prices in shares of the exit.
    ticker : str

    Returns
    -------
    bars : DataFrame
        timestamp, open, high, low, close, volume, in time.
    trips : DataFrame
        The ticker's rows of `trades`; entry_price and exit_price times s(exit) / s(last), shares divided by it, s being
        the product of the splits so far. A bar's prices and volume are turned by its own s likewise.
    """
    bars = prices[prices["ticker"] == ticker].reset_index(drop=True)
    trips = trades[trades["ticker"] == ticker].reset_index(drop=True)
    if "split" not in bars or bool((bars["split"] == 1.0).all()):
        return bars[["timestamp", *_PRICES, "volume"]], trips
    so_far = bars["split"].cumprod().to_numpy()
    ratio = so_far / so_far[-1]
    at_exit = ratio[np.searchsorted(bars["timestamp"].to_numpy(), trips["exited_at"].to_numpy(), side="right") - 1]
    turned = {name: bars[name] * ratio for name in _PRICES}
    bars = bars.assign(**turned, volume=bars["volume"] / ratio)
    trips = trips.assign(
        entry_price=trips["entry_price"] * at_exit,
        exit_price=trips["exit_price"] * at_exit,
        shares=trips["shares"] / at_exit,
    )
    return bars[["timestamp", *_PRICES, "volume"]], trips
