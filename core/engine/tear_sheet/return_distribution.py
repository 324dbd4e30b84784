"""How the returns of bars are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["return_distribution"]

_FEWEST_BINS, _MOST_BINS = 10, 120


def return_distribution(returns: NDArray[np.float64]) -> pd.DataFrame:
    """Return a histogram whose bins are of one width, one edge of them at zero.

    The width is Freedman and Diaconis' 2 IQR / n^(1/3), held so that there are 10 to 120 bins (one bin where all
    returns are equal).

    Parameters
    ----------
    returns : ndarray of shape (n_bars,)
        Simple returns; finite.

    Returns
    -------
    DataFrame of shape (n_bins, 4)
        low, high (edges, as fractions; a bin holds low <= r < high, the last one its high too), n_bars, share (of all
        bars, a fraction).
    """
    import pandas as pd

    edges = _edges(returns)
    counts, _ = np.histogram(returns, edges)
    return pd.DataFrame(
        {"low": edges[:-1], "high": edges[1:], "n_bars": counts, "share": counts / max(len(returns), 1)}
    )


def _edges(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    if not len(returns):
        return np.zeros(1)
    low, high = float(returns.min()), float(returns.max())
    if high - low <= 1e-14 * max(1.0, abs(low), abs(high)):
        return np.array([low - 1e-6, high + 1e-6])
    quarter, three_quarters = np.quantile(returns, [0.25, 0.75])
    wanted = 2.0 * float(three_quarters - quarter) / len(returns) ** (1.0 / 3.0)
    width = min(max(wanted, (high - low) / _MOST_BINS), (high - low) / _FEWEST_BINS)
    edges: NDArray[np.float64] = np.arange(np.floor(low / width), np.floor(high / width) + 2.0) * width
    return edges
