"""The runs that wait or work now: how far each is, and how long it may still take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.base.events import Event, ProgressPayload, RunState, StatusPayload
from core.base.time import utc_now
from core.services.run_events import RunEvents
from core.store.run_query import RunQuery
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.services.workbench import Workbench

__all__ = ["StepProgress", "UnfinishedRun", "progress_of", "unfinished_runs"]

_Move = tuple[datetime, ProgressPayload]
_UNFINISHED = (RunState.RUNNING, RunState.QUEUED)
_LOOKED_BACK_EVENTS = 2000
_FEWEST_STEPS = 2


@dataclass(frozen=True)
class StepProgress:
    """How far the step is that a run works on.

    Attributes
    ----------
    step, unit : str
        What it is and what is counted; anybody's text.
    done : float
        How many of them.
    total : float or None
        Of how many; None while nobody knows.
    eta_s : float or None
        Seconds until the step ends, by the rate observed so far; None while that cannot be known.
    status_since : str
        What the run has said about its state since this count; empty where nothing.
    part : StepProgress or None
        How far the part of it is that the run works on; None where it has no parts.
    """

    step: str
    unit: str
    done: float
    total: float | None
    eta_s: float | None
    status_since: str = ""
    part: StepProgress | None = None

    @property
    def fraction(self) -> float | None:
        """Done over total, from 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def is_done(self) -> bool:
        """Whether the step has ended, so that the run is at something that it counts no steps of."""
        return self.fraction == 1.0


@dataclass(frozen=True)
class UnfinishedRun:
    """A run that has not ended."""

    run_id: str
    title: str
    mode: str
    state: str
    current_status: str
    started_at: datetime | None
    progress: StepProgress | None


def unfinished_runs(workbench: Workbench) -> list[UnfinishedRun]:
    """Return the runs that have not ended, those that work first; only their logs' ends are read.

    Raises
    ------
    StoreError
        If the index of runs or a log cannot be read.
    """
    with RunStore(workbench.home) as store:
        found = store.find(RunQuery(states=_UNFINISHED, limit=None))
    found = sorted(found, key=lambda record: record.state is not RunState.RUNNING)
    return [
        UnfinishedRun(
            record.run_id,
            record.title,
            record.mode,
            record.state.value,
            record.current_status,
            record.started_at,
            progress_of(RunEvents(workbench, record.run_id).tail(_LOOKED_BACK_EVENTS).events, utc_now()),
        )
        for record in found
    ]


def progress_of(events: Sequence[Event], now: datetime) -> StepProgress | None:
    """Return how far the newest step among `events` is, and its part under way; None where there is none.

    The run's own estimate counts where it gives one. Else the rate from the step's first to its last event, once two
    steps are done; the time since the last event is taken off, and where none is left nothing is said.
    """
    moves = [(event.timestamp_utc, event.payload) for event in events if isinstance(event.payload, ProgressPayload)]
    if not moves:
        return None
    newest = moves[-1][1]
    own = _moves_of(newest.step_name, moves)
    whole = _moves_of(newest.within, moves) if newest.within else []
    if not whole:
        return _progress_by(own, now, _status_since(events))
    return replace(_progress_by(whole, now, _status_since(events)), part=_progress_by(own, now))


def _moves_of(step_name: str, moves: Sequence[_Move]) -> list[_Move]:
    """Return a step's moves since it began, or began anew."""
    own: list[_Move] = []
    for move in moves:
        if move[1].step_name == step_name:
            if own and move[1].value < own[-1][1].value:
                own = []
            own.append(move)
    return own


def _progress_by(own: Sequence[_Move], now: datetime, status_since: str = "") -> StepProgress:
    last_time, last = own[-1]
    eta_s = last.eta_s if last.eta_s is not None else _eta_s(own, now)
    waited_s = (now - last_time).total_seconds()
    if last.eta_s is not None:
        eta_s = last.eta_s - waited_s if last.eta_s > waited_s else None
    return StepProgress(last.step_name, last.unit, last.value, last.total, eta_s, status_since)


def _status_since(events: Sequence[Event]) -> str:
    payloads = (event.payload for event in reversed(events))
    newest = next((found for found in payloads if isinstance(found, (ProgressPayload, StatusPayload))), None)
    return newest.current_status if isinstance(newest, StatusPayload) else ""


def _eta_s(moves: Sequence[_Move], now: datetime) -> float | None:
    (begun, first), (seen, last) = moves[0], moves[-1]
    done, took_s = last.value - first.value, (seen - begun).total_seconds()
    if last.total is None or done < _FEWEST_STEPS or took_s <= 0.0:
        return None
    left_s = (last.total - last.value) * took_s / done - (now - seen).total_seconds()
    return left_s if left_s > 0.0 else None
