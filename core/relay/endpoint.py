"""Where a relay listens, and with which token somebody enters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["FindEndpoint", "RelayEndpoint"]


@dataclass(frozen=True)
class RelayEndpoint:
    """A relay's address and a token that was minted for one task and role.

    Attributes
    ----------
    url : str
        `ws://` or `wss://`.
    token : str
        Short-lived; it travels in the first frame, and is in no text of this object.
    """

    url: str
    token: str = field(repr=False)


FindEndpoint = Callable[[], RelayEndpoint | None]
"""Looks where the relay is now and mints a token for it; None while there is none. Called before every try."""
