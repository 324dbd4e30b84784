"""Results as JSON files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import qlop

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_INFINITIES = {float("inf"): "Infinity", float("-inf"): "-Infinity"}


class Json(qlop.FolderSinkPlugin):
    """One JSON file a table, a list of records; metrics.json, an object; and summary.txt.

    UTF-8, one record a line; numbers read back to the same float64, times in ISO 8601, missing values null. JSON has no
    infinite number: those are the texts "Infinity" and "-Infinity". Equal results give equal bytes.
    """

    name = "json"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    suffix = ".json"

    class Params(qlop.FolderSinkParams):
        """Parameters of `json`."""

    params: Params

    def table_file(self, table: pd.DataFrame) -> bytes:
        """Return a table as JSON."""
        return _records(table).encode("utf-8")

    def metrics_file(self, metrics: Mapping[str, qlop.MetricValue]) -> bytes:
        """Return the figures as JSON."""
        figures = {name: _plain(value) for name, value in metrics.items()}
        return (json.dumps(figures, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")


def _records(table: pd.DataFrame) -> str:
    names = [str(column) for column in table.columns]
    columns = [[_plain(value) for value in table.iloc[:, place].tolist()] for place in range(len(names))]
    lines = [
        json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, allow_nan=False)
        for row in zip(*columns, strict=True)
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def _plain(value: object) -> object:
    import pandas as pd

    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float):
        return None if value != value else _INFINITIES.get(value, value)  # noqa: PLR0124 - only NaN differs from itself
    if isinstance(value, (str, int)):
        return value
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return str(value)
