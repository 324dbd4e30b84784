"""The address of a database: what it says of the place, and what of it no message may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from core.base.clear_passwords import without_passwords
from core.base.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["DatabaseAddress"]


@dataclass(frozen=True)
class DatabaseAddress:
    """The address of a database, whose text shows nothing of it.

    Attributes
    ----------
    url : URL
        SQLAlchemy's own; it may bear a password.
    """

    url: URL = field(repr=False)

    @classmethod
    def of(cls, text: str) -> DatabaseAddress:
        """Return the address that a URL is.

        Raises
        ------
        ConfigError
            If it is none, or if a part of the password would be read as the host; the message holds nothing of it.
        """
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            url = None
        # From None, and without the text: what cannot be read, or is read as a host, may be a piece of the password.
        if url is None or (url.get_backend_name() != "sqlite" and _is_misread(text, url)):
            raise ConfigError(
                "it is no database URL, such as postgresql://USER:PASSWORD@HOST/DATABASE; @, : and / in the password "
                "must be written %40, %3A and %2F"
            ) from None
        return cls(url)

    @property
    def place(self) -> str:
        """Backend, host, port and database."""
        port = f":{self.url.port}" if self.url.port else ""
        return f"{self.url.get_backend_name()}://{self.url.host or ''}{port}/{self.url.database or ''}"

    @property
    def secrets(self) -> Sequence[str]:
        """The passwords, before the host or among the options, as they are and as URLs write them; longest first."""
        options = [
            secret for name, values in self.url.normalized_query.items() if "pass" in name.lower() for secret in values
        ]
        held = [secret for secret in (str(self.url.password or ""), *options) if secret]
        return sorted({form for secret in held for form in (secret, quote(secret, safe=""))}, key=len, reverse=True)

    def without_secrets(self, text: str) -> str:
        """Return a text, such as a driver's error, with stars in the place of passwords."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return without_passwords(text)


def _is_misread(text: str, url: URL) -> bool:
    return text.count("@") > 1 or "@" in f"{url.host}{url.database}"
