"""Making a price panel of rows, as a file or a service gives them.

1. Refuse rows of one ticker that are not in order of time, or appear twice: what order they were meant to have, nobody
   here can know.
2. Arrange the rows by timestamp, then ticker. Files with one ticker after the other need it; no ticker's own order
   changes.
3. Cut to the dates, and check as at the door, with each row's origin in the message.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.panel_checks import check_panel
from core.engine.panel_index import date_text

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["panel_from_rows"]


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
    _check_order_by_ticker(rows, origin_of_row)
    by_time = np.lexsort((pd.factorize(rows["ticker"], sort=True)[0], rows["timestamp"].astype("int64").to_numpy()))
    positions = by_time[_inside(rows["timestamp"].iloc[by_time], start, end)]
    if not len(positions):
        first, last = rows["timestamp"].min(), rows["timestamp"].max()
        raise DataError(
            f"{origin}: no bar lies in {start or 'the first bar'} to {end or 'the last bar'}; the data go from "
            f"{date_text(first)} to {date_text(last)}. Change data.start_date or data.end_date."
        )
    panel: pd.DataFrame = rows.iloc[positions].set_index(["timestamp", "ticker"])
    check_panel(panel, origin=origin, origin_of_row=lambda row: origin_of_row(int(positions[row])))
    return panel


def _check_order_by_ticker(rows: pd.DataFrame, origin_of_row: Callable[[int], str]) -> None:
    assets, tickers = pd.factorize(rows["ticker"])
    by_ticker = np.argsort(assets, kind="stable")
    moments = rows["timestamp"].astype("int64").to_numpy()[by_ticker]
    stuck = (np.diff(assets[by_ticker]) == 0) & (np.diff(moments) <= 0)
    if not stuck.any():
        return
    before, row = by_ticker[np.flatnonzero(stuck)[0] :][:2]
    where = f"{origin_of_row(int(row))}: {tickers[assets[row]]} at {date_text(rows['timestamp'].iloc[row])}"
    if rows["timestamp"].iloc[row] == rows["timestamp"].iloc[before]:
        raise DataError(f"{where} appears twice, first in {origin_of_row(int(before))}. Keep one of the two rows.")
    raise DataError(
        f"{where} follows its bar of {date_text(rows['timestamp'].iloc[before])}; a ticker's rows go from old to new. "
        "Sort the file, or set the parameter order to newest_first if all of it runs backwards."
    )


def _inside(timestamps: pd.Series, start: date | None, end: date | None) -> np.ndarray:
    inside = np.ones(len(timestamps), dtype=np.bool_)
    if start is not None:
        inside &= (timestamps >= pd.Timestamp(start, tz="UTC")).to_numpy()
    if end is not None:
        inside &= (timestamps < pd.Timestamp(end, tz="UTC") + timedelta(days=1)).to_numpy()
    return inside
