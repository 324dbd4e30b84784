"""One connection's side of the relay's protocol: what came, and when, gives what is to be done.

No sockets and no clock: the server hands in messages and moments, and carries out what is returned.

1. The first frame is auth, within `auth_within_s`; whatever else comes first ends the connection.
2. A token of the role publish allows publish; one of subscribe allows subscribe, fetch, search. Both send heartbeats.
3. What cannot be read or is not allowed is answered with a code and a sentence. Who goes on so for long is cut off.
4. A heartbeat is sent every `heartbeat_s`; who is silent for `dead_after_s` is dead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.relay.answers import error_frame, hello_frame
from core.relay.frames import (
    HEARTBEAT_FRAME,
    AuthFrame,
    ClientFrame,
    FetchFrame,
    FrameError,
    HeartbeatFrame,
    PublishFrame,
    SearchFrame,
    SubscribeFrame,
    read_frame,
)
from core.relay.limits import RelayLimits
from core.relay.tokens import TokenClaims, TokenError

__all__ = ["Action", "Admit", "Close", "RelaySession", "Reply", "Work"]

_REFUSED, _TRY_AGAIN_LATER = 1008, 1013
_PASSING = frozenset({"too_many_connections", "too_many_tasks", "unreadable"})
_ERRORS_UNTIL_THE_END = 50
_ERRORS_FORGIVEN_A_SECOND = 1.0


@dataclass(frozen=True)
class Reply:
    """Send this frame."""

    frame: bytes


@dataclass(frozen=True)
class Close:
    """Close the connection; the sentence travels as the reason."""

    code: int
    reason: str


@dataclass(frozen=True)
class Admit:
    """The client is who it says: open its task and acknowledge."""

    claims: TokenClaims


Work = PublishFrame | SubscribeFrame | FetchFrame | SearchFrame
Action = Reply | Close | Admit | Work


class RelaySession:
    """The state of one connection.

    Parameters
    ----------
    limits : RelayLimits
        Limits of this relay.
    check : callable
        Returns a token's claims, or raises TokenError.
    now : float
        Seconds of a clock that never goes back; so for all moments here.
    """

    def __init__(self, limits: RelayLimits, check: Callable[[str], TokenClaims], now: float) -> None:
        self.claims: TokenClaims | None = None
        self.has_ended = False
        self._limits = limits
        self._check = check
        self._opened_at = self._heard_at = self._beat_at = self._filled_at = now
        self._allowance = float(limits.frames_burst)
        self._errors, self._erred_at = 0.0, now
        self._is_subscribed = False

    def open(self) -> list[Action]:
        """Return what is sent before anything came."""
        return [Reply(hello_frame(self._limits))]

    def receive(self, message: str | bytes, now: float) -> list[Action]:
        """Return what to do about a message."""
        if self.has_ended:
            return []
        self._heard_at = now
        try:
            self._count(now)
            return self._answer(read_frame(message, self._limits))
        except FrameError as error:
            return self.refuse(error)

    def tick(self, now: float) -> list[Action]:
        """Return what to do because time has passed; to be asked about once a second."""
        if self.has_ended:
            return []
        limits = self._limits
        if self.claims is None and now - self._opened_at >= limits.auth_within_s:
            told = (
                f"No auth frame came within {limits.auth_within_s:g} s of the hello. Connect again and send it first."
            )
            return self.refuse(FrameError("auth_timeout", told))
        if now - self._heard_at >= limits.dead_after_s:
            return self._end(f"Nothing came for {limits.dead_after_s:g} s, not even a heartbeat.")
        if now - self._beat_at >= limits.heartbeat_s:
            self._beat_at = now
            return [Reply(HEARTBEAT_FRAME)]
        return []

    def refuse(self, error: FrameError, **facts: int) -> list[Action]:
        """Return the answer to what is refused.

        It is the last one before the token was accepted, and where many came in a short time.

        Parameters
        ----------
        facts : int
            What else the error frame tells, such as `has_seq`.
        """
        self._errors = max(0.0, self._errors - (self._heard_at - self._erred_at) * _ERRORS_FORGIVEN_A_SECOND) + 1
        self._erred_at = self._heard_at
        if self.claims is None or self._errors > _ERRORS_UNTIL_THE_END:
            error.is_final = True
        answer: list[Action] = [Reply(error_frame(error, **facts))]
        if not error.is_final:
            return answer
        return [*answer, *self._end(f"{error.code}: {error}", _TRY_AGAIN_LATER if error.code in _PASSING else _REFUSED)]

    def _count(self, now: float) -> None:
        limits = self._limits
        refill = (now - self._filled_at) * limits.frames_per_s
        self._allowance, self._filled_at = min(limits.frames_burst, self._allowance + refill) - 1, now
        if self._allowance < 0:
            is_final = self._allowance < -limits.frames_burst
            told = (
                f"More than {limits.frames_per_s:g} frames a second came; this one was not read. Send it again later."
            )
            raise FrameError("too_fast", told, is_final=is_final)

    def _answer(self, frame: ClientFrame) -> list[Action]:
        if self.claims is None:
            return self._admit(frame)
        if isinstance(frame, HeartbeatFrame):
            return []
        if isinstance(frame, AuthFrame):
            raise FrameError("bad_request", "This connection has shown its token already.")
        self._check_role(frame, self.claims.role)
        if isinstance(frame, PublishFrame):
            self._check_task(frame, self.claims.task_id)
        if isinstance(frame, SubscribeFrame):
            if self._is_subscribed:
                raise FrameError("bad_request", "This connection is subscribed already; open another one.")
            self._is_subscribed = True
        return [frame]

    def _admit(self, frame: ClientFrame) -> list[Action]:
        if not isinstance(frame, AuthFrame):
            raise FrameError("bad_request", "The first frame must be auth, with a token.")
        try:
            self.claims = self._check(frame.token)
        except TokenError as error:
            raise FrameError(error.code, str(error)) from error
        return [Admit(self.claims)]

    @staticmethod
    def _check_role(frame: Work, role: str) -> None:
        needed = "publish" if isinstance(frame, PublishFrame) else "subscribe"
        if role != needed:
            told = f"The token's role is {role}; this frame needs a token of the role {needed}."
            raise FrameError("wrong_role", told, request_id=getattr(frame, "request_id", None))

    @staticmethod
    def _check_task(frame: PublishFrame, task_id: str) -> None:
        if any(event.get("task_id") != task_id for event in frame.events):
            raise FrameError("wrong_role", f"The token is for task {task_id}; an event of another task was published.")

    def _end(self, reason: str, code: int = _REFUSED) -> list[Action]:
        self.has_ended = True
        return [Close(code, reason)]
