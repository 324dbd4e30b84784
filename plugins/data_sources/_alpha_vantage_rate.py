"""How calls are spread over time, as a key allows."""

from __future__ import annotations

__all__ = ["TokenBucket"]


class TokenBucket:
    """How long to wait so that calls stay within a rate. It holds one token: calls are spread, not bunched.

    Parameters
    ----------
    calls_per_minute : float
        The rate.
    """

    def __init__(self, calls_per_minute: float) -> None:
        self._per_s = calls_per_minute / 60.0
        self._tokens = 1.0
        self._seen_at: float | None = None

    def wait_s(self, now: float) -> float:
        """Take a token at the moment `now`, in seconds of any clock; return how long it takes until it is there."""
        passed = 0.0 if self._seen_at is None else max(0.0, now - self._seen_at)
        self._seen_at = now
        self._tokens = min(1.0, self._tokens + passed * self._per_s) - 1.0
        return max(0.0, -self._tokens / self._per_s)
