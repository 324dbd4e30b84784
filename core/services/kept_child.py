"""A child process that is started again when it dies, after a wait that grows while it keeps dying."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["KeptChild", "leashed_command"]

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 5.0
_STABLE_AFTER_S = 10.0


def leashed_command(module: str, *arguments: str) -> tuple[str, ...]:
    """Return how to run a module with this very Python so that it ends with whoever started it."""
    return (sys.executable, "-P", "-m", "core.services.leashed", module, *arguments)


@dataclass
class KeptChild:
    """A process that is kept alive.

    Attributes
    ----------
    name : str
        What a person calls it.
    command : sequence of str
        As `leashed_command` makes it.
    is_needed : callable
        Whether it is to run; asked before each start.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    is_needed: Callable[[], bool] = lambda: True
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _wait_s: float = field(default=_FIRST_WAIT_S, init=False)
    _started_at: float = field(default=0.0, init=False)
    _next_start_at: float = field(default=0.0, init=False)

    @property
    def pid(self) -> int | None:
        """The living process's number."""
        return self._process.pid if self._process is not None else None

    def look_after(self, now: float) -> str | None:
        """Start the process if it is due; return what there is to tell a person."""
        if self._process is None:
            if now >= self._next_start_at and self.is_needed():
                self._start(now)
            return None
        code = self._process.poll()
        if code is None:
            if now - self._started_at >= _STABLE_AFTER_S:
                self._wait_s = _FIRST_WAIT_S
            return None
        return self._bury(code, now)

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self._process is not None:
            self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait until it has ended, and kill it at the deadline."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._forget()

    def _start(self, now: float) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=dict(self.environment),
            # Ctrl-C is for the supervisor alone: it ends its children in order.
            start_new_session=True,
        )
        self._started_at = now

    def _bury(self, code: int, now: float) -> str:
        self._forget()
        self._next_start_at = now + self._wait_s
        told = f"The {self.name} has ended ({_ending(code)}); it is started again in {self._wait_s:g} s."
        self._wait_s = min(_LONGEST_WAIT_S, 2 * self._wait_s)
        return told

    def _forget(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
