"""Tokens: who may publish or watch one task, for a short while.

A token is `claims.signature`, both base64url: the claims in JSON, and their HMAC-SHA256 under the relay's key. It
travels in a connection's first frame, never in a URL, and is never logged.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, cast

from core.base.errors import RelayError
from core.base.key_file import key_in

__all__ = ["Role", "TokenClaims", "TokenError", "check_token", "mint_token", "relay_key"]

Role = Literal["publish", "subscribe"]

_ROLES = frozenset({"publish", "subscribe"})
_LONGEST_TOKEN = 2048


class TokenError(RelayError):
    """A token that is not accepted; `code` is the relay's code for it."""

    def __init__(self, code: Literal["bad_token", "token_expired"], message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class TokenClaims:
    """What a token says: which task, to do what, until when."""

    task_id: str
    role: Role
    expires_at: datetime


def mint_token(key: bytes, *, task_id: str, role: Role, now: datetime, lifetime_s: int = 120) -> str:
    """Return a token for one task and one role.

    Parameters
    ----------
    key : bytes
        The relay's key; see `relay_key`.
    now : datetime
        Time-zone aware.
    lifetime_s : int
        How long it can open a connection; an open connection outlives it.
    """
    expires_at = (now + timedelta(seconds=lifetime_s)).timestamp()
    claims = json.dumps({"task_id": task_id, "role": role, "expires_at": expires_at}, separators=(",", ":")).encode()
    return f"{_to_text(claims)}.{_to_text(_signature(key, claims))}"


def check_token(key: bytes, token: str, *, now: datetime) -> TokenClaims:
    """Return what `token` says, if this key signed it and it has not expired.

    Raises
    ------
    TokenError
        If it is malformed, altered, signed with another key, or has expired. The message never repeats it.
    """
    claims, signature = _parts(token)
    if not hmac.compare_digest(signature, _signature(key, claims)):
        raise _refused("its signature is not this relay's: it was altered, or minted with another key")
    found = _read_claims(claims)
    if now >= found.expires_at:
        late_s = (now - found.expires_at).total_seconds()
        raise TokenError("token_expired", f"The token expired {late_s:.0f} s ago. Ask for a fresh one.")
    return found


def relay_key(path: Path) -> bytes:
    """Return the key in `path`; on first use a fresh one is made there, readable by its owner alone.

    Raises
    ------
    RelayError
        If the file cannot be read or made, others may read it, or it holds no key.
    """
    return key_in(path, whose="The relay's key", error=RelayError)


def _parts(token: str) -> tuple[bytes, bytes]:
    claims, point, signature = token.partition(".")
    if not point or len(token) > _LONGEST_TOKEN:
        raise _refused("it does not have the form of one")
    try:
        return _to_bytes(claims), _to_bytes(signature)
    except (binascii.Error, ValueError) as error:
        raise _refused("it does not have the form of one") from error


def _read_claims(claims: bytes) -> TokenClaims:
    try:
        raw = json.loads(claims)
        task_id, role, expires_at = raw["task_id"], raw["role"], datetime.fromtimestamp(raw["expires_at"], UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError) as error:
        raise _refused("its claims cannot be read") from error
    if not isinstance(task_id, str) or role not in _ROLES:
        raise _refused("its claims cannot be read")
    return TokenClaims(task_id, cast("Role", role), expires_at)


def _refused(reason: str) -> TokenError:
    return TokenError("bad_token", f"The token is not accepted: {reason}. Ask for a fresh one.")


def _signature(key: bytes, claims: bytes) -> bytes:
    return hmac.new(key, b"qlop relay token 1\n" + claims, hashlib.sha256).digest()


def _to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _to_bytes(text: str) -> bytes:
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    raw = base64.b64decode(padded, altchars=b"-_", validate=True)
    if _to_text(raw) != text:
        raise binascii.Error("several texts decode to these bytes; only one of them is a token")
    return raw
