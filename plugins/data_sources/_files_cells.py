"""The cells of some wanted rows of a file: each read exactly, or refused with its line, column and ticker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import qlop

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from qlop.engine import TableReader, TimeReading

    from plugins.data_sources.files import Files

__all__ = ["Cells"]


@dataclass(frozen=True)
class Cells:
    """Some rows of a file that are wanted.

    Attributes
    ----------
    table : TableReader
        The file.
    taken : pyarrow.Table
        The columns of these rows.
    row_numbers : array of int
        Where in the file each of them stands.
    tickers : Categorical
        The ticker of each.
    params : Files.Params
        How cells are written.
    """

    table: TableReader
    taken: Any
    row_numbers: NDArray[np.int64]
    tickers: pd.Categorical
    params: Files.Params

    def numbers(self, column: str, empty: float | None = None) -> NDArray[np.float64]:
        """Return a column's numbers; `empty` is what an empty cell means, None refuses it."""
        from qlop.engine import CellError, numbers_of

        try:
            return numbers_of(
                self.taken[column], decimal=self.params.decimal, thousands=self.params.thousands, empty=empty
            )
        except CellError as error:
            raise self.fault(column, error.row, error.reason) from error

    def times(self, column: str, reading: TimeReading, interval: str) -> pd.DatetimeIndex:
        """Return a column's times in UTC."""
        from qlop.engine import CellError

        try:
            return reading.read(self.taken[column])
        except CellError as error:
            fault = self.fault(column, error.row, error.reason)
            raise qlop.DataError(f"{fault} (data.interval is {interval!r})") from error

    def fault(self, column: str, row: int, reason: str) -> qlop.DataError:
        """Return the error that names the cell."""
        from qlop.engine import ticker_shown

        place = self.table.where(int(self.row_numbers[row]))
        return qlop.DataError(f"{place}, column {column!r}, ticker {ticker_shown(self.tickers[row])}: {reason}.")
