"""Run identifiers: opaque UUID4 texts, checked before they ever touch a path."""

from __future__ import annotations

import re
from uuid import uuid4

from core.base.errors import RunIdError

__all__ = ["check_run_id", "is_run_id", "new_run_id"]

_RUN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def new_run_id() -> str:
    """Return a fresh run id, a UUID4 in its canonical 36-character form."""
    return str(uuid4())


def check_run_id(run_id: str) -> str:
    """Return `run_id` if it is a UUID4 in canonical form.

    Raises
    ------
    RunIdError
        If it is anything else: a run id names a folder, so nothing else may pass.
    """
    if not is_run_id(run_id):
        raise RunIdError(_refusal(run_id))
    return run_id


def is_run_id(text: object) -> bool:
    """Return whether `text` is a UUID4 in canonical form."""
    return isinstance(text, str) and _RUN_ID.fullmatch(text) is not None


def _refusal(run_id: object) -> str:
    shown = repr(run_id)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return (
        f"Run id {shown} is not a UUID4 such as 'd94b7f9a-3f65-4a3e-9a53-0a3f5f3c2b11'. "
        "List the runs that exist with: qlop runs list"
    )
