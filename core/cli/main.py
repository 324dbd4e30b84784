"""The entry of the command line: small, so that Ctrl-C ends it with 130 from its first moment on."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

__all__ = ["main"]

_CANCELLED = 130


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        _load_and_call()
    except KeyboardInterrupt:
        _tell_cancelled()
        _leave()
    except SystemExit as leaving:
        if leaving.code == _CANCELLED:
            _leave()
        raise


def _load_and_call() -> None:
    # An import that is interrupted may fail in any way; while the commands load, nothing is begun that could be lost.
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:
        signal.signal(signal.SIGINT, _leave_at_once)
    from core.cli.app import call

    if is_ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    call()


def _leave() -> None:
    # Once a KeyboardInterrupt has passed through exec() of a text, as dataclasses use it, Python ends the process by
    # SIGINT however it was handled since: sys.exit(130) would end as -2.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(_CANCELLED)


def _leave_at_once(_number: int, _frame: object) -> None:
    _tell_cancelled()
    os._exit(_CANCELLED)


def _tell_cancelled() -> None:
    try:
        os.write(2, b"qlop: cancelled\n")
    except OSError:
        # Standard error is closed; there is nobody to tell.
        return


if __name__ == "__main__":
    main()
