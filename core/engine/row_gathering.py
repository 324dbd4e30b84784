"""Gathering rows of bars block by block, in little more memory than they fill.

1. A column is one array that grows in place, by an eighth where nobody said how many rows will come: the operating
   system moves such an array's pages without copying them.
2. A ticker is a number in each row, and a text once; a time is one of all that occur.
3. Rows that come without a column have NaN there, so that no value is ever given to another row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.engine.bar_rows import BarRows, refuse_lacking
from core.engine.row_blocks import row_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["GrowingColumn", "RowGathering"]

_LEAST = 2**16


class GrowingColumn:
    """An array that values are put behind.

    Parameters
    ----------
    dtype : type
        Of the values.
    expected : int
        How many will come, where that is known; more are no error.
    """

    def __init__(self, dtype: type, expected: int = 0) -> None:
        self._held: NDArray[Any] = np.empty(expected or _LEAST, dtype=dtype)
        self._filled = 0

    def __len__(self) -> int:
        return self._filled

    def add(self, values: NDArray[Any]) -> None:
        """Put values at the end."""
        end = self._filled + len(values)
        if end > len(self._held):
            # Nobody else refers to the array before it is taken.
            self._held.resize(max(end, len(self._held) + len(self._held) // 8), refcheck=False)
        self._held[self._filled : end] = values
        self._filled = end

    def add_missing(self, n_rows: int) -> None:
        """Put NaN at the end."""
        for rows in row_blocks(n_rows):
            self.add(np.full(rows.stop - rows.start, np.nan))

    def taken(self) -> NDArray[Any]:
        """Return all values; nothing is held afterwards."""
        values = self._held[: self._filled]
        self._held, self._filled = np.empty(0, dtype=self._held.dtype), 0
        return values


class RowGathering:
    """Rows of bars as a source reads them, tickers and times in any order.

    Parameters
    ----------
    expected : int
        How many rows will come, where that is known.

    Attributes
    ----------
    tickers : list of str
        Each ticker once, in the order in which they came.
    """

    def __init__(self, expected: int = 0) -> None:
        self.tickers: list[str] = []
        self._expected = expected
        self._number: dict[str, int] = {}
        self._codes = GrowingColumn(np.int32, expected)
        self._times = GrowingColumn(np.int64, expected)
        self._columns: dict[str, GrowingColumn] = {}

    def __len__(self) -> int:
        return len(self._times)

    def expect(self, n_rows: int) -> None:
        """Say, before the first of them comes, how many rows there will be; what is not filled takes no memory."""
        if not len(self):
            self._expected = n_rows
            self._codes, self._times = GrowingColumn(np.int32, n_rows), GrowingColumn(np.int64, n_rows)

    def add(
        self, tickers: pd.Categorical[Any], times: pd.DatetimeIndex, columns: Mapping[str, NDArray[np.float64]]
    ) -> list[str]:
        """Put rows at the end, and return the tickers that were not there before.

        Parameters
        ----------
        tickers : Categorical of shape (n_rows,)
            A category that no row has counts as not there.
        times : DatetimeIndex of shape (n_rows,)
            UTC.
        columns : mapping of str to ndarray of shape (n_rows,)
            The panel's columns. One that came with other rows alone is NaN in these, and the other way round.

        Raises
        ------
        DataError
            If a row has no ticker or no time.
        """
        n_before, n_rows = len(self), len(times)
        if not n_rows:
            return []

        def origin_of_row(row: int) -> str:
            return f"Row {n_before + row + 1:,} of those gathered"

        refuse_lacking("ticker", tickers.codes < 0, origin_of_row)
        refuse_lacking("time", np.asarray(times.isna()), origin_of_row)
        new = self._add_tickers(tickers)
        self._times.add(times.as_unit("us").asi8)
        for name in columns:
            if name not in self._columns:
                self._columns[name] = GrowingColumn(np.float64, self._expected)
                self._columns[name].add_missing(n_before)
        for name, column in self._columns.items():
            if name in columns:
                column.add(columns[name])
            else:
                column.add_missing(n_rows)
        return new

    def taken(self) -> BarRows:
        """Return the rows; there are none here afterwards."""
        bars, moments = _among_all(self._times.taken())
        names = pd.Index(self.tickers, dtype="str")
        by_name = names.argsort()
        ranks = np.empty(len(names), dtype=np.int32)
        ranks[by_name] = np.arange(len(names))
        assets = _replaced(self._codes.taken(), ranks)
        columns = {name: self._columns.pop(name).taken() for name in list(self._columns)}
        return BarRows(bars, moments, assets, names[by_name], columns)

    def _add_tickers(self, tickers: pd.Categorical) -> list[str]:
        names = [str(name) for name in tickers.categories]
        new = [names[code] for code in pd.unique(tickers.codes) if names[code] not in self._number]
        for name in new:
            self._number[name] = len(self.tickers)
            self.tickers.append(name)
        numbers = np.array([self._number.get(name, -1) for name in names], dtype=np.int32)
        self._codes.add(numbers[tickers.codes])
        return new


def _among_all(times: NDArray[np.int64]) -> tuple[NDArray[np.int32], pd.DatetimeIndex]:
    """Return each time's position among those that occur, sorted, and these."""
    found = np.empty(0, dtype=np.int64)
    for rows in row_blocks(len(times)):
        found = np.union1d(found, pd.unique(times[rows]))
    known = pd.Index(found)
    positions = np.empty(len(times), dtype=np.int32)
    for rows in row_blocks(len(times)):
        positions[rows] = known.get_indexer(pd.Index(times[rows]))
    return positions, pd.DatetimeIndex(found.view("datetime64[us]"), name="timestamp").tz_localize("UTC")


def _replaced(codes: NDArray[np.int32], ranks: NDArray[np.int32]) -> NDArray[np.int32]:
    for rows in row_blocks(len(codes)):
        codes[rows] = ranks[codes[rows]]
    return codes
