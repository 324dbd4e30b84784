"""What a run gives a data source to work with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

__all__ = ["DataAccess", "NoAccess"]


class DataAccess(ABC):
    """The run's events and the cache of bars, as a data source sees them.

    Promises: it is called from the thread that runs `load_data`. No secret may be handed to it: texts and keys are
    written to disk as they are.
    """

    @abstractmethod
    def progress(self, ticker: str, done: int, total: int) -> None:
        """Tell that `ticker` is loaded, the `done`-th of `total`: a progress event of the step "load data".

        Raises
        ------
        RunCancelled
            If the run was asked to stop.
        """

    @abstractmethod
    def log(self, message: str, *, level: Literal["debug", "info", "warning", "error"] = "info") -> None:
        """Append a log event.

        Raises
        ------
        RunCancelled
            If the run was asked to stop.
        """

    @abstractmethod
    def check_cancelled(self) -> None:
        """Raise RunCancelled if the run was asked to stop; call it while waiting, several times a second."""

    @abstractmethod
    def read_bars(self, key: Mapping[str, JsonValue]) -> pd.DataFrame | None:
        """Return the frame that was kept last for this key, `attrs` included; None if there is none to be trusted.

        Parameters
        ----------
        key : mapping
            Everything that the frame depends on, in JSON types: source and its version, ticker, interval, parameters.
        """

    @abstractmethod
    def keep_bars(self, key: Mapping[str, JsonValue], frame: pd.DataFrame) -> None:
        """Keep a frame for this key, in the place of the one before; what cannot be kept is told and goes on.

        Parameters
        ----------
        key : mapping
            As `read_bars` takes it.
        frame : DataFrame
            Any with text as column names; its `attrs` are JSON and are kept too. Another process may keep another frame
            for the key at the same time: the last one stays.
        """


class NoAccess(DataAccess):
    """Outside of runs: nobody hears, and nothing is kept."""

    def progress(self, ticker: str, done: int, total: int) -> None:
        """Tell nobody."""

    def log(self, message: str, *, level: Literal["debug", "info", "warning", "error"] = "info") -> None:
        """Tell nobody."""

    def check_cancelled(self) -> None:
        """Go on: there is no run."""

    def read_bars(self, key: Mapping[str, JsonValue]) -> None:
        """Return None: nothing was kept."""
        del key

    def keep_bars(self, key: Mapping[str, JsonValue], frame: pd.DataFrame) -> None:
        """Keep nothing."""
