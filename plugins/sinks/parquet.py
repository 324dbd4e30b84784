"""Results as Parquet files."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import qlop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd


class Parquet(qlop.SinkPlugin):
    """One Parquet file a table, metrics.parquet with a row a figure, and summary.txt.

    Compressed with zstd; types as in the run, an index as columns. metrics.parquet has `metric`, `value` (float64, also
    for flags; missing where undefined or text) and `text` (where the figure is text). Equal results give equal bytes
    under equal versions of pandas and pyarrow.
    """

    name = "parquet"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.FolderSinkParams):
        """Parameters of `parquet`."""

    params: Params

    def check(self) -> None:
        """Refuse a folder that cannot be written, and files that are there and may not be replaced.

        Raises
        ------
        DataError
            If `write` would be refused.
        """
        qlop.check_result_files(".parquet", self.params)

    def check_tables(self, tables: Sequence[str]) -> None:
        """Refuse tables that the run will not have, and files of its tables that are there and may not be replaced.

        Raises
        ------
        DataError
            If `write` would be refused.
        """
        qlop.check_result_files(".parquet", self.params, tables)

    def write(self, results: qlop.RunResult) -> Sequence[Path]:
        """Write the files and return their paths.

        Raises
        ------
        DataError
            If a table is unknown, the folder cannot be written, or a file is there and may not be replaced.
        """
        tables = qlop.chosen_tables(results, self.params.tables)
        files = {f"{name}.parquet": _parquet_of(table) for name, table in tables.items()}
        files["metrics.parquet"] = _parquet_of(_figures(results))
        if results.summary:
            files["summary.txt"] = results.summary.encode("utf-8")
        return qlop.write_result_files(files, self.params)


def _parquet_of(table: pd.DataFrame) -> bytes:
    buffer = BytesIO()
    table.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def _figures(results: qlop.RunResult) -> pd.DataFrame:
    import pandas as pd

    values = list(results.metrics.values())
    numbers = [None if value is None or isinstance(value, str) else float(value) for value in values]
    texts = [value if isinstance(value, str) else None for value in values]
    return pd.DataFrame(
        {
            "metric": pd.Series(list(results.metrics), dtype="str"),
            "value": pd.Series(numbers, dtype="float64"),
            "text": pd.Series(texts, dtype="str"),
        }
    )
