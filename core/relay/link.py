"""A connection to the relay for asynchronous code: one token, one task, frames in JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from json import dumps
from typing import TYPE_CHECKING, Any

from core.base.errors import RelayError
from core.relay.greeting import CONNECTION, HEARTBEAT, Admission, Hello, auth_frame, check_hello, decode, reason_of

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from core.relay.endpoint import RelayEndpoint

__all__ = ["Link", "open_link"]

_ANSWER_WITHIN_S = 5.0


@asynccontextmanager
async def open_link(endpoint: RelayEndpoint) -> AsyncIterator[Link]:
    """Yield a connection that the relay has let in, and send heartbeats while it is open.

    Raises
    ------
    RelayRefusedError
        If the relay refuses the token.
    RelayError
        If nobody answers in time, or what answers is no relay.
    """
    from websockets.asyncio.client import connect

    with _told(endpoint.place):
        socket = await connect(endpoint.url, open_timeout=_ANSWER_WITHIN_S, **CONNECTION)
    try:
        with _told(endpoint.place):
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                hello = check_hello(decode(await socket.recv()))
                await socket.send(auth_frame(endpoint.token))
                admission = Admission.of(decode(await socket.recv()))
        link = Link(socket, endpoint.place, hello, admission)
        heartbeat = asyncio.create_task(link.send_heartbeats())
        try:
            yield link
        finally:
            heartbeat.cancel()
    finally:
        await socket.close()


class Link:
    """Sends and receives frames; one task at a time receives. Made by `open_link`."""

    def __init__(self, socket: ClientConnection, place: str, hello: Hello, admission: Admission) -> None:
        self.admission = admission
        self._socket = socket
        self._place = place
        self._hello = hello

    async def send(self, frame: Mapping[str, Any]) -> None:
        """Send a frame; RelayError if the connection has ended."""
        with _told(self._place):
            await self._socket.send(dumps(frame))

    async def receive(self) -> dict[str, Any]:
        """Return the next frame.

        Raises
        ------
        RelayRefusedError
            If it is an error.
        RelayError
            If the connection has ended, or the relay has been silent for too long.
        """
        with _told(self._place):
            async with asyncio.timeout(self._hello.dead_after_s):
                return decode(await self._socket.recv())

    async def answer(self, **expected: object) -> dict[str, Any]:
        """Return the next frame that has the `expected` entries; others are dropped."""
        with _told(self._place):
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                while True:
                    frame = await self.receive()
                    if all(frame.get(name) == entry for name, entry in expected.items()):
                        return frame

    async def send_heartbeats(self) -> None:
        """Say that this side lives, until cancelled or the connection ends."""
        from websockets.exceptions import ConnectionClosed

        while True:
            await asyncio.sleep(self._hello.heartbeat_s)
            try:
                await self._socket.send(HEARTBEAT)
            except ConnectionClosed:
                return


@contextmanager
def _told(place: str) -> Iterator[None]:
    from websockets.exceptions import WebSocketException

    try:
        yield
    except TimeoutError as error:
        raise RelayError(f"The relay at {place} has not answered in time.") from error
    except (WebSocketException, OSError) as error:
        raise RelayError(f"The relay at {place} is away: {reason_of(error)}.") from error
