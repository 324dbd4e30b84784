"""Keep child processes alive together, and end them together.

1. Start all at once.
2. Look after them: whoever dies is started again, after a wait that grows while it keeps dying.
3. On SIGTERM, SIGHUP or Ctrl-C, ask all to end, wait for a grace, and kill what is left. Where the supervisor itself is
   killed, they end by themselves (see leashed.py).
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.base.errors import QlopError
from core.services.kept_child import KeptChild

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Supervisor"]

_LOOK_EVERY_S = 0.05
_GRACE_S = 10.0


class Supervisor:
    """Looks after children until it is told to stop.

    Parameters
    ----------
    children : sequence of KeptChild
        Whom to keep alive.
    tell : callable
        Told what happens, a sentence at a time.
    """

    def __init__(self, children: Sequence[KeptChild], tell: Callable[[str], None]) -> None:
        self._children = children
        self._tell = tell
        self._is_stopping = False

    def run(self, on_started: Callable[[], None]) -> None:
        """Start the children, call `on_started` in a thread, and return once somebody has asked for the end."""
        with self._signals():
            try:
                self._look_after_all()
                threading.Thread(target=on_started, name="started", daemon=True).start()
                while not self._is_stopping:
                    time.sleep(_LOOK_EVERY_S)
                    self._look_after_all()
            finally:
                self._end_all()

    def _look_after_all(self) -> None:
        for child in self._children:
            try:
                told = child.look_after(time.monotonic())
            except OSError as error:
                raise QlopError(f"The {child.name} cannot be started: {error.strerror or error}.") from error
            if told:
                self._tell(told)

    def _end_all(self) -> None:
        for child in self._children:
            child.ask_to_end()
        deadline = time.monotonic() + _GRACE_S
        for child in self._children:
            child.end(deadline)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = [signal.signal(number, self._stop) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True
