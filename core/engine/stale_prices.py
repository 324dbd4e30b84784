"""Closes that stand still: the same price many bars in a row, as a source repeats it that has no new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.ticker_groups import ticker_groups

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["STALE_BARS", "stale_prices"]

STALE_BARS = 5


def stale_prices(panel: pd.DataFrame) -> pd.DataFrame:
    """Return where a ticker's close is the same for `STALE_BARS` of its bars or more.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts, adjusted or not.

    Returns
    -------
    DataFrame
        Columns timestamp and ticker (of the first of these bars), close and n_bars; sorted by timestamp, then ticker.
    """
    close = panel["close"].to_numpy()
    rows, counts = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for group in ticker_groups(panel):
        own = close[group.rows]
        begins = np.flatnonzero(group.is_first | np.append(True, own[1:] != own[:-1]))
        n_same = np.diff(np.append(begins, len(own)))
        is_long = n_same >= STALE_BARS
        rows.append(group.rows[begins[is_long]])
        counts.append(n_same[is_long])
    first, n_bars = np.concatenate(rows), np.concatenate(counts)
    order = np.argsort(first)
    found: pd.DataFrame = panel.index[first[order]].to_frame(index=False)
    return found.assign(close=close[first[order]], n_bars=n_bars[order])
