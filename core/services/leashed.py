"""`python -m core.services.leashed MODULE ARGUMENTS`: run a module as a command for as long as its starter lives.

The starter holds the other end of this process's standard input. However the starter dies, the system closes that end,
and this process ends as if it were asked to: by SIGTERM, and for good after a grace.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

__all__ = ["main"]

_GRACE_S = 5.0
_KILLED = 137


def main() -> None:
    """Run the module that the arguments name."""
    threading.Thread(target=_end_with_starter, name="leash", daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with_starter() -> None:
    # Of the file descriptor: a daemon thread that held sys.stdin's lock at exit would bring the interpreter down.
    while os.read(0, 1024):
        """Nothing is said here; the end is what counts."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os._exit(_KILLED)


if __name__ == "__main__":
    main()
