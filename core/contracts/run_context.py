"""What a mode may ask of the run that carries it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

    from core.contracts.run_result import MetricValue

__all__ = ["RunContext"]


class RunContext(ABC):
    """The run as a mode sees it: plugins, events, artifacts, and no global state.

    Promises: `log`, `progress` and `metric` append to events.jsonl and never wait for the network. Artifacts appear
    whole or not at all. Every method raises RunCancelled once the run was asked to stop.
    """

    run_id: str
    seed: int
    thread_count: int

    @abstractmethod
    def plugin(self, kind: str, name: str, params: Mapping[str, JsonValue], *, instance_name: str | None = None) -> Any:  # noqa: ANN401 - the caller knows the kind, and annotates the variable with its contract
        """Return a new instance of the plugin `name` of `kind` ("models", "strategies" ...), its params validated.

        Raises
        ------
        PluginError
            If there is no such plugin, or it is broken.
        ConfigError
            If the params are not valid.
        """

    @abstractmethod
    def log(
        self, message: str, *, level: Literal["debug", "info", "warning", "error"] = "info", **fields: MetricValue
    ) -> None:
        """Append a log event with its fields."""

    @abstractmethod
    def progress(
        self, step_name: str, value: float, total: float | None = None, unit: str = "", *, within: str = ""
    ) -> None:
        """Append a progress event; a step that is a part of another, `within`, may begin anew again and again."""

    @abstractmethod
    def metric(self, name: str, value: float | None, *, step: int | None = None, fold: int | None = None) -> None:
        """Append a metric event."""

    @abstractmethod
    def check_cancelled(self) -> None:
        """Raise RunCancelled if the run was asked to stop; call it now and then in long loops."""

    @abstractmethod
    def record(self, **facts: MetricValue) -> None:
        """Add facts to environment.json, such as the fingerprint of the data."""

    @abstractmethod
    def save_table(self, name: str, table: pd.DataFrame) -> Path:
        """Write artifacts/<name>.parquet and announce it."""

    @abstractmethod
    def save_json(self, name: str, value: object) -> Path:
        """Write artifacts/<name>.json, keys sorted, and announce it."""

    @abstractmethod
    def save_text(self, name: str, text: str) -> Path:
        """Write artifacts/<name> (with its own extension) and announce it."""

    @abstractmethod
    def new_folder(self, name: str) -> Path:
        """Return a fresh, empty folder to fill; `save_folder` publishes it."""

    @abstractmethod
    def save_folder(self, name: str, folder: Path) -> Path:
        """Publish a folder from `new_folder` as artifacts/<name>/ and announce its files."""

    @abstractmethod
    def artifacts_of(self, run_id: str) -> Path:
        """Return the artifacts folder of another, completed run.

        Raises
        ------
        RunError
            If there is no such run, or it has not completed.
        """

    @abstractmethod
    def config_of(self, run_id: str) -> Mapping[str, JsonValue]:
        """Return another run's config as resolved."""

    @abstractmethod
    def metrics_of(self, run_id: str) -> Mapping[str, MetricValue]:
        """Return the key figures of another, completed run by name.

        Raises
        ------
        RunError
            If there is no such run, or it has not completed.
        """
