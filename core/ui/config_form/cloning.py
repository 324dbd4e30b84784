"""An earlier run's config, taken to the form of its mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from core.base.errors import PluginError
from core.services.presets import config_of_run
from core.ui.catalog import find_plugin
from core.ui.config_form.drafts import put_draft
from core.ui.navigation import go_to

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["clone_into_form"]


def clone_into_form(workbench: Workbench, run_id: str) -> NoReturn:
    """Leave for the form of the run's mode, which then shows the run's config.

    Raises
    ------
    PluginError
        If the mode is gone or cannot be used: it has no screen to leave for.
    RunIdError, StoreError
        If there is no such run, or its config cannot be read.
    """
    config = config_of_run(workbench, run_id)
    mode = str(config.get("mode"))
    plugin = find_plugin(workbench, "orchestrators", mode)
    if plugin is None or plugin.problem:
        why = plugin.problem if plugin else f"No mode is named {mode!r}."
        raise PluginError(
            f"Run {run_id[:8]} is of mode {mode!r}, which has no form now: {why} Bring its plugin back and press "
            "Reload on the Plugins screen."
        )
    put_draft(mode, config, source=("from_run", run_id))
    go_to(mode)
