"""How long to wait before the next try: full jitter, so that a thousand who lost the relay do not return at once."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["BackOff"]


class BackOff:
    """Draws each wait between nothing and a bound that doubles from `first_s` up to `longest_s`.

    Parameters
    ----------
    draw : callable
        Returns a number from 0 up to 1; the only randomness here.
    first_s, longest_s : float
        The first bound, and the greatest.
    """

    def __init__(self, draw: Callable[[], float], *, first_s: float = 0.1, longest_s: float = 2.0) -> None:
        self._draw = draw
        self._first_s = first_s
        self._longest_s = longest_s
        self._bound_s = first_s

    def next_s(self) -> float:
        """Return how many seconds to wait now."""
        wait_s = self._draw() * self._bound_s
        self._bound_s = min(self._longest_s, 2 * self._bound_s)
        return wait_s

    def reset(self) -> None:
        """Begin anew: a try has succeeded."""
        self._bound_s = self._first_s
