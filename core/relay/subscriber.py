"""Who follows a task, at its own pace.

1. It is sent the log from where it asked, as fast as it takes it, and is then live.
2. A live subscriber whose unsent bytes exceed `buffer_bytes` is slow: it is sent nothing until they have gone out.
3. If it then lacks more than `lag_events`, or what the ring has forgotten, it is told of the gap and goes on at the
   tail; it can fetch the gap. Otherwise it is sent what it lacks, and is live again.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from websockets.protocol import State

from core.relay.answers import batch_frame, gap_frame
from core.relay.limits import RelayLimits
from core.relay.topic import Topic

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

__all__ = ["Subscriber"]


class Subscriber:
    """One connection's place in a task's log.

    Parameters
    ----------
    start : callable
        Runs a coroutine in the background for as long as the connection lives.
    """

    def __init__(
        self,
        connection: ServerConnection,
        topic: Topic,
        limits: RelayLimits,
        start: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._connection = connection
        self._transport = connection.transport
        self._protocol = connection.protocol
        self._topic = topic
        self._limits = limits
        self._buffer_bytes = limits.buffer_bytes
        self._start = start
        self._next_seq = 1

    def follow(self, from_seq: int) -> None:
        """Begin at `from_seq`."""
        self._next_seq = from_seq
        self._start(self._catch_up(may_skip=False))

    def leave(self) -> None:
        """Be sent nothing more."""
        self._topic.live.discard(self)

    def send_live(self, data: bytes) -> bool:
        """Send an encoded batch, shared with others, and return whether that was possible."""
        if not data or self._transport.get_write_buffer_size() > self._buffer_bytes:
            return False
        # Of a connection that broke off the transport knows first.
        if self._protocol.state is State.OPEN and not self._transport.is_closing():
            self._transport.write(data)
        return True

    def fall_behind(self, next_seq: int) -> None:
        """Go on from `next_seq` once the connection takes bytes again."""
        self._next_seq = next_seq
        self._start(self._catch_up(may_skip=True))

    async def _catch_up(self, *, may_skip: bool) -> None:
        await self._connection.drain()
        topic = self._topic
        while self._next_seq <= topic.sent_seq:
            if may_skip and self._lacks_much():
                await self._skip()
                continue
            lines = await topic.read(self._next_seq, topic.sent_seq)
            if not lines:
                await self._skip()
                continue
            await self._send(lines)
        topic.live.add(self)

    def _lacks_much(self) -> bool:
        lag = self._topic.sent_seq - self._next_seq + 1
        return lag > self._limits.lag_events or self._next_seq < self._topic.ring.first_seq

    async def _skip(self) -> None:
        first, last = self._next_seq, self._topic.sent_seq
        self._next_seq = last + 1
        await self._connection.send(gap_frame(first, last), text=True)

    async def _send(self, lines: list[bytes]) -> None:
        first, last = self._next_seq, self._next_seq + len(lines) - 1
        self._next_seq = last + 1
        frame = batch_frame(lines, from_seq=first, to_seq=last, head_seq=self._topic.ring.head_seq)
        await self._connection.send(frame, text=True)
