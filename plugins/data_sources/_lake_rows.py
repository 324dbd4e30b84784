"""The rows of a lake as they come, batch by batch, each known by its file and its place in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import qlop

from plugins.data_sources._own_prices import EXTRA_COLUMNS, MEANING_OF_EMPTY, PRICE_COLUMNS, as_said

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray
    from qlop.engine import BarRows, SourceColumn

    from plugins.data_sources._lake import Lake
    from plugins.data_sources.parquet_lake import ParquetLake

__all__ = ["LakeRows"]


class LakeRows:
    """The rows that came so far."""

    def __init__(self, params: ParquetLake.Params, interval: str) -> None:
        from qlop.engine import RowGathering, RowPlaces, TimeReading, bears_session_dates

        self._params = params
        self._interval = interval
        self._times = TimeReading(
            daily=bears_session_dates(interval), timestamp_format=params.timestamp_format, timezone=params.timezone
        )
        self._rows = RowGathering()
        self._places = RowPlaces()
        self.padded: set[str] = set()
        self._file_numbers: dict[str, int] = {}

    @property
    def tickers(self) -> list[str]:
        """The tickers of the rows, in the order in which they came."""
        return self._rows.tickers

    def add(self, lake: Lake, batch: pa.Table) -> None:
        """Read the cells of a batch.

        Raises
        ------
        DataError
            If one cannot be read exactly.
        """
        from qlop.engine import CellError, categories_of, numbers_of, ticker_shown

        column: SourceColumn = "ticker"
        values: dict[str, NDArray[np.float64]] = {}
        try:
            tickers = categories_of(batch["ticker"], self.padded)
            column = "timestamp"
            times = self._times.read(batch["timestamp"])
            for column in (*PRICE_COLUMNS, *EXTRA_COLUMNS):
                if column in lake.columns:
                    values[column] = numbers_of(batch[column], empty=MEANING_OF_EMPTY.get(column))
        except CellError as error:
            row = {name: batch[name][error.row].as_py() for name in ("__file", "__row", "ticker")}
            hint = f" (data.interval is {self._interval!r})" if column == "timestamp" else ""
            raise qlop.DataError(
                f"{row['__file']}, row {row['__row'] + 1}, column {lake.columns[column]!r}, ticker "
                f"{ticker_shown(row['ticker'])}: {error.reason}.{hint}"
            ) from error
        params = self._params
        as_said(values, no_corporate_actions=params.no_corporate_actions, rate_in_percent=params.rate_in_percent)
        self._rows.add(tickers, times, values)
        self._places.add(self._numbers_of_files(batch["__file"]), batch["__row"].to_numpy())

    def _numbers_of_files(self, column: pa.ChunkedArray) -> NDArray[np.int32]:
        import numpy as np

        encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
        known = self._file_numbers
        numbers = [known.setdefault(path, len(known)) for path in encoded.dictionary.to_pylist()]
        of_rows: NDArray[np.int32] = np.array(numbers, dtype=np.int32)[encoded.indices.to_numpy()]
        return of_rows

    def taken(self) -> tuple[BarRows, Callable[[int], str]]:
        """Return the rows, and what says where each stands; none are held afterwards."""
        paths, places = list(self._file_numbers), self._places

        def origin_of_row(row: int) -> str:
            file, number = places.of(row)
            return f"{paths[file]}, row {number + 1}"

        return self._rows.taken(), origin_of_row
