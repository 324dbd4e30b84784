"""A secret key of 32 bytes in a file of its own, which its owner alone may read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes, token_hex

from core.base.errors import QlopError

__all__ = ["KEY_BYTES", "key_in"]

KEY_BYTES = 32


_MAKE_ANOTHER = "Remove it, and a fresh one is made."


def key_in(path: Path, *, whose: str, error: type[QlopError], if_damaged: str = _MAKE_ANOTHER) -> bytes:
    """Return the key in `path`; on first use a fresh one is made there, readable by its owner alone.

    Parameters
    ----------
    path : Path
        The file; its folder is made as well.
    whose : str
        What messages call the key, such as "The relay's key".
    error : type
        What is raised if the file cannot be read or made, others may read it, or it holds no key.
    if_damaged : str
        What to do about a file that holds no key, where making another one would lose something.
    """
    try:
        if not path.exists():
            _make_key(path)
        mode, content = path.stat().st_mode & 0o777, path.read_bytes()
    except OSError as failure:
        raise error(f"{whose} {path} cannot be used: {failure.strerror or failure}.") from failure
    if mode & 0o077:
        raise error(f"{whose} {path} has mode {mode:o}; others may read it. Run: chmod 600 {path}")
    with suppress(ValueError):
        key = bytes.fromhex(content.decode("ascii").strip())
        if len(key) >= KEY_BYTES:
            return key
    raise error(f"{path} holds no key of {KEY_BYTES} bytes in hexadecimal. {if_damaged}")


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(token_bytes(KEY_BYTES).hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # Of two processes that make the key at once, one wins and both read it.
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
    finally:
        temporary.unlink(missing_ok=True)
