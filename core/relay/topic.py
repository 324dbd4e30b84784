"""One task at the relay: the newest part of its log, and who follows it.

1. The log is the truth. A publish, or a change of the log's size, makes the relay read the lines that are new.
2. Live subscribers all stand at one number, `sent_seq`: a batch is encoded once and the same bytes go to each of them.
   Nobody, live or not, stands after it: who joins at the head does so after what waited was sent to the others.
3. Batches go out `batch_s` after each other, and at once where nothing went out for that long.
4. Who cannot take a batch leaves the live ones and comes back when it has caught up (see subscriber.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from websockets.frames import Frame, Opcode

from core.base.events import Event
from core.relay.answers import batch_frame
from core.relay.damage import without_damage
from core.relay.frames import FrameError
from core.relay.limits import RelayLimits
from core.relay.raw_log import RawLog, next_lines
from core.relay.ring import EventRing, bounded

if TYPE_CHECKING:
    from core.relay.subscriber import Subscriber

__all__ = ["Topic"]

_LOG = logging.getLogger(__name__)
_READ_AT_ONCE_BYTES = 256 * 1024
_LINES_A_STEP = 2000
_BYTES_A_STEP = 2**20


class Topic:
    """The state of one task; used from the event loop's thread alone.

    Attributes
    ----------
    users, watchers : int
        Connections that are about this task, and how many of them follow it.
    sent_seq : int
        Number of the newest event that live subscribers were sent.
    ring_bytes : int
        Size to which the ring is held; the relay divides what all tasks may use.
    """

    def __init__(self, task_id: str, log: RawLog | None, limits: RelayLimits) -> None:
        self.task_id = task_id
        self.log = log
        self.ring = EventRing()
        self.live: set[Subscriber] = set()
        self.users = 0
        self.watchers = 0
        self.sent_seq = 0
        self.ring_bytes = limits.ring_bytes
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self.idle_since = self._loop.time()
        self._reading = asyncio.Lock()
        self._seen_bytes = 0
        self._unsent_bytes = 0
        self._flush_due: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._interval_s = limits.batch_s
        self._damaged_line = 0

    async def refresh(self) -> None:
        """Take in what is new in the log; a small part at once, a large one by a thread.

        Raises
        ------
        OSError, StoreError
            If the log cannot be read.
        """
        if self.log is None or self.log.size_bytes() == self._seen_bytes:
            return
        async with self._reading:
            size = self.log.size_bytes()
            if 0 <= size - self._seen_bytes <= _READ_AT_ONCE_BYTES:
                self._append(self._new_lines(self.log))
            else:
                await self._read_by_thread(self.log)
            self._seen_bytes = size
        self._wake()

    async def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Take in events that a publisher says are there; none of them means: look at the log.

        Raises
        ------
        FrameError
            hole, where events before them are missing; bad_frame, where one is no event.
        OSError, StoreError
            If the log cannot be read.
        """
        if not events or max(event["seq"] for event in events) > self.ring.head_seq:
            await self.refresh()
        try:
            for event in events:
                if event["seq"] > self.ring.head_seq:
                    self._append_published(event)
        finally:
            # Where one is refused, those before it were taken in all the same.
            self._wake()

    def flush(self) -> None:
        """Send what waits now: `sent_seq` is then the newest event's number."""
        if self._flush_due is not None:
            self._flush_due.cancel()
        self._flush()

    async def read(self, from_seq: int, to_seq: int) -> list[bytes]:
        """Return the events from `from_seq` to `to_seq`, as many as one batch holds, from the ring or the log."""
        to_seq = min(to_seq, from_seq + self._limits.fetch_events - 1, self.ring.head_seq)
        if from_seq > to_seq:
            return []
        lines = self.ring.lines(from_seq, to_seq, byte_count=self._limits.batch_bytes)
        if lines or self.log is None:
            return lines
        return await asyncio.to_thread(self._read_log, self.log, from_seq, to_seq)

    def close(self) -> None:
        """Send what waits and stop the timer."""
        self.flush()

    def _append(self, lines: Iterable[bytes]) -> None:
        ring = self.ring
        for line in lines:
            ring.append(ring.head_seq + 1, line)
            self._unsent_bytes += len(line)
            if self._is_much_unsent():
                self.flush()
            ring.trim(self._limits.ring_events, self.ring_bytes)

    def _is_much_unsent(self) -> bool:
        # More would not fit one batch, or would leave the ring before anybody was sent it.
        limits = self._limits
        events = self.ring.head_seq - self.sent_seq
        return (
            events >= limits.fetch_events
            or events >= limits.ring_events
            or self._unsent_bytes >= min(limits.batch_bytes, self.ring_bytes)
        )

    def _append_published(self, event: Mapping[str, Any]) -> None:
        if event["seq"] != self.ring.head_seq + 1:
            told = f"Event {event['seq']} came; {self.ring.head_seq + 1} is next. Publish from there."
            raise FrameError("hole", told)
        try:
            self._append([Event.model_validate(event).model_dump_json().encode()])
        except (ValidationError, ValueError) as error:
            raise FrameError("bad_frame", f"Event {event['seq']} is no event of QLOP.") from error

    def _new_lines(self, log: RawLog) -> Iterator[bytes]:
        first = self.ring.head_seq + 1
        with closing(log.read_lines(first)) as lines:
            yield from self._sound(lines, first)

    async def _read_by_thread(self, log: RawLog) -> None:
        lines = self._new_lines(log)
        while step := await asyncio.to_thread(next_lines, lines, _LINES_A_STEP, _BYTES_A_STEP):
            self._append(step)

    def _read_log(self, log: RawLog, from_seq: int, to_seq: int) -> list[bytes]:
        with closing(log.read_lines(from_seq)) as lines:
            most = self._limits.batch_bytes
            return bounded(next_lines(self._sound(lines, from_seq), to_seq - from_seq + 1, most), most)

    def _sound(self, lines: Iterable[bytes], first: int) -> Iterator[bytes]:
        return without_damage(lines, self.task_id, first, self._tell_of_damage)

    def _tell_of_damage(self, seq: int) -> None:
        if seq > self._damaged_line:
            self._damaged_line = seq
            _LOG.warning("line %d of task %s is no event", seq, self.task_id)

    def _wake(self) -> None:
        if self._flush_due is None and self.sent_seq < self.ring.head_seq:
            due = max(self._flushed_at + self._interval_s, self._loop.time())
            self._flush_due = self._loop.call_at(due, self._flush)

    def _flush(self) -> None:
        self._flush_due = None
        if self.sent_seq == self.ring.head_seq:
            return
        started = self._loop.time()
        while self.live and self.sent_seq < self.ring.head_seq:
            self._send_next_batch()
        self.sent_seq, self._unsent_bytes = self.ring.head_seq, 0
        self._flushed_at = self._loop.time()
        # Where sending takes long, larger batches do the same work with fewer system calls.
        wished = 2.5 * (self._flushed_at - started)
        self._interval_s = min(max(wished, self._limits.batch_s), self._limits.busy_batch_s)

    def _send_next_batch(self) -> None:
        first, head = self.sent_seq + 1, self.ring.head_seq
        lines = self.ring.lines(first, first + self._limits.fetch_events - 1, byte_count=self._limits.batch_bytes)
        last = self.sent_seq + len(lines)
        frame = batch_frame(lines, from_seq=first, to_seq=last, head_seq=head)
        data = Frame(Opcode.TEXT, frame).serialize(mask=False) if lines else b""
        late = [subscriber for subscriber in self.live if not subscriber.send_live(data)]
        self.sent_seq = last
        for subscriber in late:
            self.live.discard(subscriber)
            subscriber.fall_behind(first)
