"""Start a run in the background, as a form does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.base.errors import ConfigError, QlopError
from core.jobs.start import start_run
from core.services.draft import check_draft
from core.services.run_bounds import is_light
from core.store.disk_room import check_room

if TYPE_CHECKING:
    from core.plugin.registry import PluginRegistry
    from core.services.workbench import Workbench

__all__ = ["submit_run"]


def submit_run(
    workbench: Workbench,
    raw: Mapping[str, Any],
    registry: PluginRegistry | None = None,
    *,
    source_run: str | None = None,
) -> str:
    """Check a config, start a process of its own for it, and return the run's id at once.

    The run begins once its turn has come: `jobs.concurrent_runs` of the settings says how many work at once.

    A relay is started where none lives, so that the run can be watched as it goes; without one the run goes on all the
    same, and its screen reads the log's file.

    Parameters
    ----------
    workbench, raw, registry
        As `check_draft` takes them.
    source_run : str, optional
        The run whose config it is.

    Raises
    ------
    ConfigError
        If the config has problems; each stands on a line.
    RunError, StoreError
        If the process cannot be started, or the home cannot be written to or has too little room.
    """
    checked = check_draft(workbench, raw, registry)
    if checked.config is None:
        raise ConfigError("\n".join(problem.message for problem in checked.problems))
    check_room(workbench.home.path, workbench.settings.jobs.free_disk_mb)
    _have_a_relay(workbench)
    config = checked.config
    light = is_light(registry or workbench.registry(config.plugins.disabled), config.mode)
    values = config.model_dump(mode="json")
    return start_run(workbench.home, config.mode, values, source_run=source_run, is_light=light).run_id


def _have_a_relay(workbench: Workbench) -> None:
    from core.services.relay_access import ensure_relay

    try:
        ensure_relay(workbench)
    except (QlopError, OSError):
        # The run's screen says that it is read from the file.
        return
