"""What the relay answers when it refuses something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.base.errors import RelayError

__all__ = ["RelayRefusedError"]

_WORTH_ANOTHER_TRY = frozenset(
    {
        "auth_timeout",
        "closing",
        "hole",
        "token_expired",
        "too_fast",
        "too_many_connections",
        "too_many_tasks",
        "unreadable",
    }
)


class RelayRefusedError(RelayError):
    """An error frame.

    Attributes
    ----------
    code : str
        One of the protocol's codes.
    has_seq : int or None
        For a hole: the last event that the relay has.
    """

    def __init__(self, frame: Mapping[str, Any]) -> None:
        self.code = str(frame.get("code", "unknown"))
        self.has_seq: int | None = frame.get("has_seq")
        super().__init__(f"The relay refuses ({self.code}): {frame.get('message') or 'it says no more.'}")

    @property
    def is_worth_another_try(self) -> bool:
        """Whether the same wish may be granted later."""
        return self.code in _WORTH_ANOTHER_TRY
