"""The process in which a file from anywhere is read first (limited_process.py starts it).

1. It bounds its memory, its processor time, the files that it may write (none) and the processes that it may start.
2. An audit hook refuses what no reader of a model needs: starting programs, writing or removing files, connecting.
   That is no sandbox for code that already runs here; it stops what a reader was talked into by the file.
3. Then it imports the function that it is asked, reads the bytes, says that it has, and the function's sentence.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from core.engine.limited_process import LONGEST_ANSWER, LOOKED, REFUSED

__all__ = ["main"]

_REFUSED_EVENTS = (
    "os.chmod",
    "os.chown",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.spawn",
    "os.symlink",
    "os.system",
    "os.truncate",
    "pty.spawn",
    "shutil.",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.send",
    "subprocess.Popen",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def main(request: Mapping[str, Any]) -> None:
    """Answer one request, then end at once, whatever threads a library started."""
    bounds = request["bounds"]
    _limit_this_process(bounds["memory_bytes"], bounds["processor_s"])
    answers = os.dup(1)
    # What libraries print is no answer.
    os.dup2(2, 1)
    content = sys.stdin.buffer.read()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    module, _, function = request["question"].partition(":")
    ask = getattr(import_module(module), function)
    sys.addaudithook(_refuse_deeds)
    try:
        complaint: str = ask(content)
    except MemoryError:
        complaint = f"Reading it takes more than {bounds['memory_bytes'] >> 20:,} MiB of memory."
    os.write(answers, f"{LOOKED}{complaint}".encode("utf-8", "replace")[:LONGEST_ANSWER])
    os._exit(REFUSED if complaint else 0)


def _limit_this_process(memory_bytes: int, processor_s: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: processor_s,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _refuse_deeds(event: str, arguments: tuple[Any, ...]) -> None:
    writes = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & _WRITING)
    if writes or event.startswith(_REFUSED_EVENTS):
        raise PermissionError(f"the file asks for {event} {arguments!r:.200}, and was refused")
