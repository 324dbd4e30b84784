"""Runs that were and that are: list, show, cancel, delete, restore, reindex."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.base.errors import RunError
from core.base.events import RunState
from core.services.text_form import FIGURES_WORTH_A_LINE, figure, lines_of
from core.store.run_folder import RunFolder
from core.store.run_query import RunQuery
from core.store.run_record import RunRecord
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from core.jobs.cancel import CancelReport
    from core.services.workbench import Workbench

__all__ = [
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
        """What a person called it."""
        return self.record.title

    @property
    def started(self) -> str:
        """When it started, in UTC, to the second."""
        return f"{self.record.started_at:%Y-%m-%d %H:%M:%S}" if self.record.started_at else ""

    @property
    def duration(self) -> str:
        """How long it took, in seconds; empty while it has not ended."""
        begun, ended = self.record.started_at, self.record.finished_at
        return f"{(ended - begun).total_seconds():,.1f} s" if begun and ended else ""

    @property
    def key_figures(self) -> str:
        """The two or three figures worth a line."""
        metrics = self.record.metrics
        shown = [f"{name} {figure(metrics[name])}" for name in FIGURES_WORTH_A_LINE if metrics.get(name) is not None]
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
            "error": record.error or None,
            "metrics": dict(record.metrics),
            "tags": list(record.tags),
            "notes": record.notes,
        }


@dataclass(frozen=True)
class RunDetails:
    """One run with its artifacts and its summary."""

    row: RunRow
    folder: RunFolder
    artifacts: dict[str, str]
    summary: str

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
            parts.append(lines_of([(name, figure(value)) for name, value in sorted(record.metrics.items())]))
        if self.artifacts:
            parts.append(lines_of(sorted(self.artifacts.items())))
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
        lines = [f"The index holds {self.run_count} runs."]
        lines += [f"{folder} was left out: {reason}" for folder, reason in sorted(self.broken.items())]
        return "\n".join(lines)


def find_run(workbench: Workbench, named: str) -> str:
    """Return the id that `named` means: an id, the unique beginning of one, or "latest".

    Raises
    ------
    RunError
        If there is no such run, or more than one.
    """
    with RunStore(workbench.home) as store:
        if named != "latest":
            return store.resolve(named)
        newest = store.find(RunQuery(limit=1))
    if not newest:
        raise RunError(f"There are no runs in {workbench.home.runs_folder}. Start one with: qlop demo")
    return newest[0].run_id


def find_trained_run(workbench: Workbench, named: str) -> str:
    """Return the id that `named` means; "latest" is the newest completed run that trained a model.

    Raises
    ------
    RunError
        If there is no such run.
    """
    if named != "latest":
        return find_run(workbench, named)
    with RunStore(workbench.home) as store:
        completed = store.find(RunQuery(states=(RunState.COMPLETED,), limit=None))
    for record in completed:
        if (RunFolder.open(workbench.home, record.run_id).artifacts / "model").is_dir():
            return record.run_id
    raise RunError(
        f"No completed run in {workbench.home.runs_folder} trained a model. Train one with: qlop train-model"
    )


def list_runs(
    workbench: Workbench,
    *,
    state: str | None = None,
    mode: str | None = None,
    text: str | None = None,
    limit: int | None = 20,
) -> list[RunRow]:
    """Return runs, newest first, each in its true state."""
    query = RunQuery(
        states=(RunState(state),) if state else (), modes=(mode,) if mode else (), text=text or "", limit=limit
    )
    with RunStore(workbench.home) as store:
        return [RunRow(record) for record in store.find(query)]


def show_run(workbench: Workbench, named: str) -> RunDetails:
    """Return one run with its artifacts and summary.

    Raises
    ------
    RunError
        If there is no such run.
    """
    run_id = find_run(workbench, named)
    with RunStore(workbench.home) as store:
        record = store.get(run_id)
    folder = RunFolder.open(workbench.home, run_id)
    artifacts = dict(folder.artifact_paths())
    summary = artifacts.get("summary.txt")
    text = summary.read_text(encoding="utf-8") if summary and summary.is_file() else ""
    return RunDetails(RunRow(record), folder, {name: str(path) for name, path in artifacts.items()}, text)


def cancel_run(workbench: Workbench, named: str) -> CancelReport:
    """End a run and everything it started, and prove it.

    Raises
    ------
    RunError
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


def restore_run(workbench: Workbench, run_id: str) -> str:
    """Bring a deleted run back, and return its id.

    Raises
    ------
    RunError
        If no such run was deleted.
    """
    with RunStore(workbench.home) as store:
        return store.restore(run_id).run_id


def reindex_runs(workbench: Workbench) -> ReindexOutcome:
    """Rebuild the index of runs from the run folders."""
    with RunStore(workbench.home) as store:
        report = store.reindex()
    return ReindexOutcome(report.run_count, dict(report.broken))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
