"""The relay's server: sockets, time and signals around the protocol.

It keeps nothing that the logs do not hold: it may die at any time, and who watched comes back to the next one.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve

from core.relay.connection import ClientConnection
from core.relay.door import Door
from core.relay.frames import FrameError
from core.relay.limits import RelayLimits
from core.relay.protocol import RelaySession
from core.relay.raw_log import OpenLog
from core.relay.tokens import TokenClaims, check_token
from core.relay.topics import Topics
from core.relay.waiting_room import WaitingRoom

if TYPE_CHECKING:
    from websockets.http11 import Request, Response

__all__ = ["Relay", "RelayPlan"]

_LOG = logging.getLogger(__name__)
_TICK_S = 0.5
_SEND_BUFFER_BYTES = 256 * 1024
_WRITE_HIGH_BYTES = 64 * 1024
_FIRST_MESSAGE_BYTES = 8 * 1024
_ACCEPTED_AT_ONCE = 16
_WAITING_TO_BE_ACCEPTED = 1024


@dataclass(frozen=True)
class RelayPlan:
    """How a relay is to be.

    Attributes
    ----------
    key : bytes
        Signs the tokens.
    open_log : callable
        Opens the log of a task.
    clock : callable
        The time of day, time-zone aware; tokens expire by it.
    host, port
        Where it listens; port 0 is any free one.
    """

    key: bytes = field(repr=False)
    open_log: OpenLog
    clock: Callable[[], datetime]
    host: str = "127.0.0.1"
    port: int = 0
    door: Door = field(default_factory=Door)
    limits: RelayLimits = field(default_factory=RelayLimits)


class Relay:
    """A running relay; `async with Relay(plan) as relay` serves until the block ends, and then drains.

    Raises
    ------
    OSError
        On entry, if the address cannot be listened on.
    """

    def __init__(self, plan: RelayPlan) -> None:
        self.plan = plan
        self.quiet_since = 0.0
        self._clients: set[ClientConnection] = set()
        self._admitted: set[ClientConnection] = set()
        self._work: list[asyncio.Task[None]] = []

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def connection_count(self) -> int:
        """Clients connected now."""
        return len(self._clients)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self.quiet_since = self._loop.time()
        self._waiting = WaitingRoom(self._loop.time)
        self._topics = Topics(self.plan.open_log, self.plan.limits)
        self._server = await self._listen()
        for listening in self._server.sockets:
            _lengthen_queue(listening.fileno())
        self._work = [self._repeat(_TICK_S, self._tick), self._repeat(self.plan.limits.poll_s, self._topics.poll)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close(close_connections=False)
        for work in self._work:
            work.cancel()
        self._topics.close()
        closing = [client.send_away(_closing(), 1001) for client in self._clients]
        await asyncio.gather(*closing, return_exceptions=True)
        # Who has not even shaken hands would keep the relay waiting.
        self._waiting.hold(0)
        await self._server.wait_closed()

    async def _listen(self) -> Server:
        return await serve(
            self._serve_client,
            self.plan.host,
            self.plan.port,
            process_request=self._receive_request,
            create_connection=_announced_to(self),
            compression=None,
            open_timeout=self.plan.limits.auth_within_s,
            close_timeout=self.plan.limits.close_within_s,
            ping_interval=None,
            max_size=_FIRST_MESSAGE_BYTES,
            max_queue=4,
            write_limit=_WRITE_HIGH_BYTES,
            server_header=None,
            # asyncio takes so many in one turn, before any of them can be turned out: each is an open file.
            backlog=_ACCEPTED_AT_ONCE,
            logger=_quiet_logger(),
        )

    def _receive_request(self, connection: ServerConnection, request: Request) -> Response | None:
        headers = request.headers
        refusal = self.plan.door.refusal(headers.get_all("Host"), headers.get_all("Origin"))
        return None if refusal is None else connection.respond(HTTPStatus.FORBIDDEN, f"{refusal}\n")

    async def _serve_client(self, connection: ServerConnection) -> None:
        _bound_send_buffer(connection)
        session = RelaySession(self.plan.limits, self._claims_of, self._loop.time())
        client = ClientConnection(connection, session, self._topics, self.plan.limits, self._welcome)
        if len(self._admitted) >= self.plan.limits.connections:
            await client.send_away(_too_many(self.plan.limits.connections), 1013)
            return
        self._waiting.meet(connection, lambda: client.turn_out(_too_many_wait(self.plan.limits.waiting), 1013))
        self._clients.add(client)
        try:
            await client.talk()
        finally:
            self._clients.discard(client)
            self._admitted.discard(client)
            self.quiet_since = self._loop.time()

    def come(self, connection: ServerConnection) -> None:
        """Take note of a connection, from its first moment on."""
        self._waiting.come(connection, connection.transport.abort)
        limits = self.plan.limits
        # Between them and those with a token the system's open files are shared out.
        self._waiting.hold(limits.connections + limits.waiting - len(self._admitted))

    def go(self, connection: ServerConnection) -> None:
        """Take note that a connection has ended."""
        self._waiting.leave(connection)

    def _welcome(self, client: ClientConnection) -> None:
        if len(self._admitted) >= self.plan.limits.connections:
            raise _too_many(self.plan.limits.connections)
        self._admitted.add(client)
        self._waiting.leave(client.connection)

    def _claims_of(self, token: str) -> TokenClaims:
        return check_token(self.plan.key, token, now=self.plan.clock())

    async def _tick(self) -> None:
        now = self._loop.time()
        for client in list(self._clients):
            client.tick(now)
        # A thousand who come back at once to a busy machine need a while.
        self._waiting.thin(self.plan.limits.waiting, self.plan.limits.auth_within_s / 2)

    def _repeat(self, interval_s: float, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        async def repeat() -> None:
            while True:
                await asyncio.sleep(interval_s)
                await work()

        return asyncio.create_task(repeat())


def _announced_to(relay: Relay) -> type[ServerConnection]:
    """Return a kind of connection that the relay knows of before the first byte has come."""

    class AnnouncedConnection(ServerConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            relay.come(self)

        def connection_lost(self, exc: Exception | None) -> None:
            relay.go(self)
            super().connection_lost(exc)

    return AnnouncedConnection


def _lengthen_queue(descriptor: int) -> None:
    # The system keeps many who knock at once, however few of them are taken in one turn.
    with socket.socket(fileno=os.dup(descriptor)) as twin:
        twin.listen(_WAITING_TO_BE_ACCEPTED)


def _bound_send_buffer(connection: ServerConnection) -> None:
    # The system would buffer megabytes for one slow subscriber; what it lacks is in the log anyway.
    raw = connection.transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)


def _quiet_logger() -> logging.Logger:
    # At DEBUG, websockets logs every frame, and the first one bears a token.
    logger = logging.getLogger("core.relay.websockets")
    logger.setLevel(logging.CRITICAL)
    return logger


def _closing() -> FrameError:
    return FrameError("closing", "The relay is closing. Connect again in a moment; nothing is lost.")


def _too_many(limit: int) -> FrameError:
    told = f"{limit} connections are open, the most that this relay serves at one time. Try again later."
    return FrameError("too_many_connections", told)


def _too_many_wait(limit: int) -> FrameError:
    told = f"More than {limit} connections have shown no token yet, this one for longest. Send auth at once."
    return FrameError("too_many_connections", told)
