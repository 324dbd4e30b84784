"""How long a step will still take, from what it has shown so far."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

__all__ = ["EtaClock"]


class EtaClock:
    """Estimates the seconds left of each step from its own average rate since it began, or began anew.

    Parameters
    ----------
    now : callable
        Returns the present moment.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._begun: dict[str, tuple[datetime, float]] = {}
        self._newest: dict[str, float] = {}

    def eta_s(self, step_name: str, value: float, total: float | None) -> float | None:
        """Return the seconds left, or None while the step has not moved since it was first seen."""
        moment = self._now()
        if value < self._newest.get(step_name, value):
            del self._begun[step_name]
        self._newest[step_name] = value
        begun, first_value = self._begun.setdefault(step_name, (moment, value))
        done = value - first_value
        if total is None or done <= 0:
            return None
        elapsed_s = (moment - begun).total_seconds()
        return max(0.0, (total - value) * elapsed_s / done)
