"""One run as lists and comparisons show it, read from its folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.base.events import TERMINAL_STATES, Event, RunState, StatusPayload
from core.store.json_form import Json
from core.store.run_folder import RunFolder
from core.store.run_title import run_title

__all__ = ["RunRecord", "read_record"]

Scalar = str | int | float | bool | None

_SUMMARY_PATHS = {
    "seed": ("seed",),
    "data_source": ("data", "data_source_type"),
    "tickers": ("data", "tickers"),
    "interval": ("data", "interval"),
    "labeler": ("label", "labeler_type"),
    "model": ("model", "model_type"),
    "splits": ("splits", "scheme"),
    "strategy": ("strategy", "strategy_type"),
    "broker": ("broker", "broker_type"),
}


@dataclass(frozen=True)
class RunRecord:
    """A run in a list.

    Attributes
    ----------
    run_id, mode, title : str
        Which run; the title as `run_title` gives it.
    state : RunState
        Where it stands.
    current_status, error : str
        The last status in prose, and what went wrong (empty where nothing did).
    created_at, started_at, finished_at : datetime or None
        UTC; None for what has not happened.
    duration_s : float or None
        How long it took from when it began to run, as its own process counted, else by these moments; None before the
        end and where nobody knows: it never ran, it crashed, or the clock was set back meanwhile.
    config_summary : mapping
        Plugins, tickers and seed.
    metrics : mapping
        The key figures of metrics.json.
    tags, notes : tuple of str, str
        What a person added.
    is_deleted : bool
        Whether it lies in the trash.
    event_count : int
        How many events the log held when this was read.
    notes_revision : int
        When tags or notes were last changed, in nanoseconds; 0 for never.
    has_model : bool
        Whether it kept a model that it trained.
    home_id : str
        The home that its folder is in; several homes may share one index.
    """

    run_id: str
    home_id: str
    mode: str
    title: str
    state: RunState
    current_status: str
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_s: float | None = None
    config_summary: Mapping[str, Json] = field(default_factory=dict)
    metrics: Mapping[str, Scalar] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    notes: str = ""
    is_deleted: bool = False
    event_count: int = 0
    notes_revision: int = 0
    has_model: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether nothing follows."""
        return self.state in TERMINAL_STATES


def read_record(
    folder: RunFolder, home_id: str, *, is_deleted: bool = False, unwritten: StatusPayload | None = None
) -> RunRecord:
    """Return the record of a run, from its files; `unwritten` is a last status that its log had no room for.

    Raises
    ------
    StoreError
        If the folder misses a file or holds a damaged one.
    """
    notes_revision = folder.notes_revision()
    config, notes = folder.config(), folder.notes()
    first, last = list(_until_it_begins(folder)), folder.events().last_event()
    status = unwritten or (last.payload if isinstance(last.payload, StatusPayload) else None)
    state = status.state if status else RunState.RUNNING
    started_at = _started_at(first)
    return RunRecord(
        run_id=folder.run_id,
        home_id=home_id,
        mode=str(config.get("mode", "")),
        title=run_title(folder, config),
        state=state,
        current_status=status.current_status if status else "",
        error=(status.error or "") if status else "",
        created_at=first[0].timestamp_utc,
        started_at=started_at,
        finished_at=last.timestamp_utc if state in TERMINAL_STATES else None,
        duration_s=_duration_s(status, started_at, last) if status and state in TERMINAL_STATES else None,
        config_summary=config_summary(config),
        metrics=_scalars(folder.metrics()),
        tags=_texts(notes.get("tags")),
        notes=str(notes.get("notes", "")),
        is_deleted=is_deleted,
        event_count=last.seq,
        notes_revision=notes_revision,
        has_model=(folder.artifacts / "model" / "model.json").is_file(),
    )


def _until_it_begins(folder: RunFolder) -> Iterator[Event]:
    """Yield the events up to the first that is not `queued`; a run that waits says so each time it moves up."""
    for event in folder.events().read():
        yield event
        if not isinstance(event.payload, StatusPayload) or event.payload.state is not RunState.QUEUED:
            return


def _started_at(first: list[Event]) -> datetime | None:
    last = first[-1]
    is_running = isinstance(last.payload, StatusPayload) and last.payload.state is RunState.RUNNING
    return last.timestamp_utc if is_running else None


def _duration_s(ending: StatusPayload, started_at: datetime | None, last: Event) -> float | None:
    if started_at is None or ending.elapsed_s is not None:
        return ending.elapsed_s
    # A run that crashed ended at some moment before that at which somebody looked and said so.
    took_s = (last.timestamp_utc - started_at).total_seconds()
    return None if took_s < 0.0 or ending.state is RunState.CRASHED else took_s


def config_summary(config: Mapping[str, Json]) -> dict[str, Json]:
    found = {name: _at(config, path) for name, path in _SUMMARY_PATHS.items()}
    return {name: value for name, value in found.items() if value is not None}


def _at(value: Json | Mapping[str, Json], path: tuple[str, ...]) -> Json:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value  # type: ignore[return-value]


def _scalars(metrics: Mapping[str, Json]) -> dict[str, Scalar]:
    return {name: value for name, value in metrics.items() if value is None or isinstance(value, (str, int, float))}


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
