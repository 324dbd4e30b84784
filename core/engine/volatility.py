"""Realized volatility from closes or from bars' ranges.

With n the window, P the bars in a year, and natural logarithms:

close         sqrt(P / (n - ddof) sum (x - mean x)^2), x = ln(C_t / C_{t-1})
parkinson     sqrt(P / (4 ln 2) mean ln(H / L)^2)                                  Parkinson (1980)
garman_klass  sqrt(P mean [ln(H / L)^2 / 2 - (2 ln 2 - 1) ln(C / O)^2])            Garman and Klass (1980)

The range estimators see no overnight gap: on stocks they come out lower than the closes' volatility.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.engine.rolling import bars_ago, rolling_mean, rolling_std

__all__ = ["VolatilityEstimator", "WideBars", "realized_volatility"]

FloatArray = NDArray[np.float64]
VolatilityEstimator = Literal["close", "parkinson", "garman_klass"]


@dataclass(frozen=True, eq=False)
class WideBars:
    """Prices of shape (n_bars, n_tickers), each column a ticker's own bars."""

    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray


def realized_volatility(
    prices: WideBars,
    window_bars: int,
    *,
    estimator: VolatilityEstimator = "close",
    periods_per_year: float = 252.0,
    ddof: int = 1,
) -> FloatArray:
    """Return annualised volatility known at each bar's close, of shape (n_bars, n_tickers).

    Parameters
    ----------
    prices : WideBars
        Positive prices; NaN below a ticker's end.
    window_bars : int
        Returns (close) or bars (the others) in the window, the current one included.
    ddof : int
        close only: taken off the divisor.
    """
    if estimator == "close":
        log_returns: FloatArray = np.log(prices.close / bars_ago(prices.close, 1))
        return rolling_std(log_returns, window_bars, ddof=ddof) * float(np.sqrt(periods_per_year))
    squared_range = np.log(prices.high / prices.low) ** 2
    if estimator == "parkinson":
        variance = squared_range / (4.0 * np.log(2.0))
    else:
        variance = squared_range / 2.0 - (2.0 * np.log(2.0) - 1.0) * np.log(prices.close / prices.open) ** 2
    # A running sum may leave a rounding error below zero where all bars of the window are flat.
    volatility: FloatArray = np.sqrt(np.maximum(rolling_mean(variance, window_bars), 0.0) * periods_per_year)
    return volatility
