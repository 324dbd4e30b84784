"""The run that a draft uses, as it stands now: there, in the trash, gone, or not completed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.errors import RunIdError
from core.services.run_events import run_snapshot
from core.services.runs import list_runs

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["UsedRun", "used_run"]

_FEWEST_LETTERS = 4


@dataclass(frozen=True)
class UsedRun:
    """A run that a draft names.

    Attributes
    ----------
    named : str
        As the draft names it.
    run_id : str
        Its whole id; what the draft says where there is no such run.
    label : str
        What to call it in a list; anybody's text.
    problem : str
        Why it cannot be used; "" where it can.
    is_deleted : bool
        Whether it lies in the trash.
    """

    named: str
    run_id: str
    label: str
    problem: str
    is_deleted: bool = False


def used_run(workbench: Workbench, named: str) -> UsedRun:
    """Return the run that `named` means: an id, or the beginning of one."""
    try:
        found = run_snapshot(workbench, named)
    except RunIdError as error:
        return _deleted_run(workbench, named) or UsedRun(named, named, f"{named[:8]} (not there)", str(error))
    if found.state != "completed":
        why = f"This run is {found.state}, and only a completed one can be traded. Choose another run."
        return UsedRun(named, found.run_id, f"{named[:8]} ({found.state})", why)
    return UsedRun(named, found.run_id, named, "")


def _deleted_run(workbench: Workbench, named: str) -> UsedRun | None:
    rows = list_runs(workbench, deleted=True, limit=None) if len(named) >= _FEWEST_LETTERS else []
    row = next((row for row in rows if row.run_id.startswith(named.lower())), None)
    if row is None:
        return None
    label = f"{row.title or row.mode} ({row.run_id[:8]}, in the trash)"
    return UsedRun(named, row.run_id, label, "This run lies in the trash. Bring it back, or choose another.", True)
