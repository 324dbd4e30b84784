"""Weights for labels that overlap in time.

1. A label decided at the close of bar t lives through bars t + 1 to its `label_end`.
2. The concurrency of a bar is the number of a ticker's labels alive in it.
3. A label's average uniqueness is the mean of 1 / concurrency over its life.
4. Weights are average uniqueness scaled to mean 1; its sum is the effective sample size.

Source: Lopez de Prado, Advances in Financial Machine Learning (2018), sections 4.3 to 4.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.label_lives import LabelLives, label_lives

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["average_uniqueness", "effective_sample_size", "uniqueness_of_rows", "uniqueness_weights"]


def uniqueness_weights(labels: pd.DataFrame, timestamps: pd.DatetimeIndex) -> pd.Series:
    """Return training weights: average uniqueness, scaled to mean 1 over the labelled rows.

    Parameters
    ----------
    labels : DataFrame
        Index (timestamp, ticker); `target` and `label_end`. Pass only the rows that train together: concurrency counts
        what is passed.
    timestamps : DatetimeIndex of shape (n_bars,)
        All bars of the panel.

    Returns
    -------
    Series of shape (n_rows,)
        NaN where a row is not labelled.
    """
    uniqueness = average_uniqueness(labels, timestamps)
    return (uniqueness / uniqueness.mean()).rename("sample_weight")


def average_uniqueness(labels: pd.DataFrame, timestamps: pd.DatetimeIndex) -> pd.Series:
    """Return each label's average uniqueness, in (0, 1], by its own ticker's labels; NaN where not labelled."""
    import pandas as pd

    lives = label_lives(labels, timestamps)
    rows = np.flatnonzero(lives.is_labelled)
    values = np.full(len(labels), np.nan)
    values[rows] = uniqueness_of_rows(lives, rows)
    return pd.Series(values, index=labels.index, name="average_uniqueness")


def effective_sample_size(labels: pd.DataFrame, timestamps: pd.DatetimeIndex, *, pooled: bool = False) -> float:
    """Return how many labels that share no bar carry as much: the sum of average uniqueness.

    Parameters
    ----------
    labels, timestamps
        As `uniqueness_weights`.
    pooled : bool
        False counts overlaps within each ticker, as if tickers were independent: an upper bound. True counts overlaps
        over all tickers, as if they moved as one: a lower bound.
    """
    lives = label_lives(labels, timestamps)
    return float(uniqueness_of_rows(lives, np.flatnonzero(lives.is_labelled), pooled=pooled).sum())


def uniqueness_of_rows(lives: LabelLives, rows: NDArray[np.intp], *, pooled: bool = False) -> NDArray[np.float64]:
    """Return the average uniqueness of labelled `rows` among themselves, shape (len(rows),)."""
    width = lives.n_bars + 3
    begins, lived = _lane_places(lives, rows, width, pooled=pooled)
    size = (1 if pooled else int(lives.ticker[rows].max(initial=0)) + 1) * width
    ends = begins + lived
    concurrency = np.bincount(begins, minlength=size)
    concurrency -= np.bincount(ends, minlength=size)
    np.cumsum(concurrency, out=concurrency)
    summed = np.zeros(size + 1)
    np.divide(1.0, concurrency, out=summed[1:], where=concurrency > 0)
    del concurrency
    np.cumsum(summed[1:], out=summed[1:])
    mean: NDArray[np.float64] = summed[ends]
    mean -= summed[begins]
    mean /= lived
    return mean


def _lane_places(
    lives: LabelLives, rows: NDArray[np.intp], width: int, *, pooled: bool
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return where each life begins, lane after lane of `width` bars, and for how many bars it lasts."""
    first = lives.bar[rows]
    first += 1
    lived = lives.last_bar[rows]
    np.maximum(lived, first, out=lived)
    lived -= first
    lived += 1
    begins = np.zeros(len(rows), dtype=np.int64) if pooled else lives.ticker[rows].astype(np.int64)
    begins *= width
    begins += first
    return begins, lived
