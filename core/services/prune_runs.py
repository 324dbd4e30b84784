"""Runs that rules let go: which ones, and which stay because a run that is kept comes from them.

1. The rules choose among the runs that have ended.
2. Whatever a kept run was made from is kept, and what that was made from, and so on.
3. The rest goes to the trash; and for good where the trash is to be emptied, by the same rule of what is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from core.base.errors import UsageError
from core.base.events import TERMINAL_STATES, RunState
from core.services.lineage import sources_among
from core.services.runs import RunRow
from core.store.run_folder import RunFolder
from core.store.run_query import RunQuery
from core.store.run_record import RunRecord
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from pathlib import Path

    from core.services.workbench import Workbench
    from core.store.home import Home

__all__ = ["PrunePlan", "PruneRules", "PrunedRun", "plan_prune", "prune"]

_TOGETHER = 10_000  # fewer than a statement of any database may name


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
    if not workbench.home.path.is_dir():
        return PrunePlan((), (), rules.empties_trash)
    with RunStore(workbench.home) as store:
        asked = RunQuery(limit=None, with_deleted=rules.empties_trash, home_id=workbench.home.home_id)
        listed = [_Listed(*row) for row in store.find_columns(asked, _Listed._fields)]
        sizes = _Sizes(workbench.home)
        named = {run.run_id: run for run in listed if run.is_deleted}
        named |= {run.run_id: run for run in _named([run for run in listed if not run.is_deleted], rules, now, sizes)}
        reasons = _why_they_stay(workbench.home, listed, named)
        runs = [
            PrunedRun(RunRow(record), sizes.of(named[record.run_id]), reasons.get(record.run_id, ""))
            for record in _records(store, [run.run_id for run in listed if run.run_id in named])
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
        store.delete_all([run.row.run_id for run in plan.going if not run.row.record.is_deleted])
        if plan.for_good:
            store.erase_all([run.row.run_id for run in plan.going])


class _Listed(NamedTuple):
    """What is read of every run, of which there may be a hundred thousand; the rest is read of those that go."""

    run_id: str
    mode: str
    state: str
    is_deleted: bool
    created_at: str
    finished_at: str | None


class _Sizes:
    """What folders of runs take up; each is looked into once."""

    def __init__(self, home: Home) -> None:
        self._places = _places(home)
        self._known: dict[str, int] = {}

    def of(self, run: _Listed) -> int:
        if run.run_id not in self._known:
            self._known[run.run_id] = _size_bytes(f"{self._places[run.is_deleted]}/{run.run_id}")
        return self._known[run.run_id]


def _places(home: Home) -> tuple[Path, Path]:
    """Return where runs lie that are not deleted, and where those that are."""
    return home.runs_folder, home.trash_folder


def _named(listed: Sequence[_Listed], rules: PruneRules, now: datetime, sizes: _Sizes) -> list[_Listed]:
    if not rules.choose:
        return []
    states = {RunState(state) for state in rules.states} or TERMINAL_STATES
    ended = [
        run
        for run in listed
        if run.state in TERMINAL_STATES and run.state in states and (not rules.modes or run.mode in rules.modes)
    ]
    return [run for run in ended[rules.keep_last or 0 :] if _is_named(run, rules, now, sizes)]


def _is_named(run: _Listed, rules: PruneRules, now: datetime, sizes: _Sizes) -> bool:
    if rules.older_than is not None:
        ended_at = datetime.fromisoformat(run.finished_at or run.created_at)
        if now - ended_at <= rules.older_than:
            return False
    return rules.larger_than_bytes is None or sizes.of(run) > rules.larger_than_bytes


def _why_they_stay(home: Home, listed: Sequence[_Listed], named: Mapping[str, _Listed]) -> dict[str, str]:
    places = _places(home)
    reasons: dict[str, str] = {}
    kept = [run for run in listed if run.run_id not in named] if named else []
    while kept:
        run = kept.pop()
        for source, field in sources_among(RunFolder(places[run.is_deleted] / run.run_id, run.run_id), named).items():
            if source not in reasons:
                reasons[source] = f"run {run.run_id}, which is kept, comes from it ({field})"
                kept.append(named[source])
    return reasons


def _records(store: RunStore, run_ids: Sequence[str]) -> Iterator[RunRecord]:
    for start in range(0, len(run_ids), _TOGETHER):
        some = tuple(run_ids[start : start + _TOGETHER])
        yield from store.find(RunQuery(run_ids=some, limit=None, with_deleted=True))


def _size_bytes(folder: str) -> int:
    total = 0
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            total += entry.stat(follow_symlinks=False).st_size
            if entry.is_dir(follow_symlinks=False):
                total += _size_bytes(entry.path)
    return total
