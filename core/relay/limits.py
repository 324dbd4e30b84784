"""What one relay bears: every limit that a client can meet, and the paces of its own work."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["RelayLimits"]


class RelayLimits(BaseModel):
    """Limits of a relay. Frozen: a relay's limits do not change while it lives, and its hello tells them.

    The defaults keep a relay with 1,000 subscribers below 100 MB.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    message_bytes: int = Field(default=2**20, ge=1024, description="Largest message that a client may send.")
    connections: int = Field(default=2000, ge=1, description="Connections at one time that have shown a token.")
    waiting: int = Field(default=100, ge=1, description="Connections that have shown none for half of auth_within_s.")
    tasks: int = Field(default=1000, ge=1, description="Tasks that are watched or published at one time.")
    frames_per_s: float = Field(default=400.0, gt=0, description="Frames a second that a connection may send.")
    frames_burst: int = Field(default=800, ge=1, description="Frames that it may send at once after a pause.")
    requests: int = Field(default=4, ge=1, description="Fetches and searches of a connection at one time.")
    fetch_events: int = Field(default=1000, ge=1, description="Events in one fetch, and in one batch.")
    batch_bytes: int = Field(default=512 * 1024, ge=1024, description="Size at which a batch ends before its count.")
    search_events: int = Field(default=1000, ge=1, description="Matches in one answer to a search.")
    search_characters: int = Field(default=500, ge=1, description="Characters of a search's text.")
    ring_events: int = Field(default=8192, ge=1, description="Newest events of a task that are kept in memory.")
    ring_bytes: int = Field(default=4 * 2**20, ge=1024, description="Their size, for one task.")
    all_rings_bytes: int = Field(default=16 * 2**20, ge=1024, description="Their size, for all tasks together.")
    buffer_bytes: int = Field(
        default=256 * 1024, ge=1024, description="Unsent bytes of a subscriber above which it counts as slow."
    )
    lag_events: int = Field(
        default=2000, ge=0, description="Events that a slow subscriber may be behind without going to the tail."
    )
    auth_within_s: float = Field(default=5.0, gt=0, description="Time until the first frame, which bears the token.")
    heartbeat_s: float = Field(default=5.0, gt=0, description="Time between two heartbeats.")
    dead_after_s: float = Field(default=15.0, gt=0, description="Silence after which a connection counts as dead.")
    close_within_s: float = Field(default=2.0, gt=0, description="Time that a client has to take its leave.")
    batch_s: float = Field(default=0.010, gt=0, description="Time for which live events are gathered into a batch.")
    busy_batch_s: float = Field(default=0.020, gt=0, description="The same, where sending takes long.")
    poll_s: float = Field(default=0.25, gt=0, description="Time between two looks at the file of a watched task.")
    idle_task_s: float = Field(default=30.0, ge=0, description="Time after which a task that nobody uses is forgotten.")
