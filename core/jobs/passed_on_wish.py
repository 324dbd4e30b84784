"""The wish that a run end, passed on to the processes that work for it.

A terminal and `qlop runs cancel` reach those processes themselves. `kill PID`, `docker stop` and systemd ask the run's
own process alone, and that one cannot end while it waits for another.
"""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

import psutil

__all__ = ["PassedOnWish"]

_LOOK_EVERY_S = 0.1


class PassedOnWish:
    """Asks what this process has started to end (SIGTERM), from `pass_on` until its `with` block is over.

    That goes for what is started after the wish as well: the process may be about to wait for it. A process that is
    held still is let go on, so that it can follow.

    Promises: `pass_on` may be called in a signal's handler.
    """

    def __init__(self) -> None:
        # Its put() may be interrupted by a handler that calls it, unlike the set() of an Event.
        self._told: SimpleQueue[int | None] = SimpleQueue()
        self._thread = Thread(target=self._wait_and_ask, name="a wish for what the run has started", daemon=True)

    def pass_on(self, canceller: int | None = None) -> None:
        """Begin to ask. Where the process `canceller` is one of those, it is left to it: it asks the others itself."""
        self._told.put(canceller or 0)

    def __enter__(self) -> Self:
        # Where the system gives no thread more, a run ends once what it waits for has ended.
        with suppress(RuntimeError):
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._told.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _wait_and_ask(self) -> None:
        told = self._told.get()
        asked: set[psutil.Process] = set()
        while told is not None:
            family = psutil.Process().children(recursive=True)
            if told not in {process.pid for process in family}:
                for process in set(family) - asked:
                    _ask_to_end(process)
                asked.update(family)
            with suppress(Empty):
                told = self._told.get(timeout=_LOOK_EVERY_S)


def _ask_to_end(process: psutil.Process) -> None:
    with suppress(psutil.Error):
        process.terminate()
        process.resume()
