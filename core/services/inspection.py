"""Inspections of data: the newest of a config, and what it found, as tables to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from core.base.events import RunState
from core.config.loader import parse_config
from core.config.yaml_reader import parse_yaml
from core.services.run_files import open_run_files
from core.store.run_folder import RunFolder
from core.store.run_query import RunQuery
from core.store.run_store import RunStore

if TYPE_CHECKING:
    import pandas as pd

    from core.services.run_files import RunFiles
    from core.services.workbench import Workbench

__all__ = ["MODE", "Inspection", "find_inspection", "mode_of", "newest_inspection", "open_inspection"]

MODE = "inspect_data"

_COMPARED = ("data", "features", "label")
_LOOKED_AT = 50


@dataclass(frozen=True)
class Inspection:
    """One completed inspection; what it did not keep is None.

    Attributes
    ----------
    run_id : str
        Its run.
    files : RunFiles
        What the run announced.
    """

    run_id: str
    files: RunFiles

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What data.json says: bars, tickers, first and last bar, findings in prose, fingerprint."""
        return self.files.record("data") or {}

    @cached_property
    def coverage(self) -> pd.DataFrame | None:
        """As `coverage_by_ticker` of the engine returns it."""
        return self.files.table("coverage")

    @cached_property
    def gaps(self) -> pd.DataFrame | None:
        """As `gap_runs` of the engine returns it."""
        return self.files.table("gaps")

    @cached_property
    def findings(self) -> pd.DataFrame | None:
        """As `price_findings` of the engine returns it."""
        return self.files.table("findings")

    @cached_property
    def feature_names(self) -> list[str]:
        """The features that were computed, in the steps' order."""
        table = self.files.table("feature_correlation", ["feature"])
        return [] if table is None else [str(name) for name in table["feature"].unique()]

    @cached_property
    def feature_correlation(self) -> pd.DataFrame | None:
        """As `feature_correlations` of the engine returns it."""
        return self.files.table("feature_correlation")

    @cached_property
    def target_correlation(self) -> pd.DataFrame | None:
        """As `target_correlations` of the engine returns it."""
        return self.files.table("target_correlation")

    @property
    def tickers(self) -> list[str]:
        """The tickers that were loaded, sorted."""
        return [] if self.coverage is None else [str(ticker) for ticker in self.coverage["ticker"]]

    def bars(self, ticker: str) -> pd.DataFrame:
        """Return the bars of one ticker, index timestamp: open, high, low, close, volume."""
        return self._of(ticker, "prices", ["open", "high", "low", "close", "volume"])

    def feature(self, ticker: str, name: str) -> pd.DataFrame:
        """Return one feature of one ticker, index timestamp."""
        return self._of(ticker, "features", [name])

    def _of(self, ticker: str, table: str, columns: list[str]) -> pd.DataFrame:
        import pandas as pd

        found = self.files.table(table, columns, ticker=ticker)
        return pd.DataFrame(columns=columns) if found is None else found.droplevel("ticker")


def open_inspection(workbench: Workbench, run_id: str) -> Inspection:
    """Return what an inspection's run has kept so far.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    return Inspection(run_id, open_run_files(workbench, run_id))


def mode_of(workbench: Workbench, run_id: str) -> str:
    """Return the mode of a run, which is MODE for an inspection alone.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    return str(open_run_files(workbench, run_id).folder.config().get("mode", ""))


def find_inspection(workbench: Workbench, config_text: str) -> str | None:
    """Return the newest completed inspection of the same data, features and label; None where there is none.

    Parameters
    ----------
    config_text : str
        A config in YAML, as resolved; what does not change what is found (title, threads) is not compared.

    Raises
    ------
    ConfigError
        If it is no config.
    """
    raw = cast("Mapping[str, Any]", parse_yaml(config_text, "config"))
    wanted = _compared(parse_config(raw, "config").model_dump(mode="json"))
    for run_id in _newest(workbench, _LOOKED_AT):
        if _compared(RunFolder.open(workbench.home, run_id).config()) == wanted:
            return run_id
    return None


def newest_inspection(workbench: Workbench) -> str | None:
    """Return the newest completed inspection, whatever it looked at."""
    return next(iter(_newest(workbench, 1)), None)


def _newest(workbench: Workbench, limit: int) -> list[str]:
    query = RunQuery(modes=(MODE,), states=(RunState.COMPLETED,), limit=limit)
    with RunStore(workbench.home) as store:
        return [record.run_id for record in store.find(query)]


def _compared(config: Mapping[str, Any]) -> dict[str, Any]:
    # The account's terms count where a label is made from them.
    names = (*_COMPARED, "broker") if config.get("label") else _COMPARED
    return {name: config.get(name) for name in names}
