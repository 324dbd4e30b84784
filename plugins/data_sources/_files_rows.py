"""From a file to rows of a panel, some at a time: the wanted tickers, with prices or the returns that make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import qlop

from plugins.data_sources._files_cells import Cells
from plugins.data_sources._files_found import stem
from plugins.data_sources._own_prices import EXTRA_COLUMNS, MEANING_OF_EMPTY, PRICE_COLUMNS, as_said, rate_as_fraction

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from qlop.engine import FileColumn, TableReader, TimeReading

    from plugins.data_sources.files import Files

__all__ = ["FileReading", "FileRows"]

_Columns = Mapping["FileColumn", str]


@dataclass(frozen=True)
class FileRows:
    """Some rows of a file: whose, when, the panel's columns, and where in the file each of them stands."""

    tickers: pd.Categorical
    times: pd.DatetimeIndex
    columns: Mapping[str, NDArray[np.float64]]
    row_numbers: NDArray[np.int64]


@dataclass(frozen=True)
class FileReading:
    """A file that is being read.

    Attributes
    ----------
    table : TableReader
        The file.
    params : Files.Params
        How it is written.
    times : TimeReading
        How its times are read.
    interval : str
        The config's, for messages.
    tickers : dict
        The tickers that it holds, wanted or not, once its blocks have been read: a set in order.
    padded : set of str
        Those of them that had white space around them, as they stood.
    """

    table: TableReader
    params: Files.Params
    times: TimeReading
    interval: str
    tickers: dict[str, None] = field(default_factory=dict)
    padded: set[str] = field(default_factory=set)

    def blocks(self, wanted: Sequence[str] | None) -> Iterator[FileRows]:
        """Yield the file's rows of the wanted tickers (None: all), some at a time, as they stand in it.

        Raises
        ------
        DataError
            If a column is missing, or a cell cannot be read exactly.
        """
        import numpy as np

        found = self._columns()
        for block in self.table.blocks(list(dict.fromkeys(found.values()))):
            numbers = np.arange(block.columns.num_rows)
            tickers = self._tickers(block.columns, block.first_row, found.get("ticker"))
            self.tickers.update(dict.fromkeys(tickers.categories))
            columns = block.columns
            if wanted is not None:
                numbers = np.flatnonzero(tickers.isin(list(wanted)))
                tickers, columns = tickers[numbers], columns.take(numbers)
            if len(numbers):
                yield self._rows(Cells(self.table, columns, numbers + block.first_row, tickers, self.params), found)

    def _columns(self) -> _Columns:
        from qlop.engine import source_columns

        params = self.params
        found = source_columns(
            self.table.names,
            params.columns,
            origin=str(self.table.path),
            returns_only=params.returns_only,
            next_step=self.table.hint,
        )
        if found.get("ticker") and params.ticker is not None:
            raise qlop.DataError(
                f"{self.table.path}: data_source_params.ticker is {params.ticker!r}, but the file's column "
                f"{found['ticker']!r} names tickers. Leave ticker out, or say columns: {{ticker: ''}}."
            )
        return found

    def _tickers(self, columns: Any, first_row: int, column: str | None) -> pd.Categorical:  # noqa: ANN401
        import numpy as np
        import pandas as pd
        from qlop.engine import CellError, categories_of

        if column is None:
            only = pd.Index([self.params.ticker or stem(self.table.path)], dtype="str")
            return pd.Categorical.from_codes(np.zeros(columns.num_rows, dtype=np.int64), categories=only)
        try:
            return categories_of(columns[column], self.padded).remove_unused_categories()
        except CellError as error:
            place = self.table.where(first_row + error.row)
            raise qlop.DataError(f"{place}, column {column!r}: {error.reason}.") from error

    def _rows(self, cells: Cells, found: _Columns) -> FileRows:
        times = cells.times(found["timestamp"], self.times, self.interval)
        columns = _returns(cells, found) if self.params.returns_only else _prices(cells, found)
        return FileRows(cells.tickers, times, columns, cells.row_numbers)


def _prices(cells: Cells, found: _Columns) -> dict[str, NDArray[np.float64]]:
    values: dict[str, NDArray[np.float64]] = {
        name: cells.numbers(found[name], MEANING_OF_EMPTY.get(name))
        for name in (*PRICE_COLUMNS, *EXTRA_COLUMNS)
        if name in found
    }
    params = cells.params
    return as_said(values, no_corporate_actions=params.no_corporate_actions, rate_in_percent=params.rate_in_percent)


def _returns(cells: Cells, found: _Columns) -> dict[str, NDArray[np.float64]]:
    import numpy as np

    column, params = found["returns"], cells.params
    returns = cells.numbers(column) / (100.0 if params.returns_in_percent else 1.0)
    if not (returns > -1.0).all():
        row = int(np.argmin(returns > -1.0))
        raise cells.fault(
            column,
            row,
            f"a return of {returns[row]:.6g} loses everything; it must be above -1. Set returns_in_percent if it is "
            "in percent",
        )
    values = {"returns": returns}
    if "risk_free_rate_annual" in found:
        values["risk_free_rate_annual"] = cells.numbers(found["risk_free_rate_annual"])
    if params.unfunded:
        values["unfunded"] = np.ones(len(returns))
    return rate_as_fraction(values, in_percent=params.rate_in_percent)
