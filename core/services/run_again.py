"""Start a run's config once more, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.services.presets import config_of_run
from core.services.run_names import find_run
from core.services.submit_run import submit_run

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["run_again"]


def run_again(workbench: Workbench, named: str) -> str:
    """Start a run's resolved config again, with its seed, and return the new run's id at once.

    The config's sinks are left out: their files are the first run's.

    Raises
    ------
    RunIdError
        If there is no such run.
    ConfigError
        If the config no longer fits, such as where a plugin is gone.
    RunError, StoreError
        If the process cannot be started, or a file cannot be read or written.
    """
    source_run = find_run(workbench, named)
    return submit_run(workbench, {**config_of_run(workbench, source_run), "sinks": []}, source_run=source_run)
