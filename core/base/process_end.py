"""How a process that was started has ended, in words, and whether somebody ended it.

A process that dies while it looks at a file may say something of the file. One that dies by a signal with which a
person, a terminal or the system asks processes to end says nothing of it.
"""

from __future__ import annotations

import signal

__all__ = ["end_in_words", "ended_from_outside"]

_ASKING = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGTERM})


def end_in_words(code: int) -> str:
    """Return "exit code 3" or "signal 11 (SIGSEGV)" for the code of subprocess, which is negative for signals."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {-code} ({signal.Signals(-code).name})"
    except ValueError:
        # Those of real time have numbers alone.
        return f"signal {-code}"


def ended_from_outside(code: int) -> bool:
    """Return whether a process ended by SIGINT, SIGTERM or SIGHUP: what it was doing is not why."""
    return -code in _ASKING
