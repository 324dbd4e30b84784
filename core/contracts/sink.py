"""The contract of sinks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    from core.contracts.run_result import RunResult

__all__ = ["SinkPlugin"]


class SinkPlugin(Plugin):
    """Where results go outside the run's folder.

    Promises: each file appears whole or not at all; what was there before is replaced only if the params say so. It is
    asked to write once the run's own results are saved: what it raises then is told, and takes nothing from the run.
    """

    def check(self) -> None:
        """Refuse now, before the run begins, what `write` would refuse after its work; see `Plugin.check`.

        Raises
        ------
        DataError
            If the target cannot be written, or exists and may not be replaced.
        """

    def check_tables(self, tables: Sequence[str]) -> None:
        """Refuse now what `write` would refuse of these tables; nothing by default.

        Called after `check`, where the mode tells which tables it gives.

        Parameters
        ----------
        tables : sequence of str
            Names of the tables that the run's result will hold.

        Raises
        ------
        DataError
            If a table that is asked for is not among them, or a file of one exists and may not be replaced.
        """

    @abstractmethod
    def write(self, results: RunResult) -> Sequence[Path]:
        """Write the results and return the paths written.

        Raises
        ------
        DataError
            If the target cannot be written, or exists and may not be replaced.
        """
