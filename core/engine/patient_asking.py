"""Asking a service again that is busy or away.

1. Ask. An answer ends it, and so does every error but ServiceBusyError.
2. Wait between half of a bound and all of it, so that many who were turned away do not return together; the bound
   doubles from try to try. What the service itself asks for is waited for at least.
3. After the last try say what was wrong and how often it was tried.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from core.base.errors import DataError

if TYPE_CHECKING:
    from core.contracts.data_access import DataAccess

__all__ = ["Patience", "ServiceBusyError", "ask_patiently", "wait_patiently"]

_Answer = TypeVar("_Answer")

_LOOK_EVERY_S = 0.2


class ServiceBusyError(DataError):
    """A service cannot answer now; the same question may be answered later.

    Parameters
    ----------
    reason : str
        A sentence without its full stop: who, and what is wrong. No secret.
    retry_after_s : float
        How long the service itself asks to be left alone.
    next_step : str
        What a person can do where asking again does not help, in whole sentences.
    """

    def __init__(self, reason: str, retry_after_s: float = 0.0, next_step: str = "") -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        self.next_step = next_step


@dataclass(frozen=True)
class Patience:
    """How often to ask again, and how long to wait before.

    Attributes
    ----------
    retries : int
        Tries after the first.
    first_s, longest_s : float
        The first bound of a wait, in seconds, and the greatest.
    """

    retries: int
    first_s: float
    longest_s: float = 120.0

    def wait_s(self, n_tried: int, draw: float) -> float:
        """Return how long to wait after `n_tried` tries; `draw` is a number from 0 up to 1."""
        bound_s = min(self.longest_s, self.first_s * 2.0 ** (n_tried - 1))
        return bound_s * (0.5 + 0.5 * draw)


def ask_patiently(
    ask: Callable[[], _Answer],
    access: DataAccess,
    patience: Patience,
    *,
    draw: Callable[[], float] = random.random,
) -> _Answer:
    """Return the answer, asking again while the service is busy.

    Parameters
    ----------
    ask : callable
        Asks once; raises ServiceBusyError where asking again may help.
    access : DataAccess
        Hears of each wait; while waiting it is asked whether the run is cancelled.
    patience : Patience
        How often, and how long.
    draw : callable
        Returns a number from 0 up to 1; the only randomness here.

    Raises
    ------
    DataError
        If the service is still busy at the last try.
    RunCancelled
        If the run was asked to stop.
    """
    for n_tried in range(1, patience.retries + 1):
        access.check_cancelled()
        try:
            return ask()
        except ServiceBusyError as busy:
            wait_s = max(patience.wait_s(n_tried, draw()), busy.retry_after_s)
            told = f"{busy}; asking again in {wait_s:.1f} s (try {n_tried + 1} of {patience.retries + 1})"
        access.log(told, level="warning")
        wait_patiently(access, wait_s)
    access.check_cancelled()
    try:
        return ask()
    except ServiceBusyError as busy:
        times = "once" if patience.retries == 0 else f"{patience.retries + 1} times"
        next_step = f" {busy.next_step}" if busy.next_step else ""
        raise DataError(
            f"{busy}; it was asked {times}.{next_step} What was loaded before is kept. Start the run again later, or "
            "raise data_source_params.retries."
        ) from busy


def wait_patiently(access: DataAccess, wait_s: float) -> None:
    """Wait, and look several times a second whether the run is cancelled.

    Raises
    ------
    RunCancelled
        If the run was asked to stop.
    """
    until = time.monotonic() + wait_s
    while (left_s := until - time.monotonic()) > 0:
        time.sleep(min(left_s, _LOOK_EVERY_S))
        access.check_cancelled()
