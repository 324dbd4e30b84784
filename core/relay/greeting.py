"""The first frames of a connection, as a client sees them: hello, auth, ack. Pure: no sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.base.errors import RelayError
from core.relay.frames import HEARTBEAT_FRAME, VERSION
from core.relay.refusal import RelayRefusedError

__all__ = ["CONNECTION", "HEARTBEAT", "Admission", "Hello", "auth_frame", "check_hello", "decode", "reason_of"]

HEARTBEAT = HEARTBEAT_FRAME.decode()
CONNECTION: dict[str, Any] = {
    "compression": None,
    "close_timeout": 0.5,
    # Heartbeats are frames of the protocol, which browsers can send too.
    "ping_interval": None,
    "max_size": 64 * 2**20,
    "proxy": None,
}
"""How every client connects."""


@dataclass(frozen=True)
class Admission:
    """What the relay told a client that it let in.

    Attributes
    ----------
    task_id : str
        The task that the token is bound to.
    has_seq : int
        The last event of it that the relay knows; 0 for none.
    """

    task_id: str
    has_seq: int

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> Admission:
        """Return what the ack of an auth says; RelayError if it is something else."""
        if frame.get("frame") != "ack" or frame.get("of") != "auth":
            raise RelayError(f"The relay answered the token with a frame {frame.get('frame')!r}; an ack was due.")
        return cls(str(frame["task_id"]), int(frame["has_seq"]))


@dataclass(frozen=True)
class Hello:
    """What the relay asks of a connection."""

    heartbeat_s: float
    dead_after_s: float
    message_bytes: int


def check_hello(frame: Mapping[str, Any]) -> Hello:
    """Return what the hello says; RelayError if it is none, or of another version."""
    if frame.get("frame") != "hello" or frame.get("version") != VERSION:
        raise RelayError(
            f"What answers there is no relay of version {VERSION}: its first frame is {frame.get('frame')!r}, version "
            f"{frame.get('version')!r}. Bring QLOP here and there to one version."
        )
    limits = frame.get("limits") or {}
    return Hello(float(frame["heartbeat_s"]), float(frame["dead_after_s"]), int(limits.get("message_bytes", 2**20)))


def auth_frame(token: str) -> str:
    """Return the frame that bears the token."""
    return json.dumps({"frame": "auth", "version": VERSION, "token": token})


def decode(text: str | bytes) -> dict[str, Any]:
    """Return a frame.

    Raises
    ------
    RelayRefusedError
        If the frame is an error.
    RelayError
        If the text is no frame.
    """
    try:
        frame = json.loads(text)
    except ValueError as error:
        raise RelayError(f"The relay sent what is no frame: {str(text)[:80]!r}.") from error
    if not isinstance(frame, dict):
        raise RelayError(f"The relay sent what is no frame: {str(text)[:80]!r}.")
    if frame.get("frame") == "error":
        raise RelayRefusedError(frame)
    return frame


def reason_of(error: Exception) -> str:
    """Return why a connection failed or ended, in a few words."""
    from websockets.exceptions import ConnectionClosed

    return "it closed the connection" if isinstance(error, ConnectionClosed) else str(error) or type(error).__name__
