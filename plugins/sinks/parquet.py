"""Results as Parquet files."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import qlop

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


class Parquet(qlop.FolderSinkPlugin):
    """One Parquet file a table, metrics.parquet with a row a figure, and summary.txt.

    Compressed with zstd; types as in the run, an index as columns. metrics.parquet has `metric`, `value` (float64, also
    for flags; missing where undefined or text) and `text` (where the figure is text). Equal results give equal bytes
    under equal versions of pandas and pyarrow.
    """

    name = "parquet"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    suffix = ".parquet"

    class Params(qlop.FolderSinkParams):
        """Parameters of `parquet`."""

    params: Params

    def table_file(self, table: pd.DataFrame) -> bytes:
        """Return a table as Parquet."""
        return _parquet_of(table)

    def metrics_file(self, metrics: Mapping[str, qlop.MetricValue]) -> bytes:
        """Return the figures as Parquet."""
        return _parquet_of(_figures(metrics))


def _parquet_of(table: pd.DataFrame) -> bytes:
    buffer = BytesIO()
    table.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def _figures(metrics: Mapping[str, qlop.MetricValue]) -> pd.DataFrame:
    import pandas as pd

    values = list(metrics.values())
    numbers = [None if value is None or isinstance(value, str) else float(value) for value in values]
    texts = [value if isinstance(value, str) else None for value in values]
    return pd.DataFrame(
        {
            "metric": pd.Series(list(metrics), dtype="str"),
            "value": pd.Series(numbers, dtype="float64"),
            "text": pd.Series(texts, dtype="str"),
        }
    )
