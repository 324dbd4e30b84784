"""What a person should know about this installation, in sentences; silence means that all is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.services.text_form import counted
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.plugin.plugin_info import PluginInfo
    from core.services.disk_use import DiskUse
    from core.services.workbench import Workbench

__all__ = ["Alert", "disk_alerts", "index_alerts", "plugin_alerts", "relay_alerts"]

_LOW_BYTES = 2 * 1024**3
_LOW_SHARE = 0.05
_NAMED = 3


@dataclass(frozen=True)
class Alert:
    """One thing that is not as it should be.

    Attributes
    ----------
    level : str
        "note" for what works on without it, "warning" for what will not.
    subject, text : str
        What it is about, and a sentence with the next step.
    """

    level: Literal["note", "warning"]
    subject: str
    text: str


def disk_alerts(use: DiskUse) -> list[Alert]:
    """Return a warning where little of the disk is left."""
    if use.free_bytes >= _LOW_BYTES and use.free_bytes >= _LOW_SHARE * use.total_bytes:
        return []
    free = use.free_bytes / 1024**3
    text = (
        f"{free:,.1f} GiB are left on the disk of the home folder. A run that cannot write fails. Empty the trash, or "
        "delete runs that nobody needs."
    )
    return [Alert("warning", "Disk", text)]


def plugin_alerts(plugins: Sequence[PluginInfo]) -> list[Alert]:
    """Return a note where plugins cannot be used; disabled ones were meant to be."""
    unwell = [plugin for plugin in plugins if plugin.status.value not in {"available", "disabled"}]
    if not unwell:
        return []
    names = ", ".join(f"{plugin.kind}/{plugin.name}" for plugin in unwell[:5])
    more = f" and {len(unwell) - 5} more" if len(unwell) > 5 else ""
    return [Alert("note", "Plugins", f"{counted(len(unwell), 'plugin')} cannot be used: {names}{more}.")]


def relay_alerts(workbench: Workbench) -> list[Alert]:
    """Return a note where no relay lives."""
    from core.services.relay_access import relay_address

    if relay_address(workbench) is not None:
        return []
    text = (
        "No relay lives. Consoles read the logs' files, about once a second; the next run that is started here starts "
        "a relay. By hand: qlop relay"
    )
    return [Alert("note", "Relay", text)]


def index_alerts(workbench: Workbench) -> list[Alert]:
    """Return a warning where folders of runs cannot be read, and so are in no list; the index knows which."""
    with RunStore(workbench.home) as store:
        unreadable = sorted(store.unreadable())
    if not unreadable:
        return []
    more = f" and {len(unreadable) - _NAMED} more" if len(unreadable) > _NAMED else ""
    text = (
        f"{counted(len(unreadable), 'folder')} of runs cannot be read, and no list shows these runs: "
        f"{', '.join(unreadable[:_NAMED])}{more}. What is wrong with each is told by: qlop runs reindex"
    )
    return [Alert("warning", "Index of runs", text)]
