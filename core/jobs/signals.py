"""The wish that this process's run end: by a signal, or by a request in the run's folder."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from core.base.errors import RunCancelled, StoreError
from core.jobs.passed_on_wish import PassedOnWish
from core.store.cancel_request import cancel_reason, canceller, request_cancel

__all__ = ["CancelFlag", "hold_back_signals"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_EVERY_S = 0.25
_TWO_SIGNALS_APART_S = 0.25  # `timeout` and a terminal may deliver one wish twice at once
_EXIT_CODE = 130


@contextmanager
def hold_back_signals() -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP wait until the block is over, for this thread.

    A process that the block starts begins with them held back, until it enters a CancelFlag: a wish that comes before
    it can heed one is kept for it. Before that SIGKILL alone ends it from outside.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class CancelFlag:
    """Says whether this process's run was asked to end.

    In a `with` block SIGINT, SIGTERM and SIGHUP set the flag instead of ending the process, so that the run ends at its
    next event with a last status; a second signal ends the process at once, and whoever looks next settles the run as
    cancelled. A signal that the process was told to ignore (nohup) stays ignored; one that was held back since before
    the process began comes now. A signal is passed on to what the process has started: it may have reached this one
    alone, which waits for another. Outside the main thread no signal is caught, and the request in the folder alone
    counts.

    Parameters
    ----------
    is_last : bool
        Whether nothing but the process's end follows the block. Signals are ignored from then on: what the run came to
        is the process's exit code.

    Promises: `check` and `is_set` may be called from any thread, as often as one likes.
    """

    def __init__(self, *, is_last: bool = False) -> None:
        self._is_last = is_last
        self._reason: str | None = None
        self._folder: Path | None = None
        self._caught_at = 0.0
        self._looked_at = -_LOOK_EVERY_S
        self._pid = os.getpid()
        self._before: dict[signal.Signals, Any] = {}
        self._children: PassedOnWish | None = None
        self._until_exit = ExitStack()

    def watch(self, folder: Path) -> None:
        """Heed the requests written to a run's folder as well, and leave one there when a signal comes."""
        self._folder = folder
        if self._reason is not None:
            # Of a request that came with the signal the reason says more than the signal's name.
            self._reason = cancel_reason(folder) or self._reason
            self._leave_request()

    def set(self, reason: str) -> None:
        """Ask the run to end."""
        self._reason = self._reason or reason

    @property
    def is_set(self) -> bool:
        """Whether the run was asked to end. The folder is looked at four times a second at most."""
        if self._reason is None and self._folder is not None:
            now = time.monotonic()
            if now - self._looked_at >= _LOOK_EVERY_S:
                self._looked_at = now
                self._reason = cancel_reason(self._folder)
        return self._reason is not None

    def check(self) -> None:
        """Raise RunCancelled if the run was asked to end."""
        if self.is_set:
            raise RunCancelled(f"{self._reason}.")

    @contextmanager
    def outranking_errors(self) -> Iterator[None]:
        """Where the block ends with an error and the run was asked to end, let the wish be why.

        Ctrl-C, `timeout` and `cancel` end the processes that the run has started as well; what becomes of their deaths
        on the way is no finding of the run.

        Raises
        ------
        RunCancelled
            In the error's place, if the run was asked to end.
        """
        try:
            yield
        except BaseException:
            # The request may be younger than the last look.
            self._looked_at = -_LOOK_EVERY_S
            self.check()
            raise

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._children = self._until_exit.enter_context(PassedOnWish())
            for number in _SIGNALS:
                before = signal.getsignal(number)
                if before is not signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._catch)
            # Not given back at the end: what this process starts is not to begin deaf.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            afterwards = signal.SIG_DFL if before is None else before
            signal.signal(number, signal.SIG_IGN if self._is_last else afterwards)
        self._before.clear()
        self._until_exit.close()

    def _catch(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._pid:
            # A forked worker inherits the handler, but is no run: it ends as if there were none.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        now, is_first = time.monotonic(), not self._caught_at
        if not is_first and now - self._caught_at > _TWO_SIGNALS_APART_S:
            os._exit(_EXIT_CODE)
        self._caught_at = self._caught_at or now
        # Who cancels leaves a request before the signal: its reason says more than the signal's name.
        asked = cancel_reason(self._folder) if self._folder is not None else None
        self.set(asked or ("Ctrl-C (SIGINT)" if number == signal.SIGINT else f"received {signal.Signals(number).name}"))
        if is_first and self._children is not None:
            self._children.pass_on(canceller(self._folder) if self._folder is not None else None)
        self._leave_request()
        if is_first:
            # A signal that came together with it is dealt with from here on, however long the writing took.
            self._caught_at = time.monotonic()

    def _leave_request(self) -> None:
        # So that a run which is killed before its next event counts as cancelled, not as crashed.
        if self._folder is not None:
            with suppress(StoreError):
                request_cancel(self._folder, str(self._reason))
