"""What a run is asked for, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import RunCancelled
from core.base.events import RunState

if TYPE_CHECKING:
    from core.contracts.run_result import MetricValue

__all__ = ["RunOutcome", "RunRequest"]


@dataclass(frozen=True)
class RunRequest:
    """What somebody asks to be run.

    Attributes
    ----------
    config_path : Path or None
        A config file; None starts from `config`.
    config : mapping
        A config as plain data, where there is no file.
    overrides : tuple of str
        "path=value" each, applied in order.
    mode : str or None
        The mode, where the caller decides it and not the config.
    run_id : str or None
        A UUID4 that the run is to bear; None makes a fresh one.
    command : tuple of str
        The command line, for environment.json.
    owns_process : bool
        Whether the process exists for this run alone, so that cancelling may end it.
    is_published : bool
        Whether the relay gets its events as they come.
    is_queued : bool
        Whether it waits while as many runs are at work as the settings allow.
    source_run : str or None
        The run whose config this is.
    """

    config_path: Path | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    mode: str | None = None
    run_id: str | None = None
    command: tuple[str, ...] = ()
    owns_process: bool = True
    is_published: bool = False
    is_queued: bool = True
    source_run: str | None = None


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended.

    Attributes
    ----------
    artifacts : mapping of str to str
        Artifact name to its absolute path.
    error : str or None
        Why it did not complete.
    sink_faults : tuple of str
        A sentence for each sink that failed after the work; the run has completed all the same.
    failure : BaseException or None
        The exception behind `error`.
    """

    run_id: str
    mode: str
    status: str
    folder: Path
    metrics: Mapping[str, MetricValue]
    artifacts: Mapping[str, str]
    summary: str = ""
    error: str | None = None
    sink_faults: tuple[str, ...] = ()
    failure: BaseException | None = field(default=None, repr=False)

    @property
    def exit_code(self) -> int:
        """The exit code of a command that did this run: 0, 130 if it was cancelled, else 1, whatever failed."""
        if self.status == RunState.COMPLETED.value:
            return 0
        if self.status == RunState.CANCELLED.value:
            return RunCancelled.exit_code
        return 1

    def json_line(self) -> str:
        """Return the one line that `--json` prints last."""
        shown: dict[str, object] = {
            "run_id": self.run_id,
            "mode": self.mode,
            "status": self.status,
            "metrics": dict(self.metrics),
            "artifacts": dict(self.artifacts),
        }
        if self.sink_faults:
            shown["sink_faults"] = list(self.sink_faults)
        if self.error is not None:
            shown["error"] = self.error
        return json.dumps(shown, allow_nan=False)
