"""Making a price panel of rows, as a file or a service gives them.

1. Refuse rows of one ticker that are not in order of time, or appear twice: what order they were meant to have, nobody
   here can know.
2. Arrange the rows by timestamp, then ticker. Files with one ticker after the other need it; no ticker's own order
   changes.
3. Cut to the dates, and check as at the door, with each row's origin in the message.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.panel_checks import check_panel
from core.engine.panel_index import date_text, order_by_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["panel_from_rows"]

_CELLS_A_ROW = 8


def panel_from_rows(
    rows: pd.DataFrame,
    *,
    origin: str,
    origin_of_row: Callable[[int], str],
    start: date | None = None,
    end: date | None = None,
) -> pd.DataFrame:
    """Return rows as a checked price panel.

    Parameters
    ----------
    rows : DataFrame
        Columns timestamp (UTC), ticker and the panel's own, in the order in which the source holds them.
    origin : str
        Where the rows came from, for messages.
    origin_of_row : callable
        Says where the row at a position of `rows` came from, such as a file and its line.
    start, end : date or None
        First and last session, both included.

    Raises
    ------
    DataError
        If a ticker's rows are out of order or appear twice, no row lies in the dates, or `check_panel` refuses one.
    """
    if rows.empty:
        raise DataError(f"{origin}: there are no rows; a panel needs at least one bar. Check the file and the tickers.")
    timestamps = pd.DatetimeIndex(rows["timestamp"])
    arranged = _arranged(rows["ticker"], timestamps)
    if arranged is None:
        _check_order_by_ticker(rows, origin_of_row)
        arranged = _sorted(rows["ticker"], timestamps)
    positions, index = arranged
    is_inside = _inside(pd.DatetimeIndex(index.levels[0]), start, end)[index.codes[0]]
    if not is_inside.any():
        first, last = timestamps.min(), timestamps.max()
        raise DataError(
            f"{origin}: no bar lies in {start or 'the first bar'} to {end or 'the last bar'}; the data go from "
            f"{date_text(first)} to {date_text(last)}. Change data.start_date or data.end_date."
        )
    if not is_inside.all():
        positions, index = positions[is_inside], index[is_inside]
    panel = rows.drop(columns=["timestamp", "ticker"]).take(positions).set_axis(index)
    check_panel(panel, origin=origin, origin_of_row=lambda row: origin_of_row(int(positions[row])))
    return panel


def _arranged(tickers: pd.Series, timestamps: pd.DatetimeIndex) -> tuple[NDArray[np.int64], pd.MultiIndex] | None:
    """Return where each row of the panel stands among the rows, and the panel's index.

    Each bar has a cell of its own in a table of timestamps and tickers, and reading that line by line is the panel's
    order: much faster than sorting. None where the table would be mostly empty, or a ticker's rows are not in order.
    """
    bars, moments = pd.factorize(timestamps, sort=True)
    assets, names = _by_name(tickers)
    if len(moments) * len(names) > _CELLS_A_ROW * len(bars):
        return None
    table = np.full((len(moments), len(names)), -1, dtype=np.int64)
    table[bars, assets] = np.arange(len(bars))
    is_filled = table >= 0
    latest = np.maximum.accumulate(table, axis=0)
    if np.count_nonzero(is_filled) < len(bars) or ((table[1:] <= latest[:-1]) & is_filled[1:]).any():
        return None
    return table[is_filled], _index(moments, names, *np.nonzero(is_filled))


def _sorted(tickers: pd.Series, timestamps: pd.DatetimeIndex) -> tuple[NDArray[np.int64], pd.MultiIndex]:
    bars, moments = pd.factorize(timestamps, sort=True)
    assets, names = _by_name(tickers)
    positions = np.lexsort((assets, bars))
    return positions, _index(moments, names, bars[positions], assets[positions])


def _by_name(tickers: pd.Series) -> tuple[NDArray[np.int64], pd.Index]:
    """Return each row's position among the sorted tickers, and those."""
    codes, found = pd.factorize(tickers)
    names = pd.Index(found, dtype="str")
    ranks = np.empty(len(names), dtype=np.int64)
    by_name = names.argsort()
    ranks[by_name] = np.arange(len(names))
    return ranks[codes], names[by_name]


def _index(moments: pd.Index, names: pd.Index, bars: NDArray[np.int64], assets: NDArray[np.int64]) -> pd.MultiIndex:
    levels: Any = [pd.DatetimeIndex(moments), names]
    codes: Any = [bars, assets]
    return pd.MultiIndex(levels=levels, codes=codes, names=["timestamp", "ticker"], verify_integrity=False)


def _check_order_by_ticker(rows: pd.DataFrame, origin_of_row: Callable[[int], str]) -> None:
    assets, tickers = pd.factorize(rows["ticker"])
    by_ticker = order_by_code(assets, len(tickers))
    moments = pd.DatetimeIndex(rows["timestamp"]).asi8[by_ticker]
    ordered = assets[by_ticker]
    stuck = (ordered[1:] == ordered[:-1]) & (moments[1:] <= moments[:-1])
    if not stuck.any():
        return
    before, row = by_ticker[np.flatnonzero(stuck)[0] :][:2]
    where = f"{origin_of_row(int(row))}: {rows['ticker'].iloc[row]} at {date_text(rows['timestamp'].iloc[row])}"
    if rows["timestamp"].iloc[row] == rows["timestamp"].iloc[before]:
        raise DataError(f"{where} appears twice, first in {origin_of_row(int(before))}. Keep one of the two rows.")
    raise DataError(
        f"{where} follows its bar of {date_text(rows['timestamp'].iloc[before])}; a ticker's rows go from old to new. "
        "Sort the file, or set the parameter order to newest_first if all of it runs backwards."
    )


def _inside(timestamps: pd.DatetimeIndex, start: date | None, end: date | None) -> NDArray[np.bool_]:
    inside = np.ones(len(timestamps), dtype=np.bool_)
    if start is not None:
        inside &= np.asarray(timestamps >= pd.Timestamp(start, tz="UTC"))
    if end is not None:
        inside &= np.asarray(timestamps < pd.Timestamp(end, tz="UTC") + timedelta(days=1))
    return inside
