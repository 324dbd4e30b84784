"""A database's URL: what it says of the place, and what of it no message may hold."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

import qlop

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["hash_of_user", "parsed_url", "place_of", "secrets_in"]


def parsed_url(url: str) -> URL:
    """Return a URL's parts.

    Raises
    ------
    DataError
        If it is none; the message holds nothing of it.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        address = None
    # From None, and without the text: what cannot be read, or is read as a host, may be a piece of the password.
    if address is None or url.count("@") > 1 or "@" in f"{address.host}{address.database}":
        raise qlop.DataError(
            "What data_source_params.url refers to is no database URL, such as postgresql://USER:PASSWORD@HOST/DATABASE;"
            " @, : and / in the password must be written %40, %3A and %2F."
        ) from None
    return address


def place_of(address: URL | None) -> str:
    """Return backend, host, port and database."""
    if address is None:
        raise ValueError("a URL or a SQLite file must be given")
    port = f":{address.port}" if address.port else ""
    return f"{address.get_backend_name()}://{address.host or ''}{port}/{address.database or ''}"


def secrets_in(address: URL | None) -> list[str]:
    """Return the passwords of a URL, before its host or among its options, as they are and as URLs write them."""
    if address is None:
        return []
    options = [str(value) for name, value in address.query.items() if "pass" in name.lower()]
    held = [secret for secret in (str(address.password or ""), *options) if secret]
    return sorted({form for secret in held for form in (secret, quote(secret, safe=""))}, key=len, reverse=True)


def hash_of_user(address: URL | None) -> str:
    """Return what tells the user, and the schema that options may choose, from others."""
    asked = {} if address is None else {name: address.query.get(name, "") for name in ("user", "options")}
    return hashlib.sha256(f"{address and address.username} {asked}".encode()).hexdigest()[:16]
