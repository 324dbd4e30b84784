"""Bars that a ticker lacks, between its first and its last one.

1. Where others have a bar: a panel is its own calendar; a timetable may say that none is expected (timetable.py).
2. Where no ticker has a bar and the timetable expects one.

Some bars are looked at at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.engine.bar_blocks import PanelBars
from core.engine.row_blocks import ROWS_AT_ONCE, row_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.engine.timetable import Timetable

    Gaps = tuple[NDArray[np.int64], NDArray[np.int64]]

__all__ = ["count_gaps_by_ticker", "first_session_gaps", "session_gaps"]


def session_gaps(panel: pd.DataFrame, timetable: Timetable | None = None) -> pd.DataFrame:
    """Return the bars that a ticker lacks between its first and its last one.

    Parameters
    ----------
    panel : DataFrame
        A panel that `check_panel` accepts.
    timetable : Timetable, optional
        When its bars are expected; without one, whenever some ticker has one.

    Returns
    -------
    DataFrame
        Columns timestamp and ticker, a row for each bar that is not there, sorted by timestamp, then ticker.
    """
    bars = PanelBars(panel)
    times, assets = (np.concatenate(part) for part in zip(*_gaps(bars, timetable), strict=True))
    order = np.lexsort((assets, times))
    return _table(bars, times[order], assets[order])


def first_session_gaps(
    panel: pd.DataFrame, timetable: Timetable | None = None, *, n_first: int = 1
) -> tuple[int, pd.DataFrame]:
    """Return how many bars tickers lack, and the first of them as `session_gaps` returns them."""
    bars, n_gaps = PanelBars(panel), 0
    times = assets = np.empty(0, dtype=np.int64)
    for found in _gaps(bars, timetable):
        n_gaps += len(found[0])
        times, assets = np.append(times, found[0][:n_first]), np.append(assets, found[1][:n_first])
        order = np.lexsort((assets, times))[:n_first]
        times, assets = times[order], assets[order]
    return n_gaps, _table(bars, times, assets)


def count_gaps_by_ticker(bars: PanelBars, timetable: Timetable | None = None) -> NDArray[np.int64]:
    """Return how many bars each ticker lacks, in the order of `bars.tickers`."""
    counts = np.zeros(len(bars.tickers), dtype=np.int64)
    for _, assets in _gaps(bars, timetable):
        counts += np.bincount(assets, minlength=len(counts))
    return counts


def _gaps(bars: PanelBars, timetable: Timetable | None) -> Iterator[Gaps]:
    """Yield times (microseconds) and assets, sorted each time."""
    first, last = bars.first_and_last_bars()
    moments = bars.timestamps.as_unit("us").asi8
    for block in bars.blocks():
        number = np.arange(block.bars.start, block.bars.stop)[:, None]
        lacks = (number >= first) & (number <= last)
        lacks[block.at] = False
        if timetable is not None:
            lacks &= timetable.is_expected[block.bars, None]
        rows, assets = np.nonzero(lacks)
        yield moments[rows + block.bars.start], assets
    if timetable is not None:
        yield from _gaps_of_all(moments, timetable.lacking.as_unit("us").asi8, first, last)


def _gaps_of_all(
    moments: NDArray[np.int64], lacking: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> Iterator[Gaps]:
    next_bar = np.searchsorted(moments, lacking)
    for rows in row_blocks(len(lacking), max(1, ROWS_AT_ONCE // len(first))):
        after = next_bar[rows, None]
        holes, assets = np.nonzero((first < after) & (last >= after))
        yield lacking[rows][holes], assets


def _table(bars: PanelBars, times: NDArray[np.int64], assets: NDArray[np.int64]) -> pd.DataFrame:
    tickers = pd.Index(bars.tickers, dtype="str").take(assets)
    timestamps = pd.DatetimeIndex(times.view("datetime64[us]")).tz_localize("UTC").as_unit(bars.timestamps.unit)
    return pd.DataFrame({"timestamp": timestamps, "ticker": tickers}).astype({"ticker": "str"})
