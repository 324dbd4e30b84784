"""A WebSocket for one thread: the library's protocol over a blocking socket.

The library's own connection for threads starts a second thread that reads; every answer then wakes two threads of a run
that is at work, and each of them waits for the interpreter.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import SEND_EOF, State
from websockets.uri import parse_uri

__all__ = ["PlainSocket"]

_READ_BYTES = 2**16
_DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class PlainSocket:
    """Connects, and is open when this returns.

    Parameters
    ----------
    url : str
        `ws://` or `wss://`.
    within_s : float
        How long connecting may take, and each message to go out.
    close_within_s : float
        How long the other side may take to say goodbye.
    max_size : int
        The largest message that is taken, in bytes.

    Raises
    ------
    WebSocketException
        If what answers is no WebSocket. Every method raises ConnectionClosed when the connection has ended.
    OSError
        If nobody answers; of which TimeoutError, if nobody does in time.
    """

    def __init__(self, url: str, *, within_s: float, close_within_s: float, max_size: int) -> None:
        uri = parse_uri(url)
        self._within_s, self._close_within_s = within_s, close_within_s
        self._messages: deque[bytes] = deque()
        self._parts: list[bytes] = []
        self._protocol = ClientProtocol(uri, max_size=max_size)
        deadline = time.monotonic() + within_s
        self._socket = socket.create_connection((uri.host, uri.port), timeout=within_s)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if uri.secure:
                context = ssl.create_default_context()
                self._socket = context.wrap_socket(self._socket, server_hostname=uri.host)
            self._protocol.send_request(self._protocol.connect())
            self._write()
            while self._protocol.state is State.CONNECTING:
                self._read(deadline)
        except BaseException:
            self._socket.close()
            raise

    def send(self, text: str) -> None:
        """Send a message."""
        self._check_is_open()
        self._protocol.send_text(text.encode())
        self._write()

    def recv(self, within_s: float) -> str:
        """Return the next message; TimeoutError if none comes in time. One that is there already always comes."""
        deadline = time.monotonic() + within_s
        while not self._messages:
            self._check_is_open()
            self._read(deadline)
        return self._messages.popleft().decode()

    def close(self) -> None:
        """Say goodbye and close; a second time does nothing."""
        with suppress(OSError), self._socket:
            if self._protocol.state is State.OPEN:
                self._protocol.send_close()
                self._write()
                deadline = time.monotonic() + self._close_within_s
                while not self._has_ended():
                    self._read(deadline)

    def _check_is_open(self) -> None:
        if self._protocol.state is not State.OPEN:
            self._socket.close()
            # Until it has met the end of the stream the library tells no reason.
            self._protocol.receive_eof()
            raise self._protocol.close_exc

    def _has_ended(self) -> bool:
        return self._protocol.state is State.CLOSED

    def _read(self, deadline: float) -> None:
        # A socket with a timeout of nothing would not wait even for what is there.
        self._socket.settimeout(max(0.000_1, deadline - time.monotonic()))
        read = self._socket.recv(_READ_BYTES)
        if read:
            self._protocol.receive_data(read)
        else:
            self._protocol.receive_eof()
        self._take(event for event in self._protocol.events_received() if isinstance(event, Frame))
        # Who sent its last word and went takes no answer; the word counts.
        with suppress(OSError):
            self._write()
        if self._protocol.handshake_exc is not None:
            raise self._protocol.handshake_exc

    def _take(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            if frame.opcode in _DATA:
                self._parts.append(bytes(frame.data))
                if frame.fin:
                    self._messages.append(b"".join(self._parts))
                    self._parts.clear()

    def _write(self) -> None:
        self._socket.settimeout(self._within_s)
        for data in self._protocol.data_to_send():
            if data is SEND_EOF:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_WR)
            else:
                self._socket.sendall(data)
