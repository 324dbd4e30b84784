"""Results as JSON files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import qlop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

_INFINITIES = {float("inf"): "Infinity", float("-inf"): "-Infinity"}


class Json(qlop.SinkPlugin):
    """One JSON file a table, a list of records; metrics.json, an object; and summary.txt.

    UTF-8, one record a line; numbers read back to the same float64, times in ISO 8601, missing values null. JSON has no
    infinite number: those are the texts "Infinity" and "-Infinity". Equal results give equal bytes.
    """

    name = "json"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.FolderSinkParams):
        """Parameters of `json`."""

    params: Params

    def check(self) -> None:
        """Refuse a folder that cannot be written, and files that are there and may not be replaced.

        Raises
        ------
        DataError
            If `write` would be refused.
        """
        qlop.check_result_files(".json", self.params)

    def check_tables(self, tables: Sequence[str]) -> None:
        """Refuse tables that the run will not have, and files of its tables that are there and may not be replaced.

        Raises
        ------
        DataError
            If `write` would be refused.
        """
        qlop.check_result_files(".json", self.params, tables)

    def write(self, results: qlop.RunResult) -> Sequence[Path]:
        """Write the files and return their paths.

        Raises
        ------
        DataError
            If a table is unknown, the folder cannot be written, or a file is there and may not be replaced.
        """
        tables = qlop.chosen_tables(results, self.params.tables)
        files = {f"{name}.json": _records(table).encode("utf-8") for name, table in tables.items()}
        figures = {name: _plain(value) for name, value in results.metrics.items()}
        files["metrics.json"] = (json.dumps(figures, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode(
            "utf-8"
        )
        if results.summary:
            files["summary.txt"] = results.summary.encode("utf-8")
        return qlop.write_result_files(files, self.params)


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
