"""Look at runs from outside: their true state, and their events as they come."""

from __future__ import annotations

import time
from collections.abc import Iterator

from core.base.events import TERMINAL_STATES, Event, RunState, StatusPayload
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_store import RunStore
from core.store.settlement import DYING_S, settle_folder

__all__ = ["follow", "settle"]


def settle(home: Home, run_id: str, *, dying_s: float = DYING_S) -> RunState:
    """Return a run's true state; a run whose process died without a word is settled, in its files and in the index.

    Parameters
    ----------
    home : Home
        Where the run is.
    run_id : str
        The run.
    dying_s : float
        How long a process that is dying is waited for; see `settle_folder`.

    Raises
    ------
    RunError
        If there is no such run.
    StoreError
        If its log cannot be read or written.
    """
    folder = RunFolder.open(home, run_id)
    state = settle_folder(folder, dying_s=dying_s)
    with RunStore(home) as store:
        store.upsert_if_possible(folder)
    return state


def follow(home: Home, run_id: str, *, from_seq: int = 1, poll_s: float = 0.1) -> Iterator[Event]:
    """Yield a run's events from `from_seq` on, as they come, until its terminal status has been yielded.

    Events that were there before come first. A run that dies without a word is settled on the way, so this always ends
    with the run.

    Raises
    ------
    RunError
        If there is no such run.
    StoreError
        If its log cannot be read.
    """
    folder = RunFolder.open(home, run_id)
    log = folder.events()
    has_ended = False
    while True:
        for event in log.read(from_seq):
            from_seq = event.seq + 1
            yield event
            if isinstance(event.payload, StatusPayload) and event.payload.state in TERMINAL_STATES:
                return
        if has_ended:
            return
        # Read once more after the end was seen: the last events may have come in between.
        has_ended = settle_folder(folder) in TERMINAL_STATES
        if not has_ended:
            time.sleep(poll_s)
