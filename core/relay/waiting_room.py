"""Connections that have shown no token yet, and who of them goes when there are too many: the oldest.

Anybody can open a connection, so those without a token are bounded apart from those with one. Honest clients show
theirs within milliseconds, a thousand of them at once too: only who has had the time for it counts as one too many.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

__all__ = ["WaitingRoom"]


class WaitingRoom:
    """Knows who waits, since when, and how to send each away.

    Parameters
    ----------
    clock : callable
        Seconds, of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._guests: dict[Hashable, tuple[float, Callable[[], None]]] = {}

    def __len__(self) -> int:
        return len(self._guests)

    def come(self, guest: Hashable, send_away: Callable[[], None]) -> None:
        """Take in a guest."""
        self._guests[guest] = self._clock(), send_away

    def meet(self, guest: Hashable, send_away: Callable[[], None]) -> None:
        """Send this guest away in another manner from now on."""
        if guest in self._guests:
            self._guests[guest] = self._guests[guest][0], send_away

    def leave(self, guest: Hashable) -> None:
        """Forget a guest, who was let in or has gone; a second time does nothing."""
        self._guests.pop(guest, None)

    def hold(self, most: int) -> None:
        """Send away the oldest until at most so many remain."""
        while len(self._guests) > max(0, most):
            self._send_oldest_away()

    def thin(self, most: int, spared_s: float) -> None:
        """Do the same, sparing who came less than `spared_s` ago and has hardly had the time to show a token."""
        while len(self._guests) > most and self._clock() - self._oldest_since() >= spared_s:
            self._send_oldest_away()

    def _oldest_since(self) -> float:
        return next(iter(self._guests.values()))[0]

    def _send_oldest_away(self) -> None:
        _since, send_away = self._guests.pop(next(iter(self._guests)))
        send_away()
