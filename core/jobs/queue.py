"""The queue of a home's runs on this machine: first come, first served, so many at once.

1. A run takes a ticket when it is asked for: in the background before its process starts, so that the order is that
   of the asking and not that of the processes' starts.
2. It begins once fewer tickets than the limit stand before its own. Those before it only become fewer, so no moment
   sees more runs at work than the limit.
3. It keeps the ticket until it ends. A process that dies lets go of it, waiting or at work, and the next one moves up.

Light runs, of modes that say so, have a slot of their own beside the limit and wait for each other alone: a look at
data does not wait behind a long training.

A run that is started from inside a run works in its parent's place and takes no ticket: a parent that waits for its
child would wait for ever if the child waited for the parent's place.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import QlopError
from core.base.events import RunState, StatusPayload
from core.jobs.ticket import Ticket
from core.store.home import Home
from core.store.process_mark import RUN_ID_VARIABLE
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

__all__ = ["PARENT_VARIABLE", "QueuePlace", "enter_queue", "parent_run", "take_ticket"]

PARENT_VARIABLE = "QLOP_PARENT_RUN_ID"
"""Set for a run in a process of its own that was started from inside another run."""

_CHECK_EVERY_S = 0.1
_MOST_CHECKS_BETWEEN_LOOKS = 10

# A run inside somebody's Python session leaves the environment alone; what its thread starts is known by this.
_current_run: ContextVar[str | None] = ContextVar("_current_run", default=None)


@dataclass(frozen=True)
class QueuePlace:
    """A run's place in the queue.

    Attributes
    ----------
    limit : int
        How many runs may be at work at once.
    parent : str or None
        The run from inside of which this one was started.
    ticket : Ticket or None
        None for a run that does not wait: a child, or one that was told not to.
    is_light : bool
        Whether it is a place among the light runs.
    """

    limit: int
    parent: str | None
    ticket: Ticket | None
    is_light: bool = False

    def status(self) -> StatusPayload | None:
        """Return what a run that has to wait says of itself now; None once it may begin."""
        before = self._runs_before()
        return None if before < self.limit else self._waiting(before)

    def wait(
        self, said: StatusPayload | None, tell: Callable[[StatusPayload], None], check: Callable[[], None]
    ) -> None:
        """Return once the run may begin.

        Parameters
        ----------
        said : StatusPayload or None
            What it said of itself last.
        tell : callable
            Gets each status that differs from the one before.
        check : callable
            Called ten times a second; what it raises ends the wait.
        """
        while (before := self._runs_before()) >= self.limit:
            now = self._waiting(before)
            if now != said:
                tell(now)
            said = now
            # Who is far back need not look so often.
            for _ in range(min(_MOST_CHECKS_BETWEEN_LOOKS, 1 + before - self.limit)):
                check()
                time.sleep(_CHECK_EVERY_S)

    def _waiting(self, before: int) -> StatusPayload:
        return _waiting_light(before) if self.is_light else _waiting(before, self.limit)

    def _runs_before(self) -> int:
        return 0 if self.ticket is None or not self.ticket.is_held else self.ticket.tickets_before()


def take_ticket(home: Home, *, is_light: bool = False) -> Ticket:
    """Return a place at the end of the queue, or of that of light runs.

    Raises
    ------
    StoreError
        If the home cannot be written to.
    """
    return Ticket.take(_folder(home.create(), is_light=is_light))


@contextmanager
def enter_queue(home: Home, run_id: str, limit: int | None, *, is_light: bool = False) -> Iterator[QueuePlace]:
    """Hold a run's place in the queue for as long as the block lasts.

    Parameters
    ----------
    home : Home
        Whose queue it is.
    run_id : str
        The run that this process, or this thread of it, is about to carry out.
    limit : int or None
        How many runs may be at work at once; None: this one does not wait, and no other waits for it.
    is_light : bool
        Whether it takes the one slot of light runs, whatever `limit` is; a ticket of its starter's goes before.

    Raises
    ------
    StoreError
        If the home cannot be written to.
    """
    parent = parent_run(home, run_id)
    light = _folder(home, is_light=True)
    ticket = Ticket.inherited((_folder(home, is_light=False), light), os.environ)
    if ticket is None and parent is None and limit is not None:
        ticket = take_ticket(home, is_light=is_light)
    if ticket is not None and limit is None:
        ticket.give_up()
    token = _current_run.set(run_id)
    try:
        has_light_place = ticket is not None and ticket.folder == light
        yield QueuePlace(1 if has_light_place else limit or 1, parent, ticket, has_light_place)
    finally:
        _current_run.reset(token)
        if ticket is not None:
            ticket.give_up()


def parent_run(home: Home, run_id: str) -> str | None:
    """Return the run at work in `home` from inside of which `run_id` is started, None where there is none."""
    named = (_current_run.get(), os.environ.get(RUN_ID_VARIABLE), os.environ.get(PARENT_VARIABLE))
    return next((found for found in named if found and found != run_id and _is_at_work(home, found)), None)


def _is_at_work(home: Home, run_id: str) -> bool:
    try:
        return settle_folder(RunFolder.open(home, run_id)) is RunState.RUNNING
    except QlopError:
        # A run of another home, or none at all.
        return False


def _folder(home: Home, *, is_light: bool) -> Path:
    # The limit is of one machine's cores; machines that share a home have a queue each.
    folder = home.path / "queue" / (re.sub(r"[^A-Za-z0-9.-]", "_", platform.node()).strip(".") or "machine")
    return folder / "light" if is_light else folder


def _waiting(before: int, limit: int) -> StatusPayload:
    runs = "1 run" if before == 1 else f"{before} runs"
    at_once = "1 run works" if limit == 1 else f"{limit} runs work"
    return StatusPayload(
        state=RunState.QUEUED,
        current_status=f"The run waits for a slot: {runs} before it; {at_once} at a time (jobs.concurrent_runs).",
        next_step="It begins by itself once its turn comes.",
    )


def _waiting_light(before: int) -> StatusPayload:
    runs = "1 light run" if before == 1 else f"{before} light runs"
    return StatusPayload(
        state=RunState.QUEUED,
        current_status=f"The run waits for the slot of light runs: {runs} before it; 1 works at a time.",
        next_step="It begins by itself once its turn comes.",
    )
