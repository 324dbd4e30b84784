"""Ships a run's log to the relay, from a thread of the run's own process.

1. The run appends to its file and rings; that is all that it does for the relay.
2. The thread asks the relay what it has (the ack of its token says it) and ships the rest from the file, each batch
   after the ack of the one before: what came meanwhile makes the next batch. While nobody watches it takes its time;
   whoever begins to watch is sent what the file holds.
3. Where no relay is, or it goes away, the thread tries again, with a wait that grows and is drawn by chance.
4. An event that no message of the relay holds is not shipped: a relay that has the file reads it there, and shipping
   goes on after it. Where the relay has no file, the run is told, and shipping ends.
5. At the run's end it ships what is left, for a second at most. Where the relay is away just then, it tries once more;
   where none is, it does not wait at all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

from core.base.errors import QlopError, RelayError
from core.relay.back_off import BackOff
from core.relay.endpoint import FindEndpoint
from core.relay.plain_link import PlainLink
from core.relay.raw_log import next_lines
from core.relay.refusal import RelayRefusedError

__all__ = ["Publisher", "ReadLines"]

ReadLines = Callable[[int], Iterator[bytes]]
"""Yields the lines of the log from a number on, without their ends, as far as they are written now."""

_EVENTS_AT_ONCE = 1000
_PACE_S = 0.005
_UNWATCHED_PACE_S = 0.2
_ENVELOPE_BYTES = 64


class Publisher:
    """Publishes one run while its `with` block lasts, and what is left for `grace_s` at most after it.

    Nothing that happens here reaches the run: no error, and no wait but that one. Where no relay is, there is none: the
    last try finds that out at once.

    Parameters
    ----------
    read_lines : callable
        Reads the run's log.
    find_endpoint : callable
        Finds the relay and mints a token to publish; called before every try.
    back_off : BackOff
        How long to wait between tries.
    tell : callable
        Told once, in a sentence, that no relay is there or that it refuses.
    grace_s : float
        How long the end may wait for a relay that is there.
    """

    def __init__(
        self,
        read_lines: ReadLines,
        find_endpoint: FindEndpoint,
        back_off: BackOff,
        tell: Callable[[str], None],
        *,
        grace_s: float = 1.0,
    ) -> None:
        self._read_lines = read_lines
        self._find_endpoint = find_endpoint
        self._back_off = back_off
        self._tell = tell
        self._grace_s = grace_s
        self._bell = threading.Event()
        self._is_closing = threading.Event()
        self._connection_count = 0
        self._has_told = False
        self._thread = threading.Thread(target=self._publish, name="publisher", daemon=True)

    def ring(self) -> None:
        """Say that the log has grown; from any thread."""
        # Looking first spares the run a lock for each event while the thread has not come round to the last ones.
        if not self._bell.is_set():
            self._bell.set()

    def __enter__(self) -> Self:
        try:
            self._thread.start()
        except RuntimeError as error:
            self._tell_once(_is_off(RelayError(f"The system refuses a thread: {error}.")))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_closing.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(self._grace_s)

    def _publish(self) -> None:
        is_last = False
        while not is_last:
            # Whatever fails after the run's end was told is not tried a third time.
            is_last = self._is_closing.is_set()
            before = self._connection_count
            try:
                self._publish_while_connected()
            except _TooLargeError as error:
                self._tell_once(f"Live watching ends before this event: {error} The run goes on.")
                return
            except QlopError as error:
                # A relay that goes away may be back at the next try: that one tells.
                if self._connection_count == before:
                    self._tell_once(_is_off(error))
            else:
                return
            self._is_closing.wait(self._back_off.next_s())

    def _publish_while_connected(self) -> None:
        endpoint = self._find_endpoint()
        if endpoint is None:
            raise RelayError("No relay is there.")
        with PlainLink(endpoint) as link:
            self._connection_count += 1
            self._back_off.reset()
            self._ship(link, link.admission.has_seq)

    def _ship(self, link: PlainLink, has_seq: int) -> None:
        while True:
            # Before the log is read: what is appended from here on rings again.
            self._bell.clear()
            begun = time.monotonic()
            lines = next_lines(self._read_lines(has_seq + 1), _EVENTS_AT_ONCE, link.message_bytes)
            if lines:
                has_seq, is_watched = _ship_some(link, lines, has_seq)
                pace_s = _PACE_S if is_watched or len(lines) == _EVENTS_AT_ONCE else _UNWATCHED_PACE_S
                self._is_closing.wait(max(0.0, pace_s - (time.monotonic() - begun)))
            elif self._is_closing.is_set():
                return
            elif not self._bell.wait(link.heartbeat_s):
                _listen(link)

    def _tell_once(self, sentence: str) -> None:
        if self._has_told or self._is_closing.is_set():
            return
        self._has_told = True
        self._tell(sentence)


class _TooLargeError(RelayError):
    """An event that no message holds, for a relay that does not read the run's file."""


def _is_off(error: QlopError) -> str:
    return (
        f"Live watching is off: {error} The run goes on, and its log keeps everything; the relay is looked for "
        "again. Start one with: qlop ui, or qlop relay"
    )


def _ship_some(link: PlainLink, lines: Sequence[bytes], has_seq: int) -> tuple[int, bool]:
    """Return what the relay has then, and whether somebody watches."""
    fitting = _fitting(lines, link.message_bytes)
    # An empty publish asks the relay to look at its file.
    has_seq_now, is_watched = _send(link, fitting)
    if not fitting and has_seq_now <= has_seq:
        told = f"number {has_seq + 1} has {len(lines[0]):,} bytes; the relay takes messages of {link.message_bytes:,}"
        raise _TooLargeError(f"{told}, and does not read this run's file.")
    return has_seq_now, is_watched


def _send(link: PlainLink, lines: Sequence[bytes]) -> tuple[int, bool]:
    link.send_text(f'{{"frame":"publish","events":[{b",".join(lines).decode()}]}}')
    try:
        ack = link.answer(frame="ack", of="publish")
    except RelayRefusedError as refusal:
        if refusal.code == "hole" and refusal.has_seq is not None:
            return refusal.has_seq, True
        raise
    return int(ack["has_seq"]), ack.get("watchers") != 0


def _listen(link: PlainLink) -> None:
    while link.receive(0.0) is not None:
        """Heartbeats say that the relay lives; errors are raised."""


def _fitting(lines: Sequence[bytes], message_bytes: int) -> Sequence[bytes]:
    room = message_bytes - _ENVELOPE_BYTES
    for count, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return lines[:count]
    return lines
