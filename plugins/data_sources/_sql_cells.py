"""What a database answers, cell by cell: tickers, times and numbers, each exact or refused with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import qlop

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Batch"]

_NUMBER_TYPES = frozenset({int, float, Decimal, type(None)})
_LONGEST_SHOWN = 60
_EXACT_TO = 2**53  # above it float64 leaves whole numbers out


class Batch:
    """Some rows of an answer, in the order in which they came.

    Parameters
    ----------
    origin : str
        What was asked, for messages.
    columns : mapping of str to sequence
        The cells of each column, as the driver gives them.
    row_numbers : array
        Which row of the whole answer each one is, from 1.
    """

    def __init__(self, origin: str, columns: Mapping[str, Sequence[Any]], row_numbers: NDArray[np.int64]) -> None:
        self._origin = origin
        self._columns = columns
        self.row_numbers = row_numbers
        self._tickers: Sequence[str] = ()
        self._times: Sequence[Any] = ()

    def __len__(self) -> int:
        return len(self.row_numbers)

    def tickers(self, column: str, padded: set[str]) -> list[str]:
        """Return the column's tickers, white space around them taken off; `padded` gets those that had some."""
        cells = self._columns[column]
        if not set(map(type, cells)) <= {str, int}:
            self._refuse_first(column, cells, lambda cell: type(cell) not in (str, int), _no_ticker)
        read = {cell: str(cell).strip() for cell in set(cells)}
        if not all(read.values()):
            self._refuse_first(
                column, cells, lambda cell: not read[cell], lambda _: "the text is empty; it must name a ticker"
            )
        padded.update(cell for cell, ticker in read.items() if type(cell) is str and cell != ticker)
        return [read[cell] for cell in cells]

    def only(self, tickers: Sequence[str], kept: NDArray[np.bool_], time_column: str) -> Batch:
        """Return the rows that are kept; messages say of each row which ticker it has, and which time."""
        columns = self._columns
        if not kept.all():
            positions = kept.nonzero()[0].tolist()
            columns = {name: [cells[position] for position in positions] for name, cells in columns.items()}
            tickers = [tickers[position] for position in positions]
        rest = Batch(self._origin, columns, self.row_numbers[kept])
        rest._tickers = tickers
        rest._times = columns[time_column]
        return rest

    @property
    def its_tickers(self) -> Sequence[str]:
        """The ticker of each row, once `only` has told them."""
        return self._tickers

    def times(
        self, column: str, interval: str, *, timestamp_format: str | None, timezone: str | None
    ) -> pd.DatetimeIndex:
        """Return the column's times in UTC, as `qlop.engine.timestamps_of` reads them."""
        import pyarrow as pa
        from qlop.engine import CellError, bears_session_dates, timestamps_of

        cells = self._columns[column]
        first = _form_of(cells[0])
        if set(map(_form_of, cells)) != {first} or first == _NULL:
            self._refuse_first(column, cells, lambda cell: cell is None, lambda _: f"{_NULL}; it must hold a time")
            self._refuse_first(
                column,
                cells,
                lambda cell: _form_of(cell) != first,
                lambda cell: (
                    f"{cell} is {_form_of(cell)} and the rows before hold {first}; a column must hold one form"
                ),
            )
        try:
            return timestamps_of(
                pa.chunked_array([pa.array(cells)]),
                daily=bears_session_dates(interval),
                timestamp_format=timestamp_format,
                timezone=timezone,
            )
        except CellError as error:
            raise self._fault(column, error.row, f"{error.reason} (data.interval is {interval!r})") from error
        except pa.ArrowException as error:
            raise self._fault(column, 0, f"{first} cannot be read as times: {error}") from error

    def numbers(self, column: str, empty: float | None = None) -> NDArray[np.float64]:
        """Return the column's numbers, each the float64 nearest to what the database holds.

        `empty` is what NULL means; None refuses it.
        """
        import numpy as np

        cells = self._columns[column]
        kinds = set(map(type, cells))
        if not kinds <= _NUMBER_TYPES:
            self._refuse_first(column, cells, lambda cell: type(cell) not in _NUMBER_TYPES, _no_number)
        if int in kinds:
            self._refuse_first(column, cells, _is_beyond_float64, _too_large)
        if type(None) in kinds:
            if empty is None:
                self._refuse_first(column, cells, lambda cell: cell is None, lambda _: _NULL_NUMBER)
            cells = [empty if cell is None else cell for cell in cells]
        # float() of a Decimal is the nearest float64, and so is NumPy's conversion, which calls it.
        numbers = np.array(cells, dtype=np.float64)
        finite = np.isfinite(numbers)
        if not finite.all():
            row = int(np.argmin(finite))
            raise self._fault(column, row, f"{_cut(cells[row])} is not finite; it must be a finite number")
        return numbers

    def where(self, row: int) -> str:
        """Return how messages name a row."""
        return f"{self._origin}, row {self.row_numbers[row]} of the answer"

    def _refuse_first(
        self, column: str, cells: Sequence[Any], is_wrong: Callable[[Any], bool], reason: Callable[[Any], str]
    ) -> None:
        for row, cell in enumerate(cells):
            if is_wrong(cell):
                raise self._fault(column, row, reason(cell))

    def _fault(self, column: str, row: int, reason: str) -> qlop.DataError:
        from qlop.engine import ticker_shown

        ticker = f", ticker {ticker_shown(self._tickers[row])}" if self._tickers else ""
        moment = f", time {str(self._times[row])[:_LONGEST_SHOWN]}" if self._times else ""
        return qlop.DataError(f"{self.where(row)}, column {column!r}{ticker}{moment}: {reason}.")


_NULL = "the cell is NULL"
_NULL_NUMBER = f"{_NULL}; it must hold a number. Leave such rows out in a query (WHERE ... IS NOT NULL)"


def _form_of(cell: object) -> str:
    if isinstance(cell, datetime):
        return "a time without a zone" if cell.tzinfo is None else "a time with a zone"
    if cell is None:
        return _NULL
    return {"date": "a date", "str": "a text", "int": "a whole number"}.get(
        type(cell).__name__, f"of the type {type(cell).__name__}"
    )


def _no_ticker(cell: object) -> str:
    return f"{_shown(cell)}; it must hold a ticker"


def _no_number(cell: object) -> str:
    return f"{_shown(cell)}; it must hold a number. Store numbers, or cast them in a query: CAST(... AS numeric)"


def _shown(cell: object) -> str:
    return _NULL if cell is None else f"{str(cell)[:_LONGEST_SHOWN]!r} is {_form_of(cell)}"


def _cut(number: object) -> str:
    shown = str(number)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[: _LONGEST_SHOWN - 3]}..."


def _is_beyond_float64(cell: object) -> bool:
    return type(cell) is int and abs(cell) > _EXACT_TO and int(float(cell)) != cell


def _too_large(cell: object) -> str:
    return (
        f"{_cut(cell)} has more digits than float64 holds (about 15.9); cast it to a numeric type that may be rounded"
    )
