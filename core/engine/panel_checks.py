"""The checks at the door: what a price panel promises, and the error for whoever breaks it.

1. Form: a non-empty DataFrame, index (timestamp in UTC, ticker), float64 columns by their names.
2. Order: rows sorted by timestamp, then ticker, each pair once.
3. Values: prices finite and above zero, volume finite and not negative, splits, dividends and rates possible.
4. Bars: high at least low, open and close between them, one risk-free rate a bar.

Nothing is sorted, filled or dropped here: a panel passes as it is, or is refused with the first fault named.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.panel_index import check_index_form, check_index_order, row_text
from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["OPTIONAL_COLUMNS", "PRICE_COLUMNS", "RANGE_TOLERANCE", "REQUIRED_COLUMNS", "check_panel"]

PRICE_COLUMNS = ("open", "high", "low", "close")
REQUIRED_COLUMNS = (*PRICE_COLUMNS, "volume")
OPTIONAL_COLUMNS = ("adjusted_close", "dividend", "split", "risk_free_rate_annual")

RANGE_TOLERANCE = 1e-6
"""Relative. Prices kept as float32, or rounded to seven digits after an adjustment, leave [low, high] by less."""

YEARS = range(1700, 2200)
"""Others, such as 0001 and 9999, are what databases write for a date that is not known."""

_POSITIVE = "a finite number above 0"
_ALLOWED = {
    "volume": "a finite number of at least 0",
    "dividend": "a finite number of at least 0 (0 where none is paid)",
    "split": f"{_POSITIVE} (1 where there is none)",
    "risk_free_rate_annual": "a fraction a year above -1 and at most 2, such as 0.05 for 5 %",
}


def check_panel(panel: pd.DataFrame, *, origin: str, origin_of_row: Callable[[int], str] | None = None) -> None:
    """Refuse a price panel that breaks a promise.

    Parameters
    ----------
    panel : DataFrame
        Index (timestamp, ticker), columns as named in docs/data.md. A source's own columns are not judged.
    origin : str
        Where the panel came from, for the message: a file, or a data source.
    origin_of_row : callable, optional
        Says where the row at a position came from, such as a file and its line; `origin` where it is left out.

    Raises
    ------
    DataError
        If the panel is empty, or its index, columns or dtypes are not a panel's.
        If timestamps are naive, not in UTC, missing or of no year of `YEARS`, or rows are unsorted or appear twice.
        If a price is NaN, infinite, zero or negative, or a volume, dividend, split or rate is impossible.
        If high is below low, or open or close lie outside [low, high] by more than `RANGE_TOLERANCE`.
        If two tickers of one bar have different risk-free rates.
    """
    if not isinstance(panel, pd.DataFrame):
        raise DataError(f"{origin}: a price panel must be a pandas DataFrame, and this is a {type(panel).__name__}.")
    if panel.empty:
        raise DataError(
            f"{origin}: the panel is empty ({len(panel)} rows, {len(panel.columns)} columns); it needs at least one "
            "bar. Check the tickers and the dates that were asked for."
        )
    check_index_form(panel.index, origin)
    _check_columns(panel, origin)
    check_index_order(panel, origin)
    where = origin_of_row or (lambda _row: origin)
    _check_years(panel, where)
    for column in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS):
        if column in panel.columns:
            _check_values(panel, column, where)
    _check_ranges(panel, where)
    _check_one_rate_a_bar(panel, where)


def _check_years(panel: pd.DataFrame, where: Callable[[int], str]) -> None:
    for row in (0, len(panel) - 1):
        if panel.index[row][0].year not in YEARS:
            raise DataError(
                f"{where(row)}: the bar of {row_text(panel, row)} is of no year from {YEARS.start} to "
                f"{YEARS.stop - 1}, so its date is not meant. Correct it at the source, or leave the bar out."
            )


def _check_columns(panel: pd.DataFrame, origin: str) -> None:
    twice = panel.columns[panel.columns.duplicated()]
    if len(twice):
        raise DataError(f"{origin}: column {twice[0]!r} appears twice; each name may appear once. Rename one of them.")
    lacking = [column for column in REQUIRED_COLUMNS if column not in panel.columns]
    if lacking:
        raise DataError(
            f"{origin}: the panel lacks {', '.join(lacking)} (its columns are {', '.join(map(str, panel.columns))}); "
            f"it must have {', '.join(REQUIRED_COLUMNS)}. Map or add the columns that are missing."
        )
    for column in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS):
        if column in panel.columns and panel[column].dtype != np.float64:
            raise DataError(
                f"{origin}: column {column} has dtype {panel[column].dtype}; it must be float64. "
                f"Convert it with panel[{column!r}].astype('float64')."
            )


def _check_values(panel: pd.DataFrame, column: str, where: Callable[[int], str]) -> None:
    values = panel[column].to_numpy()
    row = _first_wrong(len(values), lambda rows: _is_possible(values[rows], column))
    if row is None:
        return
    more = int(np.count_nonzero(~_is_possible(values, column))) - 1
    others = f" ({more} more in this column)" if more else ""
    raise DataError(
        f"{where(row)}: {column} of {row_text(panel, row)} is {values[row]}{others}; it must be "
        f"{_ALLOWED.get(column, _POSITIVE)}. Correct it at the source, or leave the bar out."
    )


def _first_wrong(n_rows: int, is_right: Callable[[slice], NDArray[np.bool_]]) -> int | None:
    """Return the first row that is not right, None where all are; some rows are looked at together."""
    for rows in row_blocks(n_rows):
        right = is_right(rows)
        if not right.all():
            return int(rows.start + np.argmin(right))
    return None


def _is_possible(values: NDArray[np.float64], column: str) -> NDArray[np.bool_]:
    # NaN compares false, so these comparisons refuse it as well.
    if column in {"volume", "dividend"}:
        return (values >= 0.0) & (values < np.inf)
    if column == "risk_free_rate_annual":
        return (values > -1.0) & (values <= 2.0)
    return (values > 0.0) & (values < np.inf)


def _check_ranges(panel: pd.DataFrame, where: Callable[[int], str]) -> None:
    open_, high, low, close = (panel[column].to_numpy() for column in PRICE_COLUMNS)
    row = _first_wrong(len(panel), lambda rows: high[rows] >= low[rows])
    if row is not None:
        raise DataError(
            f"{where(row)}: high of {row_text(panel, row)} is {high[row]}, below its low {low[row]}; high must be at "
            "least low. Correct the bar at the source, or leave it out."
        )
    for column, values in (("open", open_), ("close", close)):
        row = _first_wrong(len(panel), partial(_lies_inside, values, low, high))
        if row is not None:
            raise DataError(
                f"{where(row)}: {column} of {row_text(panel, row)} is {values[row]}, "
                f"outside [{low[row]}, {high[row]}]; it "
                "must lie between low and high. Correct the bar at the source, or leave it out."
            )


def _check_one_rate_a_bar(panel: pd.DataFrame, where: Callable[[int], str]) -> None:
    if "risk_free_rate_annual" not in panel.columns:
        return
    codes = cast("pd.MultiIndex", panel.index).codes[0]
    rates = panel["risk_free_rate_annual"].to_numpy()
    row = _first_wrong(len(panel) - 1, partial(_is_as_before_or_of_another_bar, codes, rates))
    if row is not None:
        row += 1
        raise DataError(
            f"{where(row)}: risk_free_rate_annual of {row_text(panel, row)} is {rates[row]}, and another ticker of "
            f"that bar has {rates[row - 1]}; all tickers of a bar share one rate. Give each bar one rate."
        )


def _lies_inside(
    values: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], rows: slice
) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = values[rows] >= low[rows] * (1.0 - RANGE_TOLERANCE)
    return inside & (values[rows] <= high[rows] * (1.0 + RANGE_TOLERANCE))


def _is_as_before_or_of_another_bar(
    codes: NDArray[np.signedinteger], rates: NDArray[np.float64], rows: slice
) -> NDArray[np.bool_]:
    later = slice(rows.start + 1, rows.stop + 1)
    is_right: NDArray[np.bool_] = (rates[later] == rates[rows]) | (codes[later] != codes[rows])
    return is_right
