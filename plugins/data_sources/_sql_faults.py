"""What a database says is wrong, told with the next step and without a password."""

from __future__ import annotations

from collections.abc import Callable

import qlop

__all__ = ["told_fault"]

_TOO_SLOW = ("57014", "interrupted")
_WRITES = ("25006", "readonly database", "not authorized", "is prohibited")
_NO_DATABASE = ("file is not a database", "database disk image is malformed", "unsupported file format")
_LOCKED = ("55P03", "database is locked")
_UNREACHABLE = ("connection", "resolve", "timeout expired")


def told_fault(error: Exception, place: str, shown: Callable[[str], str], timeout_s: float) -> qlop.DataError:
    """Return an error of SQLAlchemy or of a driver as one of data; `shown` takes passwords out of its words."""
    original = getattr(error, "orig", None) or error
    lines = str(original).strip().splitlines() or [type(original).__name__]
    said = shown(lines[0])
    fingerprint = f"{getattr(original, 'sqlstate', '')} {said}"
    if any(mark in fingerprint for mark in _TOO_SLOW):
        advice = f"It took longer than data_source_params.timeout_s, {timeout_s:g} s; raise it, or ask for less."
    elif any(mark in fingerprint for mark in _WRITES):
        advice = "data_source_params.query must only read; nothing was changed."
    elif any(mark in fingerprint for mark in _NO_DATABASE):
        advice = "Check or replace the file, or let data_source_params.sqlite_file name another."
    elif any(mark in fingerprint for mark in _LOCKED):
        advice = f"Another program held it for longer than data_source_params.timeout_s, {timeout_s:g} s."
    elif any(mark in fingerprint for mark in _UNREACHABLE):
        advice = "Is the server up, and are host, port, user and password of data_source_params.url right?"
    else:
        advice = "Correct data_source_params.query, .table or .columns."
    return qlop.DataError(f"{place}: {said.rstrip('.')}. {advice}")
