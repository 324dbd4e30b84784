"""Volatility and Sharpe ratio of the last n bars, at every bar."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["rolling_risk"]


def rolling_risk(
    returns: pd.Series, *, window_bars: int, periods_per_year: float, risk_free: pd.Series | None = None
) -> pd.DataFrame:
    """Return the figures of windows that end at each bar, by the formulas of `volatility_annual` and `sharpe`.

    Parameters
    ----------
    returns : Series of shape (n_bars,)
        Simple returns by timestamp; never NaN.
    window_bars : int
        Bars in a window, at least 2.
    periods_per_year : float
        Bars in a year.
    risk_free : Series of shape (n_bars,) or None
        Return of each bar without risk, by timestamp; None takes zero.

    Returns
    -------
    DataFrame of shape (n_bars, 3)
        timestamp; volatility = s sqrt(periods), sharpe = mean of what exceeds risk_free over its s, times
        sqrt(periods), s being the standard deviation of divisor n - 1. NaN before the first whole window, and a Sharpe
        ratio of NaN where a window's returns are all equal.
    """
    import pandas as pd

    over = returns if risk_free is None else returns - risk_free.reindex(returns.index)
    windows = over.rolling(window_bars)
    spread = windows.std(ddof=1)
    # A spread this small is the rounding error of equal returns.
    sharpe = windows.mean() / spread.where(spread > 1e-14) * sqrt(periods_per_year)
    volatility = returns.rolling(window_bars).std(ddof=1) * sqrt(periods_per_year)
    return pd.DataFrame({"timestamp": returns.index, "volatility": volatility.to_numpy(), "sharpe": sharpe.to_numpy()})
