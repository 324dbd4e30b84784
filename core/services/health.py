"""Whether relay, store and plugins are well, in a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.services.relay_access import relay_address
from core.services.text_form import counted
from core.store.run_query import RunQuery
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.plugin.plugin_info import PluginInfo
    from core.services.workbench import Workbench

__all__ = ["Health", "plugin_health", "relay_health", "store_health"]


@dataclass(frozen=True)
class Health:
    """One part of the installation: what it is, whether it is well, and what is to be said."""

    subject: str
    is_well: bool
    text: str


def relay_health(workbench: Workbench) -> Health:
    """Return whether a relay lives."""
    address = relay_address(workbench)
    if address is None:
        return Health("Relay", False, "asleep; the next run that is started here wakes it")
    whose = "of this home" if address.is_own else "named by the settings"
    return Health("Relay", True, f"{whose}, at {address.place}")


def store_health(workbench: Workbench) -> Health:
    """Return where the index of runs lies, and that it answers.

    Raises
    ------
    StoreError
        If it does not.
    """
    with RunStore(workbench.home) as store:
        n_runs = store.count(RunQuery())
    return Health("Store", True, f"{counted(n_runs, 'run')}, {workbench.home.store_url.partition(':')[0]}")


def plugin_health(plugins: Sequence[PluginInfo]) -> Health:
    """Return how many plugins there are, and how many cannot be used."""
    unwell = [plugin for plugin in plugins if plugin.status.value not in {"available", "disabled"}]
    if not unwell:
        return Health("Plugins", True, f"{len(plugins)}, all well")
    return Health("Plugins", False, f"{len(unwell)} of {len(plugins)} cannot be used")
