"""Runs that rules let go: which ones, and which stay because a run that is kept comes from them.

1. The rules choose among the runs that have ended.
2. Whatever a kept run was made from is kept, and what that was made from, and so on.
3. The rest goes to the trash; and for good where the trash is to be emptied, by the same rule of what is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import RunIdError, UsageError
from core.base.events import RunState
from core.services.lineage import sources_of
from core.services.runs import RunRow
from core.store.run_folder import RunFolder
from core.store.run_query import RunQuery
from core.store.run_record import RunRecord
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["PrunePlan", "PruneRules", "PrunedRun", "plan_prune", "prune"]


@dataclass(frozen=True)
class PruneRules:
    """Which runs may go: those that every rule given names.

    Attributes
    ----------
    states, modes : tuple of str
        Runs of any of these; empty: of all.
    keep_last : int or None
        The newest of those stay, so many.
    older_than : timedelta or None
        Runs that ended longer ago.
    larger_than_bytes : int or None
        Runs whose folder takes up more.
    empties_trash : bool
        Whether runs leave the disk for good, and those that lie in the trash with them.
    """

    states: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    keep_last: int | None = None
    older_than: timedelta | None = None
    larger_than_bytes: int | None = None
    empties_trash: bool = False

    @property
    def choose(self) -> bool:
        """Whether a rule names runs that are not in the trash."""
        return bool(self.states or self.modes or self.older_than) or not (
            self.keep_last is None and self.larger_than_bytes is None
        )


@dataclass(frozen=True)
class PrunedRun:
    """One run that the rules name, and why it stays where it does."""

    row: RunRow
    size_bytes: int
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the run for programs."""
        found = {**self.row.as_json(), "size_bytes": self.size_bytes, "is_deleted": self.row.record.is_deleted}
        return {**found, "reason": self.reason} if self.reason else found


@dataclass(frozen=True)
class PrunePlan:
    """What the rules let go, and what stays although they name it.

    Attributes
    ----------
    going, staying : tuple of PrunedRun
        Newest first.
    for_good : bool
        Whether what goes leaves the disk.
    """

    going: tuple[PrunedRun, ...]
    staying: tuple[PrunedRun, ...]
    for_good: bool

    @property
    def size_bytes(self) -> int:
        """What goes takes up so much."""
        return sum(run.size_bytes for run in self.going)

    def as_json(self) -> dict[str, object]:
        """Return the plan for programs."""
        going, staying = ([run.as_json() for run in runs] for runs in (self.going, self.staying))
        return {"going": going, "staying": staying, "for_good": self.for_good, "size_bytes": self.size_bytes}


def plan_prune(workbench: Workbench, rules: PruneRules, now: datetime) -> PrunePlan:
    """Return what the rules would let go; nothing is changed.

    Raises
    ------
    UsageError
        If no rule is given.
    StoreError
        If the index of runs cannot be read.
    """
    if not rules.choose and not rules.empties_trash:
        raise UsageError(
            "runs prune needs a rule, such as --older-than 30d, --keep-last 100, --state failed, --mode train or "
            "--larger-than 500MB; or --empty-trash."
        )
    with RunStore(workbench.home) as store:
        records = store.find(RunQuery(limit=None, with_deleted=rules.empties_trash))
    named = _named(workbench, [record for record in records if not record.is_deleted], rules, now)
    named |= {record.run_id for record in records if record.is_deleted}
    reasons = _why_they_stay(workbench, records, named)
    runs = [
        PrunedRun(RunRow(record), _size_bytes(_folder(workbench, record).path), reasons.get(record.run_id, ""))
        for record in records
        if record.run_id in named
    ]
    going, staying = ([run for run in runs if bool(run.reason) is stays] for stays in (False, True))
    return PrunePlan(tuple(going), tuple(staying), rules.empties_trash)


def prune(workbench: Workbench, plan: PrunePlan) -> None:
    """Let go what the plan says.

    Raises
    ------
    RunError, StoreError
        If a run cannot be moved or removed; those before it are gone.
    """
    with RunStore(workbench.home) as store:
        for run in plan.going:
            # Somebody else may have deleted or removed it meanwhile.
            with suppress(RunIdError):
                if not run.row.record.is_deleted:
                    store.delete(run.row.run_id)
            with suppress(RunIdError):
                if plan.for_good:
                    store.erase(run.row.run_id)


def _named(workbench: Workbench, records: Sequence[RunRecord], rules: PruneRules, now: datetime) -> set[str]:
    if not rules.choose:
        return set()
    ended = [
        record
        for record in records
        if record.has_ended
        and (not rules.states or record.state in map(RunState, rules.states))
        and (not rules.modes or record.mode in rules.modes)
    ]
    return {record.run_id for record in ended[rules.keep_last or 0 :] if _is_named(workbench, record, rules, now)}


def _is_named(workbench: Workbench, record: RunRecord, rules: PruneRules, now: datetime) -> bool:
    if rules.older_than is not None and now - (record.finished_at or record.created_at) <= rules.older_than:
        return False
    least = rules.larger_than_bytes
    return least is None or _size_bytes(_folder(workbench, record).path) > least


def _why_they_stay(workbench: Workbench, records: Sequence[RunRecord], named: set[str]) -> dict[str, str]:
    by_id = {record.run_id: record for record in records}
    reasons: dict[str, str] = {}
    kept = [record for record in records if record.run_id not in named]
    while kept:
        record = kept.pop()
        for source, field in sources_of(_folder(workbench, record)).items():
            if source in named and source not in reasons:
                reasons[source] = f"run {record.run_id}, which is kept, comes from it ({field})"
                kept.append(by_id[source])
    return reasons


def _folder(workbench: Workbench, record: RunRecord) -> RunFolder:
    home = workbench.home
    place = home.trash_folder if record.is_deleted else home.runs_folder
    return RunFolder(place / record.run_id, record.run_id)


def _size_bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))
