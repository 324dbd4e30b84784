"""Results as CSV files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qlop

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class Csv(qlop.FolderSinkPlugin):
    """One CSV file a table, metrics.csv with a line a figure, and summary.txt.

    As RFC 4180 says, in UTF-8, with a header line; numbers as the shortest text that reads back to the same float64,
    times in ISO 8601, missing values empty. A text cell or header that a spreadsheet would take for a formula (it
    begins with = + - @, a tab or a line end) gets an apostrophe before it; number columns are untouched. Equal results
    give equal bytes.
    """

    name = "csv"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    suffix = ".csv"

    class Params(qlop.FolderSinkParams):
        """Parameters of `csv`."""

    params: Params

    def table_file(self, table: pd.DataFrame) -> bytes:
        """Return a table as CSV."""
        return _csv_of(table)

    def metrics_file(self, metrics: Mapping[str, qlop.MetricValue]) -> bytes:
        """Return the figures as CSV."""
        import pandas as pd

        figures = [(name, _figure_text(value)) for name, value in metrics.items()]
        return _csv_of(pd.DataFrame(figures, columns=["metric", "value"], dtype=object))


def _csv_of(table: pd.DataFrame) -> bytes:
    import pandas as pd

    safe = pd.DataFrame({place: _safe_column(table.iloc[:, place]) for place in range(table.shape[1])})
    safe.columns = pd.Index([_neutral(str(column)) for column in table.columns])
    # RFC 4180's line end; with a bare line feed the writer leaves cells with a carriage return unquoted.
    text: str = safe.to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8")


def _safe_column(column: pd.Series) -> pd.Series:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return column.map(lambda moment: moment.isoformat(), na_action="ignore").astype(object)
    return column if pd.api.types.is_numeric_dtype(column) else column.astype(object).map(_neutral)


def _neutral(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def _figure_text(value: object) -> object:
    # A column of floats would turn counts and flags into floats too.
    return "" if value is None else value
