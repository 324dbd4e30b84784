"""One client of the relay: its messages go to the protocol, and what the protocol says is done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from websockets.exceptions import ConnectionClosed
from websockets.frames import Close as CloseFrame
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from core.relay.answers import ack_frame, batch_frame
from core.relay.frames import (
    FetchFrame,
    FrameError,
    PublishFrame,
    SearchFrame,
    SubscribeFrame,
    unreadable,
)
from core.relay.limits import RelayLimits
from core.relay.protocol import Action, Admit, Close, RelaySession, Reply, Work
from core.relay.raw_log import READ_ERRORS
from core.relay.search import LogSearch
from core.relay.subscriber import Subscriber
from core.relay.tokens import TokenClaims
from core.relay.topic import Topic

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

__all__ = ["ClientConnection", "TopicSource"]

_LOG = logging.getLogger(__name__)
_LONGEST_REASON_BYTES = 120


class TopicSource(Protocol):
    """Where connections get their task from, and leave it."""

    async def enter(self, claims: TokenClaims) -> Topic:
        """Return the task of a token; FrameError where it is unknown or too many are open."""

    def leave(self, topic: Topic) -> None:
        """Tell that a connection is about it no longer."""

    async def search(self, search: LogSearch) -> bytes:
        """Run a search beside the event loop and return its answer."""


class ClientConnection:
    """A connection, its protocol session and what runs for it in the background.

    Parameters
    ----------
    welcome : callable
        Called once the token is accepted; FrameError where there is no room.
    """

    def __init__(
        self,
        connection: ServerConnection,
        session: RelaySession,
        topics: TopicSource,
        limits: RelayLimits,
        welcome: Callable[[ClientConnection], None],
    ) -> None:
        self.session = session
        self.connection = connection
        self._topics = topics
        self._limits = limits
        self._welcome = welcome
        self._clock = asyncio.get_running_loop().time
        self._topic: Topic | None = None
        self._subscriber: Subscriber | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._request_count = 0

    async def talk(self) -> None:
        """Answer the client until it leaves or is sent away."""
        try:
            await self._perform(self.session.open())
            async for message in self.connection:
                await self._perform(self.session.receive(message, self._clock()))
                if self.session.has_ended:
                    return
        except ConnectionClosed:
            return
        finally:
            self._leave()

    def tick(self, now: float) -> None:
        """Do what is due because time has passed."""
        self.perform_at_once(self.session.tick(now))

    def perform_at_once(self, actions: Sequence[Action]) -> None:
        """Send replies without waiting for them to go out, and close in the background."""
        for action in actions:
            if isinstance(action, Reply):
                self._write(action.frame)
            elif isinstance(action, Close):
                self._start(self._close(action))

    async def send_away(self, error: FrameError, code: int) -> None:
        """Tell why, as the last word, and close."""
        error.is_final = True
        replies = [action for action in self.session.refuse(error) if isinstance(action, Reply)]
        self.perform_at_once(replies)
        await self._close(Close(code, f"{error.code}: {error}"))

    def turn_out(self, error: FrameError, code: int) -> None:
        """Tell why, and end the connection at once: who only waits is owed no leave."""
        error.is_final = True
        self.perform_at_once([action for action in self.session.refuse(error) if isinstance(action, Reply)])
        transport = self.connection.transport
        if not transport.is_closing():
            farewell = CloseFrame(code, _reason(f"{error.code}: {error}")).serialize()
            transport.write(Frame(Opcode.CLOSE, farewell).serialize(mask=False))
            transport.close()

    async def _perform(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, Reply):
                await self.connection.send(action.frame, text=True)
            elif isinstance(action, Close):
                await self._close(action)
            else:
                await self._work(action)

    async def _work(self, action: Admit | Work) -> None:
        try:
            if isinstance(action, Admit):
                await self._admit(action.claims)
            elif isinstance(action, PublishFrame):
                await self._publish(action, self._own_topic())
            elif isinstance(action, SubscribeFrame):
                await self._subscribe(action, self._own_topic())
            else:
                self._request(action, self._own_topic())
        except FrameError as error:
            # Without a task there is nothing to talk about.
            error.is_final = error.is_final or self._topic is None
            facts = {"has_seq": self._topic.ring.head_seq} if error.code == "hole" and self._topic else {}
            await self._perform(self.session.refuse(error, **facts))
        except READ_ERRORS:
            await self._perform(self.session.refuse(unreadable()))

    async def _admit(self, claims: TokenClaims) -> None:
        self._welcome(self)
        self._topic = await self._topics.enter(claims)
        # Only who has shown a token may send large messages.
        self.connection.protocol.max_message_size = 2 * self._limits.message_bytes
        has_seq = self._topic.ring.head_seq
        await self._send(ack_frame("auth", task_id=claims.task_id, role=claims.role, has_seq=has_seq))

    async def _publish(self, frame: PublishFrame, topic: Topic) -> None:
        await topic.publish(frame.events)
        await self._send(ack_frame("publish", has_seq=topic.ring.head_seq, watchers=topic.watchers))

    async def _subscribe(self, frame: SubscribeFrame, topic: Topic) -> None:
        await topic.refresh()
        topic.flush()
        head = topic.ring.head_seq
        wished = head - frame.tail + 1 if frame.tail is not None else frame.from_seq or 1
        from_seq = min(max(wished, 1), head + 1)
        await self._send(ack_frame("subscribe", from_seq=from_seq, head_seq=head))
        topic.watchers += self._subscriber is None
        self._subscriber = Subscriber(self.connection, topic, self._limits, self._start)
        self._subscriber.follow(from_seq)

    def _request(self, frame: FetchFrame | SearchFrame, topic: Topic) -> None:
        if self._request_count >= self._limits.requests:
            told = f"{self._limits.requests} requests are being answered; wait for one of them."
            raise FrameError("too_fast", told, request_id=frame.request_id)
        self._request_count += 1
        self._start(self._answer(frame, topic))

    async def _answer(self, frame: FetchFrame | SearchFrame, topic: Topic) -> None:
        try:
            if isinstance(frame, FetchFrame):
                await self._send(await self._fetch(frame, topic))
            else:
                await self._send(await self._search(frame, topic))
        except READ_ERRORS:
            _LOG.warning("the log of task %s cannot be read", topic.task_id, exc_info=True)
            await self._perform(self.session.refuse(unreadable(frame.request_id)))
        finally:
            self._request_count -= 1

    async def _fetch(self, frame: FetchFrame, topic: Topic) -> bytes:
        lines = await topic.read(frame.from_seq, frame.to_seq)
        last, head = frame.from_seq + len(lines) - 1, topic.ring.head_seq
        return batch_frame(lines, request_id=frame.request_id, from_seq=frame.from_seq, to_seq=last, head_seq=head)

    async def _search(self, frame: SearchFrame, topic: Topic) -> bytes:
        if topic.log is None:
            held = topic.ring.lines(topic.ring.first_seq, topic.ring.head_seq)
            block = b"".join(line + b"\n" for line in held)
            read_blocks, first = (lambda: (each for each in (block,))), topic.ring.first_seq
        else:
            read_blocks, first = topic.log.read_blocks, 1
        search = LogSearch(frame, read_blocks, first, topic.ring.head_seq, self._limits.batch_bytes)
        return await self._topics.search(search)

    def _own_topic(self) -> Topic:
        if self._topic is None:
            raise FrameError("unknown_task", "The task of this connection is not open.")
        return self._topic

    async def _send(self, frame: bytes) -> None:
        await self.connection.send(frame, text=True)

    def _write(self, frame: bytes) -> None:
        transport = self.connection.transport
        # Who does not read what it was sent needs no more of it.
        if self.connection.protocol.state is State.OPEN and (
            transport.get_write_buffer_size() <= self._limits.buffer_bytes
        ):
            transport.write(Frame(Opcode.TEXT, frame).serialize(mask=False))

    async def _close(self, action: Close) -> None:
        try:
            # The library waits, without end, until what was sent before has gone out.
            async with asyncio.timeout(self._limits.close_within_s):
                await self.connection.close(action.code, _reason(action.reason))
        except TimeoutError:
            self.connection.transport.abort()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first turn leaves its work unbegun, and nobody else would end it.
        task.add_done_callback(lambda _: work.close())

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ConnectionClosed:
            return
        except READ_ERRORS:
            _LOG.exception("a task's log cannot be read")
            await self._close(Close(1011, f"unreadable: {unreadable()}"))

    def _leave(self) -> None:
        if self._subscriber is not None:
            self._subscriber.leave()
        for task in list(self._tasks):
            task.cancel()
        if self._topic is not None:
            self._topic.watchers -= self._subscriber is not None
            self._topics.leave(self._topic)


def _reason(text: str) -> str:
    return text.encode()[:_LONGEST_REASON_BYTES].decode(errors="ignore")
