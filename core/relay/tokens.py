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
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Literal, cast

from core.base.errors import RelayError

__all__ = ["Role", "TokenClaims", "TokenError", "check_token", "mint_token", "relay_key"]

Role = Literal["publish", "subscribe"]

_ROLES = frozenset({"publish", "subscribe"})
_KEY_BYTES = 32
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
    try:
        if not path.exists():
            _make_key(path)
        mode, content = path.stat().st_mode & 0o777, path.read_bytes()
    except OSError as error:
        raise RelayError(f"The relay's key {path} cannot be used: {error.strerror or error}.") from error
    if mode & 0o077:
        raise RelayError(f"The relay's key {path} has mode {mode:o}; others may read it. Run: chmod 600 {path}")
    with suppress(ValueError):
        key = bytes.fromhex(content.decode("ascii").strip())
        if len(key) >= _KEY_BYTES:
            return key
    raise RelayError(f"{path} holds no key of {_KEY_BYTES} bytes in hexadecimal. Remove it, and a fresh one is made.")


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(token_bytes(_KEY_BYTES).hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # Of two processes that make the key at once, one wins and both read it.
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
    finally:
        temporary.unlink(missing_ok=True)


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
