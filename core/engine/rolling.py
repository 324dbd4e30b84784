"""Rolling windows and recursive averages down the columns of wide arrays, each column a ticker's own bars.

A window that is not full, or that holds a NaN, gives NaN. Row t uses rows up to t only.
"""

from __future__ import annotations

from math import ceil, log

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "FORGOTTEN_WEIGHT",
    "bars_ago",
    "exponential_average",
    "recursion_memory_bars",
    "rolling_max",
    "rolling_mean",
    "rolling_min",
    "rolling_std",
]

FloatArray = NDArray[np.float64]

FORGOTTEN_WEIGHT = 1e-9
"""A recursive average has forgotten bars whose weights sum to less than this."""


def bars_ago(values: FloatArray, bars: int) -> FloatArray:
    """Return an array whose row t is row t - bars of `values`, NaN where there is none."""
    earlier = np.full_like(values, np.nan)
    if bars < len(values):
        earlier[bars:] = values[: len(values) - bars]
    return earlier


def rolling_mean(values: FloatArray, window_bars: int) -> FloatArray:
    """Return the mean of the last `window_bars` rows, of the shape of `values`."""
    return _array(pd.DataFrame(values).rolling(window_bars).mean())


def rolling_std(values: FloatArray, window_bars: int, *, ddof: int = 1) -> FloatArray:
    """Return the standard deviation of the last `window_bars` rows, divisor window_bars - ddof."""
    return _array(pd.DataFrame(values).rolling(window_bars).std(ddof=ddof))


def rolling_max(values: FloatArray, window_bars: int) -> FloatArray:
    """Return the largest of the last `window_bars` rows."""
    return _array(pd.DataFrame(values).rolling(window_bars).max())


def rolling_min(values: FloatArray, window_bars: int) -> FloatArray:
    """Return the smallest of the last `window_bars` rows."""
    return _array(pd.DataFrame(values).rolling(window_bars).min())


def exponential_average(values: FloatArray, *, seed_bars: int, weight: float) -> FloatArray:
    """Return s_t = s_{t-1} + weight (x_t - s_{t-1}), begun with the mean of the first `seed_bars` values.

    Wilder's average of n bars has weight 1 / n, an exponential moving average of span n has 2 / (n + 1); both begin
    with the simple mean of n values, as in Wilder (1978) and TA-Lib.

    Parameters
    ----------
    values : ndarray of shape (n_bars, n_columns)
        A NaN ends the recursion; it begins anew after it.
    seed_bars : int
        At least 1; the first value comes at the `seed_bars`-th in a row that is not NaN.
    weight : float
        In (0, 1].
    """
    averages = np.full_like(values, np.nan)
    state = np.zeros(values.shape[1])
    count = np.zeros(values.shape[1], dtype=np.int64)
    for t, row in enumerate(values):
        missing = np.isnan(row)
        count = np.where(missing, 0, count + 1)
        summed = np.where(missing, 0.0, np.where(count == 1, row, state + row))
        smoothed = state + weight * (row - state)
        state = np.where(count < seed_bars, summed, np.where(count == seed_bars, summed / seed_bars, smoothed))
        averages[t] = np.where(count >= seed_bars, state, np.nan)
    return averages


def recursion_memory_bars(weight: float) -> int:
    """Return after how many bars a recursion with that weight has forgotten: (1 - weight)^bars < FORGOTTEN_WEIGHT."""
    return 0 if weight >= 1.0 else ceil(log(FORGOTTEN_WEIGHT) / log(1.0 - weight))


def _array(frame: pd.DataFrame) -> FloatArray:
    return frame.to_numpy(dtype=np.float64)
