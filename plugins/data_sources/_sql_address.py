"""A database's URL: its parts, and what tells the database from others."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import qlop

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["identity_of", "parsed_url"]


def parsed_url(url: str) -> qlop.DatabaseAddress:
    """Return what a URL says.

    Raises
    ------
    DataError
        If it is none; the message holds nothing of it.
    """
    try:
        return qlop.DatabaseAddress.of(url)
    except qlop.ConfigError as error:
        raise qlop.DataError(f"What data_source_params.url refers to cannot be used: {error}.") from error


def identity_of(address: qlop.DatabaseAddress, connection: Connection) -> str:
    """Return what tells a database, and what its user sees of it, from others: the place, and a hash.

    Drivers take host, database, user and schema from a URL's options too, and libpq from the environment and its
    service file; so that of PostgreSQL the open connection says what they came to.
    """
    asked = {name: value for name, value in sorted(address.url.query.items()) if "pass" not in name.lower()}
    said = (address.url.username, asked, _of_connection(connection))
    return f"{address.place} {hashlib.sha256(repr(said).encode()).hexdigest()[:16]}"


def _of_connection(connection: Connection) -> Sequence[object]:
    from sqlalchemy import text

    if connection.dialect.name != "postgresql":
        return ()
    driver: Any = connection.connection.driver_connection
    seen = connection.execute(text("SELECT current_database(), current_user, current_schemas(false)")).one()
    return (driver.info.host, driver.info.hostaddr, driver.info.port, driver.info.options, *seen)
