"""What an account held of each ticker at each close, from its fills and the prices it saw.

1. Shares are the sum of the signed fills so far; a split multiplies those held before its bar's fills.
2. A bar without a price keeps the last close.
3. Exposure is shares times close over equity, so that the exposures' absolute values add up to the leverage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["held_exposures"]


def held_exposures(fills: pd.DataFrame, prices: pd.DataFrame, equity: pd.DataFrame) -> pd.DataFrame:
    """Return the exposures held.

    Parameters
    ----------
    fills, equity : DataFrame
        As in BacktestResult.
    prices : DataFrame
        As `traded_prices` returns them.

    Returns
    -------
    DataFrame of shape (n_bars, n_tickers)
        Index: timestamp of the equity. Columns: tickers that were filled, sorted. Signed fractions of equity; NaN where
        equity is not above zero.
    """
    import pandas as pd

    bars = pd.DatetimeIndex(equity["timestamp"])
    close = prices.pivot(index="timestamp", columns="ticker", values="close").reindex(bars).ffill()
    signed = fills["shares"].where(fills["side"] == "buy", -fills["shares"])
    traded = signed.groupby([fills["timestamp"], fills["ticker"]]).sum().unstack("ticker")
    traded = traded.reindex(index=bars, columns=close.columns).fillna(0.0)
    factor = np.ones(close.shape)
    if "split" in prices:
        split = prices.pivot(index="timestamp", columns="ticker", values="split").reindex(bars)
        factor = split.fillna(1.0).to_numpy().cumprod(axis=0)
    # Counted in shares of the first day, fills simply add up.
    shares = (traded.to_numpy() / factor).cumsum(axis=0) * factor
    own = equity["equity"].to_numpy(dtype=np.float64)
    value = shares * close.to_numpy()
    # What is left of a closed position is the rounding error of its fills.
    value[np.abs(value) < 1e-9 * np.abs(own)[:, None]] = 0.0
    fractions = value / np.where(own > 0.0, own, np.nan)[:, None]
    # Before a ticker's first bar nothing can be held.
    fractions[np.isnan(close.to_numpy()) & (own > 0.0)[:, None]] = 0.0
    return pd.DataFrame(fractions, index=bars.rename("timestamp"), columns=list(close.columns))
