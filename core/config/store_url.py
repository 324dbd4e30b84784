"""Where the index of runs is: what settings.yaml may say of it, and what a reference there refers to.

A folder's settings may come with a cloned repository, and the server that is named here is sent what every run is
called, bears and scored. A variable of the environment is the user's own word, and may name any server.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from core.base.errors import ConfigError
from core.base.small_file import read_small_file

__all__ = ["ELSEWHERE", "names_another_machine", "resolve_secret", "resolved_store_url"]

ELSEWHERE = (
    "names a server on another machine, and settings.yaml may have come with the folder; it must be SQLite or of this"
    " machine (127.0.0.1). To keep the index elsewhere set QLOP_STORE_URL"
)

_LONGEST_SECRET = 65_536
_VARIABLE = "env:QLOP_STORE_URL"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LEADS_ELSEWHERE = frozenset({"hostaddr", "service"})


def names_another_machine(url: str) -> bool:
    """Return whether `url` is that of a server elsewhere; a reference, or what is no URL, names none."""
    if url.startswith(("env:", "file:", "sqlite:")):
        return False
    # SQLAlchemy's own reading: another one could take the same text for another host.
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return False
    named = parsed.normalized_query.get("host", ())
    hosts = [*([parsed.host] if parsed.host else []), *named]
    return bool(_LEADS_ELSEWHERE & parsed.query.keys()) or not all(map(_is_of_this_machine, hosts))


def resolved_store_url(reference: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the URL that `store.url` is or refers to.

    QLOP_STORE_URL may be a reference itself. What a file holds that settings.yaml names is held to the rule of
    settings.yaml: it may have come with the same folder.

    Raises
    ------
    ConfigError
        If a reference leads nowhere, or a file to another machine.
    """
    url = resolve_secret(reference, environment)
    if reference == _VARIABLE:
        return resolve_secret(url, environment)
    if reference.startswith("file:") and names_another_machine(url):
        raise ConfigError(f"The file of store.url {reference!r} {ELSEWHERE}={reference}.")
    return url


def resolve_secret(reference: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return what "env:NAME" or "file:PATH" refers to; any other text is returned as it is.

    Raises
    ------
    ConfigError
        If the variable is not set, or the file cannot be read. The secret itself is never in the message.
    """
    scheme, _, target = reference.partition(":")
    if scheme == "env":
        if target not in environment:
            raise ConfigError(f"The environment variable {target} is not set; {reference!r} refers to it.")
        return environment[target]
    if scheme == "file":
        try:
            return read_small_file(Path(target).expanduser(), _LONGEST_SECRET).decode("utf-8").strip()
        except (OSError, UnicodeDecodeError, RuntimeError) as error:
            reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else _reason(error)
            raise ConfigError(f"{target} cannot be read: {reason}; {reference!r} refers to it.") from error
    return reference


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _is_of_this_machine(host: str) -> bool:
    # libpq takes a path for the folder of a socket, and commas for several hosts.
    return host in _LOOPBACK or (host.startswith("/") and "," not in host)
