"""/api/relay: the browser's way to the relay, on the dashboard's own port.

1. Refuse a page of another origin, before the connection is a WebSocket at all.
2. Find the relay, or start the home's own.
3. Carry messages both ways, unread: tokens stand in the first frame, and this route neither knows nor logs them. Each
   side is read no faster than the other takes, so that the relay sees a slow browser as what it is.
4. Who has shown no valid token yet waits among few: of too many the oldest has to go. The relay's first ack tells.
5. Where the relay is away or goes away, close with 1013 (try again later) and the reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st
from starlette.websockets import WebSocketDisconnect, WebSocketState
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from core.base.errors import QlopError
from core.relay.waiting_room import WaitingRoom

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.websockets import WebSocket
    from websockets.asyncio.client import ClientConnection

    from core.services.workbench import Workbench

__all__ = ["RelayRoute"]

_LARGEST_MESSAGE = 2**20
_FORBIDDEN, _TOO_LARGE, _UNSUPPORTED, _TRY_AGAIN_LATER = 1008, 1009, 1003, 1013
_LONGEST_REASON_BYTES = 120
_MOST_WAITING = 100
_FIRST_ACK = '{"frame":"ack",'


class RelayRoute:
    """The endpoint of the route.

    Parameters
    ----------
    open_workbench : callable
        Returns the workbench whose relay is meant; called for each connection, so that changed settings count.
    """

    def __init__(self, open_workbench: Callable[[], Workbench]) -> None:
        self._open_workbench = open_workbench
        self._waiting = WaitingRoom(time.monotonic)

    async def serve(self, browser: WebSocket) -> None:
        """Serve one browser until it or the relay goes away."""
        try:
            workbench = await asyncio.to_thread(self._open_workbench)
        except QlopError as error:
            await browser.accept()
            await _close(browser, _TRY_AGAIN_LATER, str(error))
            return
        if not is_welcome(browser, workbench.settings.relay.allowed_origins):
            # Before `accept` this is an HTTP answer: 403.
            await browser.close(_FORBIDDEN)
            return
        await browser.accept()
        code, reason = await self._serve_in_turn(browser, workbench)
        await _close(browser, code, reason)

    async def _serve_in_turn(self, browser: WebSocket, workbench: Workbench) -> tuple[int, str]:
        serving = asyncio.create_task(_serve(browser, workbench, lambda: self._waiting.leave(serving)))
        self._waiting.come(serving, lambda: _end(serving))
        self._waiting.hold(_MOST_WAITING)
        try:
            await asyncio.wait([serving])
        finally:
            self._waiting.leave(serving)
            serving.cancel()
        if serving.cancelled():
            return _TRY_AGAIN_LATER, f"More than {_MOST_WAITING} connections have shown no token yet, this one longest."
        return serving.result()


def is_welcome(browser: WebSocket, allowed_origins: tuple[str, ...]) -> bool:
    """Return whether the host that is asked for is this server's, and the page is of the same origin or an allowed one.

    A program sends no Origin; the token is what it is known by.
    """
    host = browser.headers.get("host", "")
    if not _is_own_host(host):
        return False
    origins = browser.headers.getlist("origin")
    return all(urlsplit(origin).netloc == host or origin in allowed_origins for origin in origins) and len(origins) < 2


def _is_own_host(host: str) -> bool:
    allowed = st.get_option("server.allowedHosts")
    with contextlib.suppress(ValueError):
        name = urlsplit(f"//{host}").hostname
        return not allowed or "*" in allowed or name in allowed
    return False


async def _serve(browser: WebSocket, workbench: Workbench, admitted: Callable[[], None]) -> tuple[int, str]:
    from core.services.relay_access import ensure_relay

    try:
        url = (await asyncio.to_thread(ensure_relay, workbench)).url
        async with connect(
            url, compression=None, ping_interval=None, max_size=None, max_queue=4, close_timeout=1, proxy=None
        ) as relay:
            return await _carry(browser, relay, admitted)
    except QlopError as error:
        return _TRY_AGAIN_LATER, str(error)
    except (WebSocketException, OSError) as error:
        return _TRY_AGAIN_LATER, f"The relay is away: {type(error).__name__}."


async def _carry(browser: WebSocket, relay: ClientConnection, admitted: Callable[[], None]) -> tuple[int, str]:
    ways = [asyncio.create_task(way) for way in (_to_relay(browser, relay), _to_browser(relay, browser, admitted))]
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _to_relay(browser: WebSocket, relay: ClientConnection) -> tuple[int, str]:
    while True:
        message = await browser.receive()
        if message["type"] == "websocket.disconnect":
            return 1000, ""
        text = message.get("text")
        if text is None:
            return _UNSUPPORTED, "Frames are text."
        if len(text) > _LARGEST_MESSAGE:
            return _TOO_LARGE, f"A message has {len(text):,} characters; {_LARGEST_MESSAGE:,} are allowed."
        try:
            await relay.send(text)
        except ConnectionClosed as closed:
            return _why(closed)


async def _to_browser(relay: ClientConnection, browser: WebSocket, admitted: Callable[[], None]) -> tuple[int, str]:
    is_waiting = True
    try:
        while True:
            message = await relay.recv(decode=True)
            if is_waiting and message.startswith(_FIRST_ACK):
                is_waiting = False
                admitted()
            await browser.send_text(message)
    except ConnectionClosed as closed:
        return _why(closed)
    except (WebSocketDisconnect, RuntimeError):
        # The browser has gone; Starlette says so in either way.
        return 1000, ""


def _why(closed: ConnectionClosed) -> tuple[int, str]:
    received = closed.rcvd
    # What the relay said of this client goes on to it; 1006 and its like say that the relay died, and cannot be sent.
    if received is None or received.code in {1000, 1001, 1005, 1006, 1012, 1015}:
        return _TRY_AGAIN_LATER, "The relay went away."
    return received.code, received.reason


async def _close(browser: WebSocket, code: int, reason: str) -> None:
    if (
        browser.application_state is not WebSocketState.CONNECTED
        or browser.client_state is not WebSocketState.CONNECTED
    ):
        return
    # Between the look and the word the browser may go.
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await browser.close(code, reason.encode()[:_LONGEST_REASON_BYTES].decode(errors="ignore"))


def _end(serving: asyncio.Task[tuple[int, str]]) -> None:
    serving.cancel()
