"""Whether bars lie as far apart as the config's interval says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["refuse_other_interval"]

_UNIT_DAYS = {"m": 1 / 1440, "h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.4}
_STEPS_THAT_TELL = 10
_LEAST, _MOST = 0.6, 1.5


def refuse_other_interval(rows: pd.DataFrame, interval: str, *, origin: str) -> None:
    """Refuse bars that lie closer than the interval, or many that all lie farther apart.

    Holidays shift weekly and monthly bars by some days, so that a least step of .6 to 1.5 intervals passes;
    weekends and thin trading leave bars out, so that a few bars tell nothing.

    Parameters
    ----------
    rows : DataFrame
        Columns timestamp (UTC) and ticker, in any order.
    interval : str
        Such as "1d".
    origin : str
        Where the rows came from, for messages.

    Raises
    ------
    DataError
        If the bars are of another interval.
    """
    length = int(interval.rstrip("hdmwko")) * _UNIT_DAYS[interval.lstrip("0123456789")] * 86_400e6
    moments = pd.DatetimeIndex(rows["timestamp"]).as_unit("us").asi8
    if _fit_at_a_glance(moments, rows["ticker"], length):
        return
    assets, _ = pd.factorize(rows["ticker"])
    order = np.lexsort((moments, assets))
    steps = np.diff(moments[order])[np.diff(assets[order]) == 0]
    steps = steps[steps > 0]
    least = float(steps.min()) if len(steps) else length
    if least < _LEAST * length or (least > _MOST * length and len(steps) >= _STEPS_THAT_TELL):
        raise DataError(
            f"{origin}: data.interval is {interval!r}, but the closest bars of a ticker lie "
            f"{pd.Timedelta(int(least), unit='us')} apart. Set data.interval to what it holds."
        )


def _fit_at_a_glance(moments: NDArray[np.int64], tickers: pd.Series, length: float) -> bool:
    """Return whether no two moments of all lie too close, and the first ticker's closest bars not too far apart.

    The closest bars of all tickers lie between the two, so that nothing has to be sorted.
    """
    distinct = np.sort(pd.unique(moments))
    own = np.sort(moments[(tickers == tickers.iloc[0]).to_numpy()])
    if len(distinct) < 2 or len(own) < 2:
        return False
    return bool(np.diff(distinct).min() >= _LEAST * length and 0 < np.diff(own).min() <= _MOST * length)
