"""What a subscriber makes of the frames that it gets: events in order, none twice, and gaps told. Pure: no sockets.

1. Ask for events from the next number that is not here yet; after every reconnect again.
2. A batch gives its events; those that are here already are dropped.
3. A gap is told, and its events are fetched. Until they are here it counts as not begun: who connects anew meanwhile
   asks from there.
4. A batch that leaves a hole without a gap breaks the relay's promise: connect anew and ask again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from core.base.errors import RelayError
from core.base.events import TERMINAL_STATES, Event, StatusPayload

__all__ = ["Frame", "Gap", "Search", "SearchResult", "Subscription", "ends_the_run", "fetch_frame", "fetched"]

Frame = Mapping[str, Any]
_FETCHED_AT_ONCE = 1000


@dataclass(frozen=True)
class Gap:
    """Events that the relay left out because the subscriber was too slow, both ends included."""

    from_seq: int
    to_seq: int
    reason: str = "slow"


@dataclass(frozen=True)
class Search:
    """A search over the whole log's log events; `text` is a plain substring, in either case of letters."""

    text: str
    levels: Sequence[str] | None = None
    before_seq: int | None = None
    limit: int = 200

    def frame(self) -> Frame:
        """Return the frame that asks for it."""
        levels = None if self.levels is None else list(self.levels)
        wish = {"text": self.text, "levels": levels, "before_seq": self.before_seq, "limit": self.limit}
        return {"frame": "search", **wish}


@dataclass(frozen=True)
class SearchResult:
    """The newest matches before where the search began, in ascending order, and how many there are in all."""

    events: tuple[Event, ...]
    match_count: int
    searched_to_seq: int
    has_more: bool

    @classmethod
    def of(cls, frame: Frame) -> SearchResult:
        """Return what an answer says."""
        return cls(
            tuple(events_of(frame)), int(frame["match_count"]), int(frame["searched_to_seq"]), bool(frame["has_more"])
        )


class Subscription:
    """Where a subscriber stands in a run's events.

    Attributes
    ----------
    next_seq : int
        The number of the event that is awaited.
    """

    def __init__(self, from_seq: int = 1) -> None:
        self.next_seq = from_seq

    def opening(self) -> Frame:
        """Return the frame that asks for what is not here yet."""
        return {"frame": "subscribe", "from_seq": self.next_seq}

    def accept(self, frame: Frame) -> Sequence[Event | Gap]:
        """Return what a frame brings, in order. A Gap's events are to be fetched and to go through `take`.

        Raises
        ------
        RelayError
            If the frame breaks a promise of the relay.
        """
        kind = frame.get("frame")
        if kind == "gap":
            return [Gap(int(frame["from_seq"]), int(frame["to_seq"]), str(frame.get("reason", "slow")))]
        return self.take(events_of(frame)) if kind == "batch" and not frame.get("request_id") else ()

    def take(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return those of `events` that are not here yet; RelayError if one before them is missing."""
        fresh = [event for event in events if event.seq >= self.next_seq]
        for event in fresh:
            if event.seq != self.next_seq:
                raise RelayError(f"The relay sent event {event.seq} where {self.next_seq} was due, and told no gap.")
            self.next_seq += 1
        return fresh


def events_of(frame: Frame) -> list[Event]:
    """Return a batch's events.

    Raises
    ------
    RelayError
        If one of them is no event.
    """
    try:
        return [Event.model_validate(raw) for raw in frame["events"]]
    except (ValidationError, KeyError, TypeError) as error:
        raise RelayError(f"The relay sent a batch that holds no events: {error}") from error


def fetch_frame(from_seq: int, to_seq: int) -> Frame:
    """Return the frame that asks for a stretch of events, as many of them as one answer may hold."""
    return {"frame": "fetch", "from_seq": from_seq, "to_seq": min(to_seq, from_seq + _FETCHED_AT_ONCE - 1)}


def fetched(frame: Frame, from_seq: int) -> list[Event]:
    """Return what a fetch from `from_seq` on has brought; an answer may end before what was asked for.

    Raises
    ------
    RelayError
        If it brings nothing, or other events.
    """
    events = events_of(frame)
    if not events or events[0].seq != from_seq:
        raise RelayError(f"The relay was asked for event {from_seq} and sent {'another' if events else 'none'}.")
    return events


def ends_the_run(item: Event | Gap) -> bool:
    """Return whether nothing follows `item`."""
    return isinstance(item, Event) and isinstance(item.payload, StatusPayload) and item.payload.state in TERMINAL_STATES
