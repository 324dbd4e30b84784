"""Something that is asked for at every step of a loop, and done a few times a second."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Seldom"]


class Seldom:
    """A call that is passed on when the last one passed on lies long enough back; the first one is.

    Parameters
    ----------
    action : callable
        What to do; what it raises comes through.
    every_s : float
        Seconds between two of them, at least.
    """

    def __init__(self, action: Callable[[], None], every_s: float = 0.1) -> None:
        self._action = action
        self._every_s = every_s
        self._next = time.monotonic()

    def __call__(self) -> None:
        """Do it, if it is time."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._every_s
            self._action()
