"""A database's URL: what it says of the place, and what of it no message may hold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import qlop

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

__all__ = ["identity_of", "parsed_url", "place_of", "secrets_in"]


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


def identity_of(address: URL, connection: Connection) -> str:
    """Return what tells a database, and what its user sees of it, from others: the place, and a hash.

    Drivers take host, database, user and schema from a URL's options too, and libpq from the environment and its
    service file; so that of PostgreSQL the open connection says what they came to.
    """
    asked = {name: value for name, value in sorted(address.query.items()) if "pass" not in name.lower()}
    said = (address.username, asked, _of_connection(connection))
    return f"{place_of(address)} {hashlib.sha256(repr(said).encode()).hexdigest()[:16]}"


def _of_connection(connection: Connection) -> Sequence[object]:
    from sqlalchemy import text

    if connection.dialect.name != "postgresql":
        return ()
    driver: Any = connection.connection.driver_connection
    seen = connection.execute(text("SELECT current_database(), current_user, current_schemas(false)")).one()
    return (driver.info.host, driver.info.hostaddr, driver.info.port, driver.info.options, *seen)
