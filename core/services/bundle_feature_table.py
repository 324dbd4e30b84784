"""A table of a model's features: numbers by column, and whose and when each row is where the model reads earlier rows.

1. A model that predicts each row by itself needs no more than its features; all else in the table stands beside them.
2. One that reads earlier rows needs to know which those are. Its times and tickers are read as the data source `files`
   reads them: exactly, or not at all; in any order, since each row says when it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.base.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from core.engine.table_file import TableFile
    from core.engine.table_times import TimeReading

__all__ = ["features_of_table"]

_EMPTY = ("", "nan")


def features_of_table(table: TableFile, features: Sequence[str], times: TimeReading | None) -> pd.DataFrame:
    """Return a table's features.

    Parameters
    ----------
    table : TableFile
        The file.
    features : sequence of str
        Its columns to take, in the model's order.
    times : TimeReading or None
        How its times are read, for a model that reads earlier rows; None for others.

    Returns
    -------
    DataFrame of shape (n_rows, n_features)
        float64, NaN where a cell is empty; index (timestamp, ticker) where `times` is given.

    Raises
    ------
    DataError
        If a cell cannot be read; or with `times` if the table names no times or tickers, or holds a ticker's bar twice.
    """
    import pandas as pd

    found = pd.DataFrame({name: _numbers(table, name) for name in features})
    if times is not None:
        found.index = _bars(table, [name for name in table.names if name not in features], times)
    return found


def _bars(table: TableFile, names: Sequence[str], times: TimeReading) -> pd.MultiIndex:
    import pandas as pd

    from core.engine.table_cells import categories_of

    when, whose = (_column(table, names, column) for column in ("timestamp", "ticker"))
    tickers = _read(table, whose, categories_of)
    _check_tickers(table, whose, tickers)
    index = pd.MultiIndex.from_arrays(
        [_read(table, when, times.read), tickers.astype("str")], names=["timestamp", "ticker"]
    )
    is_second = index.duplicated()
    if is_second.any():
        row = int(is_second.argmax())
        first = int((index == index[row]).argmax())
        raise DataError(
            f"{table.where(row)}: {index[row][1]} at {index[row][0]:%Y-%m-%d %H:%M} appears twice, first in "
            f"{table.where(first)}. Keep one of the two rows."
        )
    return index


def _column(table: TableFile, names: Sequence[str], column: str) -> str:
    from core.engine.source_columns import alike_columns

    alike = alike_columns(column, names)
    if len(alike) == 1:
        return alike[0]
    said = f"both {alike[0]!r} and {alike[1]!r} may be it" if alike else f"its other columns are {', '.join(names)}"
    raise DataError(
        f"{table.path}: the model reads the bars before each row, so that the table needs one column timestamp (or "
        f"date) and one column ticker (or symbol); no single one is {column}: {said if names else 'there is none'}."
    )


def _read(table: TableFile, name: str, read: Any) -> Any:  # noqa: ANN401 - times or tickers
    from core.engine.table_cells import CellError

    try:
        return read(table.columns[name])
    except CellError as error:
        raise DataError(f"{table.where(error.row)}, column {name!r}: {error.reason} (parameters: --params).") from error


def _check_tickers(table: TableFile, column: str, tickers: pd.Categorical) -> None:
    from core.base.ticker_names import ticker_fault, ticker_text

    for code, name in enumerate(tickers.categories):
        fault = ticker_fault(name)
        if fault and (tickers.codes == code).any():
            row = int((tickers.codes == code).argmax())
            raise DataError(f"{table.where(row)}, column {column!r}: ticker {ticker_text(name)} {fault}.")


def _numbers(table: TableFile, name: str) -> NDArray[np.float64]:
    """Return a column's numbers; an empty cell, and nan, is a missing value."""
    import numpy as np

    from core.engine.table_cells import CellError, numbers_of, plain_column

    column = plain_column(table.columns[name])
    values = column.to_pandas()
    if values.dtype.kind in "OUT" or str(values.dtype) in {"str", "string"}:
        is_missing = values.isna() | values.str.strip().str.lower().isin(_EMPTY)
    else:
        is_missing = values.isna()
    is_known = ~is_missing.to_numpy(dtype=np.bool_)
    known = table.columns.filter(is_known)[name]
    found = np.full(len(values), np.nan)
    try:
        found[is_known] = numbers_of(known)
    except CellError as error:
        row = int(is_known.nonzero()[0][error.row]) if len(known) else 0
        raise DataError(f"{table.where(row)}, column {name!r}: {error.reason}.") from error
    return found
