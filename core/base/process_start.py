"""What is said where the system gives no process, thread or pipe more."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from core.base.errors import RunError

__all__ = ["no_thread_words", "refused_start_told"]

_NO_MORE = {
    errno.EAGAIN: "process or thread: end others, or allow more (ulimit -u, a container's limit of pids)",
    errno.EMFILE: "open file: allow more (ulimit -n)",
    errno.ENFILE: "open file: end other programs",
    errno.ENOMEM: "memory for a process: end other programs, or allow more",
}
_NO_THREAD = "can't start new thread"


@contextmanager
def refused_start_told(purpose: str) -> Iterator[None]:
    """Tell what lacks where the block, which starts a process and the threads that serve it, is refused one.

    Parameters
    ----------
    purpose : str
        What the process is for, as "looks at plugins".

    Raises
    ------
    RunError
        If the system has no process, thread, open file or memory left for it. Other errors pass.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        lack = _lack(error)
        if not lack:
            raise
        raise RunError(f"The process that {purpose} cannot be started: {lack}") from error


def no_thread_words(error: BaseException) -> str:
    """Return what a person can do about an error of a thread that was not to be had; empty for any other error."""
    lack = _lack(error) if isinstance(error, RuntimeError) else ""
    return f"{lack[:1].upper()}{lack[1:]}"


def _lack(error: BaseException) -> str:
    if isinstance(error, OSError):
        lack, said = _NO_MORE.get(error.errno or 0, ""), error.strerror or str(error)
    else:
        lack, said = _NO_MORE[errno.EAGAIN] if _NO_THREAD in str(error) else "", str(error)
    what, _, remedy = lack.partition(": ")
    return lack and f"the system gives no further {what} ({said}). {remedy[:1].upper()}{remedy[1:]}; then try again."
