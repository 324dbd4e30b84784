"""Where a relay listens, and with which token somebody enters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.base.url_place import url_place

__all__ = ["FindEndpoint", "RelayEndpoint"]


@dataclass(frozen=True)
class RelayEndpoint:
    """A relay's address and a token that was minted for one task and role.

    Attributes
    ----------
    url : str
        `ws://` or `wss://`; in no text of this object either.
    token : str
        Short-lived; it travels in the first frame, and is in no text of this object.
    """

    url: str = field(repr=False)
    token: str = field(repr=False)

    @property
    def place(self) -> str:
        """What may be told of where it is: scheme, host and port."""
        return url_place(self.url)


FindEndpoint = Callable[[], RelayEndpoint | None]
"""Looks where the relay is now and mints a token for it; None while there is none. Called before every try."""
