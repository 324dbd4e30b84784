"""The mark of a run in its process's environment: whatever the run starts bears it, and `cancel` finds it by that."""

from __future__ import annotations

import os

__all__ = ["RUN_ID_VARIABLE", "mark_process", "restore_mark"]

RUN_ID_VARIABLE = "QLOP_RUN_ID"
"""Set while a run owns its process."""


def mark_process(run_id: str) -> str | None:
    """Mark this process, and return the mark that it bore before."""
    before = os.environ.get(RUN_ID_VARIABLE)
    os.environ[RUN_ID_VARIABLE] = run_id
    return before


def restore_mark(before: str | None) -> None:
    """Give this process back the mark that it bore `before`; None takes it away."""
    if before is None:
        os.environ.pop(RUN_ID_VARIABLE, None)
    else:
        os.environ[RUN_ID_VARIABLE] = before
