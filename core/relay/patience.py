"""Whether a client that lost the relay tries again."""

from __future__ import annotations

from core.base.errors import RelayError
from core.relay.refusal import RelayRefusedError

__all__ = ["Patience", "no_relay"]


class Patience:
    """Knows for how long the relay has been away; it reads no clock of its own.

    Parameters
    ----------
    limit_s : float or None
        How long it may be away; None waits for ever.
    """

    def __init__(self, limit_s: float | None) -> None:
        self._limit_s = limit_s
        self._away_since: float | None = None

    def heard(self) -> None:
        """Note that the relay is there."""
        self._away_since = None

    def bear(self, error: RelayError, now_s: float) -> None:
        """Raise `error` where another try is of no use, or the relay has been away for too long."""
        if self._away_since is None:
            self._away_since = now_s
        is_refused = isinstance(error, RelayRefusedError) and not error.is_worth_another_try
        if is_refused or (self._limit_s is not None and now_s - self._away_since >= self._limit_s):
            raise error


def no_relay() -> RelayError:
    """Return what to say where no relay can be found."""
    return RelayError("No relay is there. Start one with: qlop ui, or qlop relay")
