"""A benchmark, bought and held.

1. It is bought whole at the close of the first date, without costs: it is compared with, not traded.
2. A date on which it has no bar keeps its last close, for up to seven days.

Strategies decide at that first close and fill at the next open: a benchmark's curve moves a night before theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["buy_and_hold"]

_CARRIED = "7D"


def buy_and_hold(panel: pd.DataFrame, dates: pd.DatetimeIndex, initial_cash: float) -> pd.DataFrame:
    """Return the curve of one ticker that is bought at the first date and kept.

    Parameters
    ----------
    panel : DataFrame
        One ticker's bars, index (timestamp, ticker), sorted; the curve follows its `close`.
    dates : DatetimeIndex of shape (n_bars,)
        The dates of the curve, increasing.
    initial_cash : float
        What is invested, in currency.

    Returns
    -------
    DataFrame of shape (n_bars, 2)
        `timestamp` and `equity`; the first equity is `initial_cash`.

    Raises
    ------
    DataError
        If there are no dates, the panel has other than one ticker, or a date has no bar within the seven days to it.
    """
    import pandas as pd

    tickers = panel.index.unique(level="ticker")
    if len(tickers) != 1 or not len(dates):
        raise DataError(
            f"A benchmark is one ticker over at least one date; there are {len(tickers)} tickers and {len(dates)} "
            "dates. Name one ticker under backtest.benchmark."
        )
    close = panel["close"].droplevel("ticker")
    held = close.reindex(dates, method="ffill", tolerance=pd.Timedelta(_CARRIED)).to_numpy(dtype=np.float64)
    lost = np.flatnonzero(np.isnan(held))
    if len(lost):
        raise DataError(
            f"The benchmark {tickers[0]} has no bar in the seven days to {dates[lost[0]]:%Y-%m-%d} ({len(lost)} of "
            f"{len(dates)} dates so); it has {len(close)} bars from {close.index[0]:%Y-%m-%d} to "
            f"{close.index[-1]:%Y-%m-%d}. Choose a benchmark that covers the dates, or leave backtest.benchmark out."
        )
    return pd.DataFrame({"timestamp": dates, "equity": initial_cash * held / held[0]})
