"""Making a price panel of rows, as a file or a service gives them.

1. Refuse rows of one ticker that are not in order of time, or appear twice: what order they were meant to have, nobody
   here can know. A source that promises no order, as a database, says so.
2. Find the panel's order, by timestamp, then ticker (row_order.py). Files with one ticker after the other need it.
3. Cut to the dates, arrange one column after the other, and check as at the door, with each row's origin in the
   message.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.ticker_names import ticker_fault, ticker_text
from core.engine.bar_rows import BarRows, bar_rows
from core.engine.panel_checks import check_panel
from core.engine.panel_index import date_text
from core.engine.row_blocks import row_blocks
from core.engine.row_order import first_twice, row_order
from core.engine.time_order import first_out_of_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.engine.row_order import RowOrder
    from core.engine.time_order import TimeOrder

__all__ = ["panel_from_rows"]


def panel_from_rows(
    rows: pd.DataFrame | BarRows,
    *,
    origin: str,
    origin_of_row: Callable[[int], str],
    start: date | None = None,
    end: date | None = None,
    time_order: TimeOrder = "oldest_first",
) -> pd.DataFrame:
    """Return rows as a checked price panel.

    Parameters
    ----------
    rows : DataFrame or BarRows
        Columns timestamp (UTC), ticker and the panel's own, in the order in which the source holds them. BarRows are
        emptied, so that large data are not there twice; a DataFrame stays as it is.
    origin : str
        Where the rows came from, for messages.
    origin_of_row : callable
        Says where the row at a position of `rows` came from, such as a file and its line.
    start, end : date or None
        First and last session, both included.
    time_order : {"oldest_first", "newest_first", "any"}
        How the rows of one ticker lie.

    Raises
    ------
    DataError
        If a row has no ticker or no time, a ticker cannot name an instrument, its rows are out of order or appear
        twice, no row lies in the dates, or `check_panel` refuses one.
    """
    if not len(rows):
        raise DataError(f"{origin}: there are no rows; a panel needs at least one bar. Check the file and the tickers.")
    held = bar_rows(rows, origin_of_row) if isinstance(rows, pd.DataFrame) else rows
    _check_names(held, origin_of_row)
    order = _ordered(held, time_order, origin_of_row).of_bars(*_bars_inside(held.moments, start, end, origin))
    columns = {name: _arranged(held.columns, name, order.positions) for name in list(held.columns)}
    panel = pd.DataFrame(columns, index=order.index(held.moments, held.tickers), copy=False)
    check_panel(panel, origin=origin, origin_of_row=lambda row: origin_of_row(int(order.positions[row])))
    return panel


def _check_names(rows: BarRows, origin_of_row: Callable[[int], str]) -> None:
    for position, name in enumerate(rows.tickers):
        if fault := ticker_fault(name):
            row = int(np.argmax(rows.assets == position))
            raise DataError(f"{origin_of_row(row)}: ticker {ticker_text(name)} {fault}. Rename it at the source.")


def _ordered(rows: BarRows, time_order: TimeOrder, origin_of_row: Callable[[int], str]) -> RowOrder:
    stuck = first_out_of_order(rows, time_order)
    order = None if stuck is not None else row_order(rows)
    if order is not None:
        return order
    row, before = first_twice(rows) if stuck is None else (stuck.row, stuck.before)
    where = f"{origin_of_row(row)}: {rows.ticker_of(row)} at {date_text(rows.time_of(row))}"
    if rows.bars[row] == rows.bars[before]:
        raise DataError(f"{where} appears twice, first in {origin_of_row(before)}. Keep one of the two rows.")
    raise DataError(
        f"{where} follows its bar of {date_text(rows.time_of(before))}; a ticker's rows go from old to new. "
        "Sort the file, or set the parameter order to newest_first if all of it runs backwards."
    )


def _bars_inside(moments: pd.DatetimeIndex, start: date | None, end: date | None, origin: str) -> tuple[int, int]:
    """Return the position of the first bar that lies in the dates, and of the first one beyond."""
    first = 0 if start is None else int(moments.searchsorted(pd.Timestamp(start, tz="UTC")))
    beyond = len(moments)
    if end is not None:
        beyond = int(moments.searchsorted(pd.Timestamp(end, tz="UTC") + timedelta(days=1)))
    if first >= beyond:
        raise DataError(
            f"{origin}: no bar lies in {start or 'the first bar'} to {end or 'the last bar'}; the data go from "
            f"{date_text(moments[0])} to {date_text(moments[-1])}. Change data.start_date or data.end_date."
        )
    return first, beyond


def _arranged(columns: dict[str, Any], name: str, positions: NDArray[np.int64]) -> Any:  # noqa: ANN401 - an array
    values = columns.pop(name)
    if isinstance(values, pd.Series):
        return values.take(positions).array
    return values if len(values) == len(positions) and _is_in_order(positions) else values.take(positions)


def _is_in_order(positions: NDArray[np.int64]) -> bool:
    return all((positions[rows] == np.arange(rows.start, rows.stop)).all() for rows in row_blocks(len(positions)))
