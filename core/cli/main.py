"""The entry of the command line: small, so that Ctrl-C and SIGTERM end it with 130 from its first moment on.

1. While the commands load, a signal ends the process at once: nothing is begun that could be lost.
2. While a command works, a signal raises KeyboardInterrupt in it, unless the command does better: runs, `ui`, `relay`.
3. Once it is known how the command ends, a signal changes the exit code no more.

In a run's process that another one started, signals are held back until the run heeds them: it has begun already.
"""

from __future__ import annotations

import atexit
import os
import signal
from contextlib import suppress
from types import FrameType
from typing import NoReturn

__all__ = ["main"]

_CANCELLED = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AS_PYTHON_BEGINS = (signal.SIG_DFL, signal.default_int_handler)


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
        _let_nothing_change(leaving.code)
        raise


def _load_and_call() -> None:
    # What the process was told to ignore (nohup) stays ignored. An import that is interrupted may fail in any way.
    ours = [number for number in _SIGNALS if signal.getsignal(number) in _AS_PYTHON_BEGINS]
    for number in ours:
        signal.signal(number, _leave_at_once)
    from core.cli.app import call
    from core.cli.interruption import interrupt

    for number in ours:
        signal.signal(number, interrupt)
    call()


def _let_nothing_change(code: object) -> None:
    """Let Python end the process with `code` whatever comes; where its end takes long, a signal ends it at once."""
    from core.cli.streams import flush_streams

    flush_streams()

    def leave_with_code(_number: int, _frame: FrameType | None) -> NoReturn:
        os._exit(code if isinstance(code, int) else int(code is not None))

    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, leave_with_code)
    # Towards its very end Python takes its handlers back, and a signal would be the exit code.
    atexit.register(_ignore_signals)


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _leave() -> NoReturn:
    # Once a KeyboardInterrupt has passed through exec() of a text, as dataclasses use it, Python ends the process by
    # SIGINT however it was handled since: sys.exit(130) would end as -2.
    from core.cli.streams import flush_streams

    flush_streams()
    os._exit(_CANCELLED)


def _leave_at_once(_number: int, _frame: FrameType | None) -> NoReturn:
    _tell_cancelled()
    os._exit(_CANCELLED)


def _tell_cancelled() -> None:
    with suppress(OSError):  # standard error is closed; there is nobody to tell
        os.write(2, b"qlop: cancelled\n")


if __name__ == "__main__":
    main()
