"""What a run has said so far, read from its folder while it lives and after: pages of events, its state, its log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from core.base.events import TERMINAL_STATES
from core.services.log_text import log_lines
from core.services.run_names import find_run
from core.store.run_folder import RunFolder
from core.store.run_store import RunStore
from core.store.settlement import settle_folder

if TYPE_CHECKING:
    from core.base.events import Event
    from core.services.workbench import Workbench
    from core.store.event_log import FileEventLog

__all__ = ["EventPage", "RunEvents", "RunSnapshot", "read_log_text", "run_snapshot"]


@dataclass(frozen=True)
class EventPage:
    """Some events in order.

    Attributes
    ----------
    events : tuple of Event
        Without holes; empty where there are none yet.
    head_seq : int
        The number of the last event written.
    """

    events: tuple[Event, ...]
    head_seq: int


@dataclass(frozen=True)
class RunSnapshot:
    """Where a run stands.

    Attributes
    ----------
    run_id, state, current_status, error : str
        As the last status says; an error is empty where there was none.
    started_at, finished_at : datetime or None
        UTC; None for what has not happened.
    duration_s : float or None
        How long it took; None before the end, and where nobody knows.
    """

    run_id: str
    state: str
    current_status: str
    error: str
    started_at: datetime | None
    finished_at: datetime | None
    duration_s: float | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing follows any more."""
        return self.state in TERMINAL_STATES


class RunEvents:
    """The events of one run, for one reader who asks again and again: each look costs what is new, not the whole file.

    Parameters
    ----------
    workbench : Workbench
        Where the run is.
    run_id : str
        The run; RunIdError if there is none.
    """

    def __init__(self, workbench: Workbench, run_id: str) -> None:
        self._folder = RunFolder.open(workbench.home, find_run(workbench, run_id))
        self._log: FileEventLog = self._folder.events()

    def since(self, from_seq: int, limit: int) -> EventPage:
        """Return up to `limit` events from `from_seq` on; a run whose process died is settled first.

        Raises
        ------
        StoreError
            If the log cannot be read.
        """
        settle_folder(self._folder)
        head_seq = self._log.last_event().seq
        return EventPage(tuple(islice(self._log.read(max(1, from_seq)), max(0, limit))), head_seq)

    def tail(self, count: int) -> EventPage:
        """Return the last `count` events.

        Raises
        ------
        StoreError
            If the log cannot be read.
        """
        # First, as a run that died says so in one event more.
        settle_folder(self._folder)
        return self.since(self._log.last_event().seq - count + 1, count)


def run_snapshot(workbench: Workbench, run_id: str) -> RunSnapshot:
    """Return where a run stands, truly.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    with RunStore(workbench.home) as store:
        found = store.get(find_run(workbench, run_id))
    return RunSnapshot(
        run_id=found.run_id,
        state=found.state.value,
        current_status=found.current_status,
        error=found.error,
        started_at=found.started_at,
        finished_at=found.finished_at,
        duration_s=found.duration_s,
    )


def read_log_text(workbench: Workbench, run_id: str) -> bytes:
    """Return a run's whole log as text in UTF-8, a line each, times in UTC.

    Raises
    ------
    RunIdError
        If there is no such run.
    StoreError
        If its log cannot be read.
    """
    events = RunFolder.open(workbench.home, find_run(workbench, run_id)).events().read()
    return "".join(f"{line}\n" for line in log_lines(events)).encode()
