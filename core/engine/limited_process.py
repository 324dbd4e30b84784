"""Files from anywhere, looked at by a process of its own before this one loads them.

1. The process is a new interpreter, so that it has none of this one's memory, threads, open files or secrets: of the
   environment it gets what Python needs, and on standard input the bytes that it is asked about.
2. Before it reads them it limits itself (limited_child.py): memory, processor time, no writing, no other processes.
3. It answers with a line that says that it has looked, and then with a sentence where something is wrong. One that
   dies, takes too long, or ends without that line, is an answer too: what ended it would have ended this process.
   One that was ended from outside says nothing of the file, and is told as that.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from threading import Thread
from typing import IO

from core.base.process_end import end_in_words, ended_from_outside
from core.base.process_start import refused_start_told

__all__ = ["LONGEST_ANSWER", "LOOKED", "REFUSED", "USUAL_BOUNDS", "Bounds", "ask_limited_process"]

REFUSED = 3
"""The exit code with which the process refuses; its sentence is on standard output."""

LOOKED = "the file was looked at\n"
"""What standard output begins with once the question was answered: any library may end the process with a code of 0."""

LONGEST_ANSWER = 4_000
"""Bytes of it that are read, with `LOOKED`."""

_START = (
    "import json, sys; request = json.loads(sys.stdin.buffer.readline()); sys.path[:] = request['sys_path']; "
    "from core.engine.limited_child import main; main(request)"
)
# What Python and its libraries need to start, and the mark by which a dead run's processes are found and ended.
_PASSED_ON = frozenset(
    {"HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "QLOP_RUN_ID", "TEMP", "TMPDIR", "TZ"}
)
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Bounds:
    """What the process may use.

    Attributes
    ----------
    memory_bytes : int
        Of address space.
    processor_s : int
        Seconds of processor time.
    wall_s : float
        Seconds until it is ended, whatever it does.
    """

    memory_bytes: int = 8 * 1024**3
    processor_s: int = 60
    wall_s: float = 120.0


USUAL_BOUNDS = Bounds()


def ask_limited_process(question: str, content: bytes, bounds: Bounds = USUAL_BOUNDS) -> str:
    """Ask a function about bytes, in a process of its own.

    Parameters
    ----------
    question : str
        "module:function". The function takes the bytes and returns what is wrong with them; "" where nothing is.
    content : bytes
        What it is asked about: a file's content, or the path of a folder.
    bounds : Bounds
        What the process may use.

    Returns
    -------
    str
        What is wrong, a sentence; "" where nothing is.

    Raises
    ------
    RunError
        If the system has no process left for it.
    """
    with refused_start_told("reads a file first"):
        code, said, last_words = _asked(question, content, bounds)
    if code is None:
        return f"The process that read it had not ended after {bounds.wall_s:g} seconds."
    return _answer(code, _text(said), _text(last_words), bounds)


def _asked(question: str, content: bytes, bounds: Bounds) -> tuple[int | None, bytearray, bytearray]:
    """Return how it ended, None where its time was over, with what it said on standard output and error."""
    request = {"sys_path": [str(place) for place in sys.path], "question": question, "bounds": asdict(bounds)}
    process = subprocess.Popen(  # noqa: S603 - this interpreter and a constant
        [sys.executable, "-I", "-B", "-X", "utf8", "-c", _START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(os.environ),
    )
    with process:
        code, said, last_words = None, bytearray(), bytearray()
        threads = [
            Thread(target=_feed, args=(process.stdin, json.dumps(request).encode() + b"\n", content), daemon=True),
            Thread(target=_keep_end, args=(process.stdout, said), daemon=True),
            Thread(target=_keep_end, args=(process.stderr, last_words), daemon=True),
        ]
        try:
            for thread in threads:
                thread.start()
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(bounds.wall_s)
        finally:
            process.kill()
            process.wait()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
    return code, said, last_words


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in own.items() if name in _PASSED_ON} | _ONE_THREAD


def _feed(pipe: IO[bytes], *parts: bytes) -> None:
    # The process may refuse, or die, before it has read all of it.
    with suppress(BrokenPipeError), pipe:
        for part in parts:
            pipe.write(part)


def _keep_end(pipe: IO[bytes], kept: bytearray) -> None:
    """Read a pipe to its end and keep the last bytes: who writes gigabytes fills nobody's memory."""
    while part := os.read(pipe.fileno(), 65_536):
        kept += part
        del kept[:-LONGEST_ANSWER]


def _text(kept: bytearray) -> str:
    return kept.decode("utf-8", "replace")


def _answer(code: int, said: str, last_words: str, bounds: Bounds) -> str:
    if code in {0, REFUSED} and said.startswith(LOOKED):
        complaint = said.removeprefix(LOOKED).strip()
        return complaint or ("" if code == 0 else "It is refused by what reads it, which does not say why.")
    if code == -signal.SIGXCPU:
        return f"The process that read it had not ended after {bounds.processor_s} seconds of processor time."
    if ended_from_outside(code):
        return (
            f"The process that read it was ended from outside, with {end_in_words(code)}: nothing is known of it yet."
        )
    lines = last_words.strip().splitlines()
    last_line = f": {lines[-1]:.200}" if lines else ""
    return f"It ends the process that reads it, with {end_in_words(code)}{last_line}."
