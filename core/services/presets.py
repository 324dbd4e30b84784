"""What a form can begin with: the ready configs, and the configs of earlier runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.config.loader import read_config_file
from core.services.ready_configs import list_ready_configs, ready_config
from core.services.run_names import find_run
from core.store.run_folder import RunFolder
from core.store.run_query import RunQuery
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from core.services.workbench import Workbench
    from core.store.run_record import RunRecord

__all__ = ["EarlierRun", "Preset", "config_of_run", "earlier_runs", "list_presets", "preset_config"]

_MOST_RUNS = 50


@dataclass(frozen=True)
class Preset:
    """A ready config: its file's name and its title."""

    name: str
    title: str


@dataclass(frozen=True)
class EarlierRun:
    """A run whose config a form can begin with.

    Attributes
    ----------
    label : str
        Title, the beginning of the id and the day; anybody's text.
    """

    run_id: str
    mode: str
    label: str


def list_presets() -> list[Preset]:
    """Return the ready configs, by name."""
    return [Preset(path.stem, str(read_config_file(path).get("title") or path.stem)) for path in list_ready_configs()]


def preset_config(name: str) -> dict[str, Any]:
    """Return a ready config as it is written.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    return read_config_file(ready_config(name))


def earlier_runs(
    workbench: Workbench, modes: Collection[str], *, only_completed: bool = False, limit: int = _MOST_RUNS
) -> list[EarlierRun]:
    """Return the newest runs of some modes, newest first."""
    from core.base.events import RunState

    states = (RunState.COMPLETED,) if only_completed else ()
    with RunStore(workbench.home) as store:
        found = store.find(RunQuery(states=states, modes=tuple(modes), limit=limit))
    return [EarlierRun(record.run_id, record.mode, _label(record)) for record in found]


def config_of_run(workbench: Workbench, named: str) -> dict[str, Any]:
    """Return the config of a run, as it was resolved.

    Raises
    ------
    RunIdError
        If there is no such run.
    StoreError
        If its config cannot be read.
    """
    return dict(RunFolder.open(workbench.home, find_run(workbench, named)).config())


def _label(record: RunRecord) -> str:
    return f"{record.title or record.mode} ({record.run_id[:8]}, {record.created_at:%Y-%m-%d %H:%M} UTC)"
