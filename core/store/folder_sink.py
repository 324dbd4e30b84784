"""Sinks that write one file a table into a folder."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from core.contracts.sink import SinkPlugin
from core.store.result_files import check_result_files, chosen_tables, write_result_files

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.folder_sink_params import FolderSinkParams
    from core.contracts.run_result import MetricValue, RunResult

__all__ = ["FolderSinkPlugin"]


class FolderSinkPlugin(SinkPlugin):
    """One file a table, one of the run's figures, and summary.txt; a format names its suffix and writes bytes."""

    suffix: ClassVar[str]
    """Of the files' names, such as ".csv"."""

    params: FolderSinkParams

    @abstractmethod
    def table_file(self, table: pd.DataFrame) -> bytes:
        """Return the content of a table's file; an index that is more than a count of rows comes as columns."""

    @abstractmethod
    def metrics_file(self, metrics: Mapping[str, MetricValue]) -> bytes:
        """Return the content of the file of the run's figures, by name; None where undefined."""

    def check(self) -> None:
        """Refuse a folder that cannot be written, and files that are there and may not be replaced.

        Raises
        ------
        DataError
            If `write` would be refused.
        """
        check_result_files(self.suffix, self.params)

    def check_tables(self, tables: Sequence[str]) -> None:
        """Refuse tables that the run will not have, and files of its tables that are there and may not be replaced.

        Raises
        ------
        DataError
            If `write` would be refused.
        """
        check_result_files(self.suffix, self.params, tables)

    def write(self, results: RunResult) -> Sequence[Path]:
        """Write the files and return their paths.

        Raises
        ------
        DataError
            If a table is unknown, the folder cannot be written, or a file is there and may not be replaced.
        """
        tables = chosen_tables(results, self.params.tables)
        files = {f"{name}{self.suffix}": self.table_file(table) for name, table in tables.items()}
        files[f"metrics{self.suffix}"] = self.metrics_file(results.metrics)
        if results.summary:
            files["summary.txt"] = results.summary.encode("utf-8")
        return write_result_files(files, self.params)
