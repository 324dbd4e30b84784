"""Watch a run from a terminal: through the relay where there is one, else from the run's file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.errors import RelayError, RunCancelled
from core.base.events import TERMINAL_STATES, Event, RunState, StatusPayload

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["WatchedRun", "watch_run"]

_PATIENCE_S = 3.0


@dataclass
class WatchedRun:
    """A run that is watched, by iterating over its events; they end with the run.

    Attributes
    ----------
    run_id : str
        The run's whole id.
    exit_code : int
        What the run itself ended with: 0 completed, 130 cancelled, else 1; 1 also while it has not ended.
    """

    run_id: str
    _workbench: Workbench
    _tell: Callable[[str], None]
    exit_code: int = 1

    def __iter__(self) -> Iterator[Event]:
        """Yield every event from the first on, each once and in order.

        Raises
        ------
        StoreError
            If there is no relay, and the run's log cannot be read.
        """
        next_seq = 1
        for event in self._from_relay():
            next_seq = event.seq + 1
            yield self._seen(event)
            if _is_last(event):
                return
        for event in self._from_file(next_seq):
            yield self._seen(event)

    def _from_relay(self) -> Iterator[Event]:
        from random import random

        from core.relay.back_off import BackOff
        from core.relay.plain_client import PlainClient
        from core.services.relay_access import find_endpoint, relay_address

        address = relay_address(self._workbench)
        if address is None:
            self._tell("No relay is there; this follows the run's file.")
            return
        self._tell(f"Through the relay at {address.place}.")
        find = find_endpoint(self._workbench, self.run_id, "subscribe")
        try:
            for item in PlainClient(find, BackOff(random), patience_s=_PATIENCE_S).events():
                if isinstance(item, Event):
                    yield item
                else:
                    self._tell(f"The relay left out {item.from_seq} to {item.to_seq}; they are fetched.")
        except RelayError as error:
            self._tell(f"{error} This goes on from the run's file.")

    def _from_file(self, from_seq: int) -> Iterator[Event]:
        from core.jobs.watch import follow

        return follow(self._workbench.home, self.run_id, from_seq=from_seq)

    def _seen(self, event: Event) -> Event:
        if _is_last(event) and isinstance(event.payload, StatusPayload):
            self.exit_code = _exit_code(event.payload.state)
        return event


def watch_run(workbench: Workbench, named: str, *, tell: Callable[[str], None]) -> WatchedRun:
    """Return a run to iterate over.

    Parameters
    ----------
    workbench : Workbench
        Where the run is.
    named : str
        Its id, the beginning of it, or "latest".
    tell : callable
        Told where the events come from, and when that changes.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    from core.services.run_names import find_run

    return WatchedRun(find_run(workbench, named), workbench, tell)


def _is_last(event: Event) -> bool:
    return isinstance(event.payload, StatusPayload) and event.payload.state in TERMINAL_STATES


def _exit_code(state: RunState) -> int:
    if state is RunState.COMPLETED:
        return 0
    return RunCancelled.exit_code if state is RunState.CANCELLED else 1
