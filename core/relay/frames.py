"""What a client may send, version 1: JSON objects, one a WebSocket text message, told apart by their key "frame".

What the relay sends is in answers.py; docs/relay.md shows each frame by an example.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from core.base.errors import RelayError
from core.relay.limits import RelayLimits

__all__ = [
    "HEARTBEAT_FRAME",
    "VERSION",
    "AuthFrame",
    "ClientFrame",
    "FetchFrame",
    "FrameError",
    "HeartbeatFrame",
    "PublishFrame",
    "SearchFrame",
    "SubscribeFrame",
    "read_frame",
    "unreadable",
]

VERSION = 1
HEARTBEAT_FRAME = b'{"frame":"heartbeat"}'

_LEVELS = ("debug", "info", "warning", "error")
_LARGEST_SEQ = 2**53 - 1
_LONGEST_REQUEST_ID = 100


class FrameError(RelayError):
    """A frame that is refused: a code and a sentence.

    Attributes
    ----------
    code : str
        One of the relay's codes.
    request_id : str or None
        Which request is refused.
    is_final : bool
        Whether the connection ends with it.
    """

    def __init__(self, code: str, message: str, *, request_id: str | None = None, is_final: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id
        self.is_final = is_final


def unreadable(request_id: str | None = None) -> FrameError:
    """Return what is said where a log is there and cannot be read now, as where too many files are open."""
    told = "The log of this task cannot be read now; see the relay's log. Try again later."
    return FrameError("unreadable", told, request_id=request_id)


@dataclass(frozen=True)
class AuthFrame:
    """The first frame of every client."""

    token: str


@dataclass(frozen=True)
class PublishFrame:
    """Events that the publisher's log holds."""

    events: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class SubscribeFrame:
    """A wish to follow the task, from a number, or from the newest `tail` events; exactly one is not None."""

    from_seq: int | None
    tail: int | None


@dataclass(frozen=True)
class FetchFrame:
    """A wish for a part of the log."""

    request_id: str
    from_seq: int
    to_seq: int


@dataclass(frozen=True)
class SearchFrame:
    """A wish for the newest log events before `before_seq` that hold `text` and have one of `levels` (None: any)."""

    request_id: str
    text: str
    levels: frozenset[str] | None
    before_seq: int | None
    limit: int


@dataclass(frozen=True)
class HeartbeatFrame:
    """A sign of life."""


ClientFrame = AuthFrame | PublishFrame | SubscribeFrame | FetchFrame | SearchFrame | HeartbeatFrame


def read_frame(message: str | bytes, limits: RelayLimits) -> ClientFrame:
    """Return what a client says.

    Raises
    ------
    FrameError
        bad_frame, unknown_frame, unknown_version, too_large or bad_request, with the request it concerns.
    """
    raw = _object(message, limits)
    name = raw.get("frame")
    reader = _READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        known = ", ".join(_READERS)
        raise FrameError("unknown_frame", f'"frame" is {_shown(name)}; a client may send: {known}.')
    return reader(raw, limits)


def _object(message: str | bytes, limits: RelayLimits) -> Mapping[str, Any]:
    if isinstance(message, bytes):
        raise FrameError("bad_frame", "A binary message came; frames are JSON objects in text messages.")
    size = len(message) if message.isascii() else len(message.encode("utf-8", "surrogatepass"))
    if size > limits.message_bytes:
        raise FrameError("too_large", f"The message has {size} bytes; at most {limits.message_bytes} are accepted.")
    try:
        raw = json.loads(message, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FrameError("bad_frame", "The message is no JSON that can be read; it must be a JSON object.") from error
    if not isinstance(raw, dict):
        raise FrameError("bad_frame", f"The message is a JSON {_kind(raw)}; it must be a JSON object.")
    return raw


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _auth(raw: Mapping[str, Any], _limits: RelayLimits) -> AuthFrame:
    version, token = raw.get("version"), raw.get("token")
    if version != VERSION or isinstance(version, bool):
        raise FrameError("unknown_version", f"Version {_shown(version)} is asked for; this relay speaks {VERSION}.")
    if not isinstance(token, str):
        raise FrameError("bad_token", 'The auth frame has no text in "token".')
    return AuthFrame(token)


def _publish(raw: Mapping[str, Any], _limits: RelayLimits) -> PublishFrame:
    events = raw.get("events")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise FrameError("bad_frame", 'A publish frame holds a list of events in "events".')
    for event in events:
        _number(event, "seq", 1)
    return PublishFrame(events)


def _subscribe(raw: Mapping[str, Any], _limits: RelayLimits) -> SubscribeFrame:
    named = [name for name in ("from_seq", "tail") if raw.get(name) is not None]
    if len(named) != 1:
        raise FrameError("bad_request", 'A subscribe frame names either "from_seq" or "tail".')
    if named == ["tail"]:
        return SubscribeFrame(None, _number(raw, "tail", 0))
    return SubscribeFrame(_number(raw, "from_seq", 1), None)


def _fetch(raw: Mapping[str, Any], limits: RelayLimits) -> FetchFrame:
    request_id = _request_id(raw)
    first, last = _number(raw, "from_seq", 1, request_id), _number(raw, "to_seq", 1, request_id)
    if not first <= last < first + limits.fetch_events:
        told = (
            f"{first} to {last} are asked for; a fetch asks for 1 to {limits.fetch_events} events in ascending order."
        )
        raise FrameError("bad_request", told, request_id=request_id)
    return FetchFrame(request_id, first, last)


def _search(raw: Mapping[str, Any], limits: RelayLimits) -> SearchFrame:
    request_id = _request_id(raw)
    text, levels = raw.get("text", ""), raw.get("levels")
    if not isinstance(text, str) or len(text) > limits.search_characters:
        told = f'"text" is a text of at most {limits.search_characters} characters.'
        raise FrameError("bad_request", told, request_id=request_id)
    if levels is not None and not (isinstance(levels, list) and all(level in _LEVELS for level in levels)):
        told = f'"levels" is {_shown(levels)}; it must be null or a list of: {", ".join(_LEVELS)}.'
        raise FrameError("bad_request", told, request_id=request_id)
    before = None if raw.get("before_seq") is None else _number(raw, "before_seq", 1, request_id)
    asked = 200 if raw.get("limit") is None else _number(raw, "limit", 1, request_id)
    chosen = None if levels is None else frozenset(cast("list[str]", levels))
    return SearchFrame(request_id, text, chosen, before, min(asked, limits.search_events))


def _heartbeat(_raw: Mapping[str, Any], _limits: RelayLimits) -> HeartbeatFrame:
    return HeartbeatFrame()


_READERS: Mapping[str, Callable[[Mapping[str, Any], RelayLimits], ClientFrame]] = {
    "auth": _auth,
    "publish": _publish,
    "subscribe": _subscribe,
    "fetch": _fetch,
    "search": _search,
    "heartbeat": _heartbeat,
}


def _request_id(raw: Mapping[str, Any]) -> str:
    request_id = raw.get("request_id")
    if not isinstance(request_id, str) or not 0 < len(request_id) <= _LONGEST_REQUEST_ID:
        raise FrameError("bad_request", f'"request_id" is a text of 1 to {_LONGEST_REQUEST_ID} characters.')
    return request_id


def _number(raw: Mapping[str, Any], name: str, least: int, request_id: str | None = None) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LARGEST_SEQ:
        told = f'"{name}" is {_shown(value)}; it must be a whole number from {least} on.'
        raise FrameError("bad_request", told, request_id=request_id)
    return value


def _kind(value: object) -> str:
    return {list: "array", str: "text", bool: "boolean", int: "number", float: "number"}.get(type(value), "null")


def _shown(value: object) -> str:
    # What a stranger sent is repeated in short, and never more deeply than it takes to recognise it.
    if isinstance(value, (dict, list)):
        return f"a JSON {'object' if isinstance(value, dict) else 'array'}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_SEQ:
        return "a number too large"
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
