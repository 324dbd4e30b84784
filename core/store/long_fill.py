"""What somebody who waits is told while many folders are entered into the index, as after an update, once."""

from __future__ import annotations

import logging
from time import monotonic

__all__ = ["LongFill"]

_logger = logging.getLogger(__name__)


class LongFill:
    """One filling: silent while it is short, and then a line of the log every so often.

    Parameters
    ----------
    n_folders : int
        How many there are to enter.
    quiet_s, every_s : float
        How long nothing is said, and how long between one line and the next.
    """

    def __init__(self, n_folders: int, *, quiet_s: float = 2.0, every_s: float = 10.0) -> None:
        self._n_folders = n_folders
        self._begun = monotonic()
        self._next, self._every_s = self._begun + quiet_s, every_s

    def entered(self, n_entered: int) -> None:
        """Note how many are entered by now."""
        now = monotonic()
        if now < self._next or n_entered >= self._n_folders:
            return
        self._next = now + self._every_s
        left_s = (now - self._begun) / n_entered * (self._n_folders - n_entered)
        _logger.warning(
            "The index of runs is filled from the run folders, once: %s of %s are entered, about %.0f s are left",
            f"{n_entered:,}",
            f"{self._n_folders:,}",
            left_s,
        )
