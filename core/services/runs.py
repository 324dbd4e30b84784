"""Runs that were and that are: list, show, cancel, delete, restore, reindex."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.base.events import RunState
from core.base.yearly_figures import told_figures, too_few_bars
from core.services.log_text import log_lines
from core.services.run_names import find_run, find_trained_run
from core.services.text_form import FIGURES_WORTH_A_LINE, counted, figure, lines_of
from core.store.run_folder import RunFolder
from core.store.run_query import RunQuery
from core.store.run_record import RunRecord
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.jobs.cancel import CancelReport
    from core.services.workbench import Workbench

__all__ = [
    "annotate_run",
    "ReindexOutcome",
    "RunDetails",
    "RunRow",
    "cancel_run",
    "delete_run",
    "find_run",
    "find_trained_run",
    "list_runs",
    "reindex_runs",
    "restore_run",
    "show_run",
]


_LAST_LINES = 40


@dataclass(frozen=True)
class RunRow:
    """One run as a list shows it."""

    record: RunRecord

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.record.run_id

    @property
    def mode(self) -> str:
        """The run's mode."""
        return self.record.mode

    @property
    def state(self) -> str:
        """Where the run stands, truly."""
        return self.record.state.value

    @property
    def title(self) -> str:
        """What it is called; empty where its mode says as much."""
        return self.record.title

    @property
    def started(self) -> str:
        """When it started, in UTC, to the second."""
        return f"{self.record.started_at:%Y-%m-%d %H:%M:%S}" if self.record.started_at else ""

    @property
    def duration(self) -> str:
        """How long it took, in seconds; empty while it has not ended, and where nobody knows."""
        took_s = self.record.duration_s
        return "" if took_s is None else f"{took_s:,.1f} s"

    @property
    def key_figures(self) -> str:
        """The two or three figures worth a line; of a run that waits, what it waits for."""
        if self.record.state is RunState.QUEUED:
            return self.record.current_status
        metrics = told_figures(self.record.metrics)
        worth = FIGURES_WORTH_A_LINE if too_few_bars(metrics) is None else ("total_return", *FIGURES_WORTH_A_LINE)
        shown = [f"{name} {figure(metrics[name])}" for name in worth if metrics.get(name) is not None]
        return ", ".join(shown[:3])

    def as_json(self) -> dict[str, object]:
        """Return the row for programs."""
        record = self.record
        return {
            "run_id": record.run_id,
            "mode": record.mode,
            "state": record.state.value,
            "title": record.title,
            "created_at": _iso(record.created_at),
            "started_at": _iso(record.started_at),
            "finished_at": _iso(record.finished_at),
            "duration_s": record.duration_s,
            "error": record.error or None,
            "metrics": dict(record.metrics),
            "tags": list(record.tags),
            "notes": record.notes,
        }


@dataclass(frozen=True)
class RunDetails:
    """One run with its artifacts, its summary and the lines of its log."""

    row: RunRow
    folder: RunFolder
    artifacts: dict[str, str]
    summary: str
    log: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the details for programs."""
        folder = str(self.folder.path)
        return {**self.row.as_json(), "folder": folder, "artifacts": self.artifacts, "config": self.folder.config()}

    def as_text(self) -> str:
        """Return the details for a person."""
        record = self.row.record
        facts = [
            ("run", record.run_id),
            ("title", record.title),
            ("mode", record.mode),
            ("state", record.state.value),
            ("status", record.current_status),
            ("error", record.error),
            ("started (UTC)", self.row.started),
            ("took", self.row.duration),
            ("folder", str(self.folder.path)),
            ("tags", ", ".join(record.tags)),
            ("notes", record.notes),
        ]
        parts = [lines_of([(name, value) for name, value in facts if value])]
        if self.summary:
            parts.append(self.summary.rstrip())
        elif record.metrics:
            told = told_figures(record.metrics)
            parts.append(lines_of([(name, figure(value)) for name, value in sorted(told.items())]))
        if self.artifacts:
            parts.append(lines_of(sorted(self.artifacts.items())))
        if record.state in {RunState.FAILED, RunState.CRASHED} and self.log:
            parts.append("\n".join(["The log ends with:", *self.log[-_LAST_LINES:]]))
            if len(self.log) > _LAST_LINES:
                parts.append(f"The whole log: qlop runs show {record.run_id} --log")
        return "\n\n".join(parts)


@dataclass(frozen=True)
class ReindexOutcome:
    """What rebuilding the index found."""

    run_count: int
    broken: dict[str, str]

    def as_json(self) -> dict[str, object]:
        """Return the outcome for programs."""
        return {"run_count": self.run_count, "broken": self.broken}

    def as_text(self) -> str:
        """Return the outcome for a person."""
        lines = [f"The index holds {counted(self.run_count, 'run')}."]
        lines += [f"{folder} was left out: {reason}" for folder, reason in sorted(self.broken.items())]
        return "\n".join(lines)


def list_runs(
    workbench: Workbench,
    *,
    state: str | None = None,
    mode: str | None = None,
    text: str | None = None,
    tag: str | None = None,
    deleted: bool = False,
    limit: int | None = 20,
) -> list[RunRow]:
    """Return runs, newest first, each in its true state; `deleted` asks for those in the trash."""
    query = RunQuery(
        states=(RunState(state),) if state else (),
        modes=(mode,) if mode else (),
        text=text or "",
        tag=tag or "",
        limit=limit,
        only_deleted=deleted,
    )
    with RunStore(workbench.home) as store:
        return [RunRow(record) for record in store.find(query)]


def show_run(workbench: Workbench, named: str) -> RunDetails:
    """Return one run with its artifacts, its summary and its log.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    run_id = find_run(workbench, named)
    with RunStore(workbench.home) as store:
        record = store.get(run_id)
    folder = RunFolder.open(workbench.home, run_id)
    artifacts = dict(folder.artifact_paths())
    summary = artifacts.get("summary.txt")
    text = summary.read_text(encoding="utf-8") if summary and summary.is_file() else ""
    paths = {name: str(path) for name, path in artifacts.items()}
    return RunDetails(RunRow(record), folder, paths, text, tuple(log_lines(folder.events().read())))


def cancel_run(workbench: Workbench, named: str) -> CancelReport:
    """End a run and everything it started, and prove it.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    from core.jobs.cancel import cancel

    return cancel(workbench.home, find_run(workbench, named))


def delete_run(workbench: Workbench, named: str) -> str:
    """Move a run that has ended to the trash, and return its id.

    Raises
    ------
    RunError
        If there is no such run, or it is alive.
    """
    run_id = find_run(workbench, named)
    with RunStore(workbench.home) as store:
        store.delete(run_id)
    return run_id


def restore_run(workbench: Workbench, named: str) -> str:
    """Bring the deleted run back whose id begins with `named`, and return its id.

    Raises
    ------
    RunIdError
        If no such run was deleted.
    """
    with RunStore(workbench.home) as store:
        return store.restore(store.resolve(named, is_deleted=True)).run_id


def annotate_run(
    workbench: Workbench, named: str, *, tags: Sequence[str] | None = None, notes: str | None = None
) -> RunRow:
    """Replace a run's tags or its note, and return the run; None leaves them as they are.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    run_id = find_run(workbench, named)
    with RunStore(workbench.home) as store:
        return RunRow(store.annotate(run_id, tags=tags, notes=notes))


def reindex_runs(workbench: Workbench) -> ReindexOutcome:
    """Rebuild the index of runs from the run folders."""
    with RunStore(workbench.home) as store:
        report = store.reindex()
    return ReindexOutcome(report.run_count, dict(report.broken))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
