"""A connection to the relay for code that is not asynchronous: one token, one task, frames in JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from json import dumps
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from core.base.errors import RelayError
from core.relay.greeting import CONNECTION, HEARTBEAT, Admission, auth_frame, check_hello, decode, reason_of

if TYPE_CHECKING:
    from core.relay.endpoint import RelayEndpoint

__all__ = ["PlainLink"]

_ANSWER_WITHIN_S = 5.0


class PlainLink:
    """Sends and receives frames; for one thread at a time. Use it in a `with` block, which closes it.

    Parameters
    ----------
    endpoint : RelayEndpoint
        Where to, and with which token.

    Attributes
    ----------
    admission : Admission
        What the relay said when it let us in.
    message_bytes : int
        The largest message that it takes.
    heartbeat_s : float
        How often each side has to be heard.

    Raises
    ------
    RelayRefusedError
        If the relay refuses the token.
    RelayError
        If nobody answers in time, or what answers is no relay. Every method raises it when the connection has ended.
    """

    def __init__(self, endpoint: RelayEndpoint) -> None:
        # Here and not above: every run imports this module, and few of them meet a relay.
        from core.relay.plain_socket import PlainSocket

        self._place = endpoint.place
        self._closing = ExitStack()
        with self._told():
            within = {"within_s": _ANSWER_WITHIN_S, "close_within_s": CONNECTION["close_timeout"]}
            self._socket = PlainSocket(endpoint.url, **within, max_size=CONNECTION["max_size"])
            self._closing.callback(self._socket.close)
        try:
            with self._told():
                hello = check_hello(decode(self._socket.recv(_ANSWER_WITHIN_S)))
                self._socket.send(auth_frame(endpoint.token))
                self.admission = Admission.of(decode(self._socket.recv(_ANSWER_WITHIN_S)))
        except BaseException:
            self.close()
            raise
        self.message_bytes = hello.message_bytes
        self.heartbeat_s, self._dead_after_s = hello.heartbeat_s, hello.dead_after_s
        self._heard_at = self._spoke_at = time.monotonic()

    def send(self, frame: Mapping[str, Any]) -> None:
        """Send a frame."""
        self.send_text(dumps(frame))

    def send_text(self, text: str) -> None:
        """Send a frame that is written already."""
        with self._told():
            self._socket.send(text)
        self._spoke_at = time.monotonic()

    def receive(self, timeout_s: float) -> dict[str, Any] | None:
        """Return the next frame, or None when none has come in time; a heartbeat is a frame as well."""
        self._keep_alive()
        try:
            with self._told():
                frame = decode(self._socket.recv(max(0.0, timeout_s)))
        except _NothingCameError:
            return None
        self._heard_at = time.monotonic()
        return frame

    def answer(self, within_s: float = _ANSWER_WITHIN_S, **expected: object) -> dict[str, Any]:
        """Return the next frame that has the `expected` entries; others are dropped."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            frame = self.receive(min(self.heartbeat_s, deadline - time.monotonic()))
            if frame is not None and all(frame.get(name) == entry for name, entry in expected.items()):
                return frame
        raise RelayError(f"The relay at {self._place} has not answered within {within_s:g} s.")

    def close(self) -> None:
        """Close the connection; a second time does nothing."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _keep_alive(self) -> None:
        moment = time.monotonic()
        if moment - self._spoke_at >= self.heartbeat_s:
            self.send_text(HEARTBEAT)
        if moment - self._heard_at >= self._dead_after_s:
            raise RelayError(f"The relay at {self._place} has been silent for {self._dead_after_s:g} s.")

    @contextmanager
    def _told(self) -> Iterator[None]:
        from websockets.exceptions import WebSocketException

        try:
            yield
        except TimeoutError as error:
            raise _NothingCameError(f"The relay at {self._place} has not answered in time.") from error
        except (WebSocketException, OSError) as error:
            raise RelayError(f"The relay at {self._place} is away: {reason_of(error)}.") from error


class _NothingCameError(RelayError):
    """No frame within the time that was given."""
