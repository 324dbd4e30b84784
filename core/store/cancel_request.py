"""The request that a run end: a file in its folder.

It outlives the process, so that a run killed after the request counts as cancelled, not as crashed; and it reaches a
run on another machine that shares the folder.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from core.base.time import utc_now
from core.store.atomic import write_json

__all__ = ["CANCEL_FILE", "cancel_reason", "canceller", "is_cancel_requested", "request_cancel"]

CANCEL_FILE = "cancel.json"


def request_cancel(folder: Path, reason: str) -> None:
    """Ask the run of `folder` to end; asking again keeps the first reason.

    Raises
    ------
    StoreError
        If the request cannot be written.
    """
    if not is_cancel_requested(folder):
        requested_at = utc_now().isoformat()
        write_json(folder / CANCEL_FILE, {"reason": reason, "requested_at": requested_at, "by_pid": os.getpid()})


def is_cancel_requested(folder: Path) -> bool:
    """Return whether the run of `folder` was asked to end."""
    return (folder / CANCEL_FILE).exists()


def cancel_reason(folder: Path) -> str | None:
    """Return why the run of `folder` was asked to end, or None if it was not."""
    try:
        request = json.loads((folder / CANCEL_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return "it was asked to stop"
    reason = request.get("reason") if isinstance(request, dict) else None
    return str(reason or "it was asked to stop")


def canceller(folder: Path) -> int | None:
    """Return the pid of the process that asked the run of `folder` to end, None where none did or it is not known."""
    try:
        request = json.loads((folder / CANCEL_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    pid = request.get("by_pid") if isinstance(request, dict) else None
    return pid if isinstance(pid, int) else None
