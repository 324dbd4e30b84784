"""Where a run stands."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["TERMINAL_STATES", "RunState"]


class RunState(StrEnum):
    """Where a run stands. The last four are terminal: nothing follows them."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


TERMINAL_STATES = frozenset({RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED, RunState.CRASHED})
