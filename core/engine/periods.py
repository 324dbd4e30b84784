"""How many bars a year has, which annual figures are reckoned by.

1. What the config says (backtest.periods_per_year) goes first.
2. A year has 252 sessions, 52 weeks, 12 months; a bar of several of them leaves so many fewer. Where bars fall on all
   seven days of the week alike, as those of cryptocurrencies do, it has 365 sessions.
3. Intraday bars are counted in the panel: the median number of bars on a UTC date, times the year's sessions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["periods_per_year"]

SESSIONS_A_YEAR = 252.0
EVERY_DAY = 365.0
_A_YEAR = {"wk": 52.0, "mo": 12.0}
_LEAST_SHARE_OF_A_WEEKDAY = 0.1  # a seventh is .14; the hours of a Sunday evening are .02
_INTERVAL = re.compile(r"([1-9][0-9]*)(m|h|d|wk|mo)")


def periods_per_year(interval: str, timestamps: pd.DatetimeIndex, stated: float | None = None) -> float:
    """Return the number of bars in a year.

    Parameters
    ----------
    interval : str
        Bar length, as data.interval has it: "1d", "1wk", "1mo", "30m", "1h".
    timestamps : DatetimeIndex of shape (n_bars,)
        The panel's bars, unique, in UTC. The median passes over half days and over the evening hours of a Sunday.
    stated : float or None
        What the config says; it goes first.

    Raises
    ------
    DataError
        If the interval is none of these, or an intraday panel has no bars to count.
    """
    if stated is not None:
        return stated
    found = _INTERVAL.fullmatch(interval)
    if found is None:
        raise DataError(
            f"The bar length {interval!r} is not known; it is a number and one of m, h, d, wk, mo. Correct "
            "data.interval, or state backtest.periods_per_year."
        )
    length, unit = int(found[1]), found[2]
    if unit in _A_YEAR:
        return _A_YEAR[unit] / length
    sessions = _sessions_a_year(timestamps)
    if unit == "d":
        return sessions / length
    if not len(timestamps):
        raise DataError("An intraday panel without bars does not tell how many a session has. Load more dates.")
    _, bars_of_date = np.unique(timestamps.normalize().asi8, return_counts=True)
    return float(np.median(bars_of_date)) * sessions


def _sessions_a_year(timestamps: pd.DatetimeIndex) -> float:
    shares = np.bincount(timestamps.day_of_week, minlength=7) / max(1, len(timestamps))
    return EVERY_DAY if shares.min() > _LEAST_SHARE_OF_A_WEEKDAY else SESSIONS_A_YEAR
