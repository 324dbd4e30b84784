"""The rows of several files, gathered one file after the other, each ticker in one file alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import qlop

from plugins.data_sources._own_prices import among_held

if TYPE_CHECKING:
    from qlop.engine import BarRows, TableReader

    from plugins.data_sources._files_rows import FileReading, FileRows

__all__ = ["JoinedFiles"]


class JoinedFiles:
    """The rows that came so far, and where each of them stands."""

    def __init__(self) -> None:
        from qlop.engine import RowGathering, RowPlaces

        self._rows = RowGathering()
        self._places = RowPlaces()
        self._tables: list[TableReader] = []
        self._first_in: dict[str, Path] = {}

    def begin(self, table: TableReader) -> None:
        """Say that the rows which follow are this file's."""
        self._tables.append(table)
        self._rows.expect(table.n_rows or 0)

    def add(self, rows: FileRows) -> list[str]:
        """Put rows at the end, and return the tickers that were not there before."""
        new = self._rows.add(rows.tickers, rows.times, rows.columns)
        self._places.add(len(self._tables) - 1, rows.row_numbers)
        return new

    def end(self, reading: FileReading) -> None:
        """Refuse a file that holds a ticker which another one held."""
        from qlop.engine import ticker_shown

        for ticker in reading.tickers:
            if ticker in self._first_in:
                raise qlop.DataError(
                    f"{ticker_shown(ticker)} is in {self._first_in[ticker]} and in {reading.table.path}; a ticker's "
                    "bars must be in one file. Join them."
                )
            self._first_in[ticker] = reading.table.path

    def taken(self) -> tuple[BarRows, Callable[[int], str]]:
        """Return all rows, and what says where each of them stands; none are held afterwards."""
        tables, places = self._tables, self._places

        def origin_of_row(row: int) -> str:
            file, number = places.of(row)
            return tables[file].where(number)

        return self._rows.taken(), origin_of_row

    def refuse_missing(self, wanted: Sequence[str] | None, path: str) -> None:
        """Refuse a ticker that is asked for and in none of the files."""
        for ticker in wanted or ():
            if ticker not in self._first_in:
                raise qlop.DataError(
                    f"{path}: no row is of ticker {ticker!r} ({len(self._tables)} files read)."
                    f"{among_held(ticker, self._first_in)} A file without a ticker column bears its ticker as its name."
                )
