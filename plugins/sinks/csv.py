"""Results as CSV files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qlop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class Csv(qlop.SinkPlugin):
    """One CSV file a table, metrics.csv with a line a figure, and summary.txt.

    As RFC 4180 says, in UTF-8, with a header line; numbers as the shortest text that reads back to the same float64,
    times in ISO 8601, missing values empty. A text cell or header that a spreadsheet would take for a formula (it
    begins with = + - @, a tab or a line end) gets an apostrophe before it; number columns are untouched. Equal results
    give equal bytes.
    """

    name = "csv"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.FolderSinkParams):
        """Parameters of `csv`."""

    params: Params

    def check(self) -> None:
        """Refuse a folder that cannot be written, and files that are there and may not be replaced.

        Raises
        ------
        DataError
            If `write` would be refused.
        """
        qlop.check_result_files(".csv", self.params)

    def check_tables(self, tables: Sequence[str]) -> None:
        """Refuse tables that the run will not have, and files of its tables that are there and may not be replaced.

        Raises
        ------
        DataError
            If `write` would be refused.
        """
        qlop.check_result_files(".csv", self.params, tables)

    def write(self, results: qlop.RunResult) -> Sequence[Path]:
        """Write the files and return their paths.

        Raises
        ------
        DataError
            If a table is unknown, the folder cannot be written, or a file is there and may not be replaced.
        """
        import pandas as pd

        tables = qlop.chosen_tables(results, self.params.tables)
        files = {f"{name}.csv": _csv_of(table) for name, table in tables.items()}
        figures = [(name, _figure_text(value)) for name, value in results.metrics.items()]
        files["metrics.csv"] = _csv_of(pd.DataFrame(figures, columns=["metric", "value"], dtype=object))
        if results.summary:
            files["summary.txt"] = results.summary.encode("utf-8")
        return qlop.write_result_files(files, self.params)


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
