"""What may be told of a URL: scheme, host and port. Users, passwords, paths and options may bear a secret."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["url_place"]


def url_place(url: str) -> str:
    """Return `scheme://host:port` of a URL; an empty text where it cannot be read so for certain."""
    try:
        parts = urlsplit(url)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return ""
    # An @ behind the host: a / of the password has not been escaped, and what looks like the host is none.
    if not parts.scheme or not parts.hostname or "@" in url.removeprefix(f"{parts.scheme}://{parts.netloc}"):
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"
