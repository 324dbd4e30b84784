"""What the relay sends: frames, encoded.

Events pass through as the lines of the log that they are, and are not encoded again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.relay.frames import VERSION, FrameError
from core.relay.limits import RelayLimits

__all__ = ["ack_frame", "batch_frame", "error_frame", "gap_frame", "hello_frame"]


def hello_frame(limits: RelayLimits) -> bytes:
    """Return the relay's first frame."""
    times = {"heartbeat_s": limits.heartbeat_s, "dead_after_s": limits.dead_after_s}
    return _encoded({"frame": "hello", "version": VERSION, **times, "limits": limits.model_dump()})


def ack_frame(of: str, **facts: str | int) -> bytes:
    """Return an acknowledgement of a frame."""
    return _encoded({"frame": "ack", "of": of, **facts})


def batch_frame(lines: Sequence[bytes], **facts: str | int | bool | None) -> bytes:
    """Return a batch of events, each a line of the log."""
    head = _encoded({"frame": "batch", **{name: value for name, value in facts.items() if value is not None}})
    return b'%s,"events":[%s]}' % (head[:-1], b",".join(lines))


def gap_frame(from_seq: int, to_seq: int) -> bytes:
    """Return the notice that a slow subscriber was not sent these events, and can fetch them."""
    return _encoded({"frame": "gap", "from_seq": from_seq, "to_seq": to_seq, "reason": "slow"})


def error_frame(error: FrameError, **facts: int) -> bytes:
    """Return a refusal."""
    said = {"code": error.code, "message": str(error), "request_id": error.request_id, "is_final": error.is_final}
    return _encoded({"frame": "error", **said, **facts})


def _encoded(frame: Mapping[str, Any]) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode("ascii")
