"""Scan plugin modules in a process of their own, so that none of them can hang or end this one.

1. One process imports all units in turn, and says before each one that it begins.
2. A unit that takes too long, or with which the process ends, is quarantined; a new process goes on after it.
3. Where somebody asked the process to end (SIGTERM, as a cancelled run's processes get it), nothing is known of the
   unit: it is not usable now, and is not remembered as broken.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from queue import Empty, Queue
from threading import Thread
from typing import IO

from core.base.errors import PluginError
from core.base.process_end import end_in_words, ended_from_outside
from core.base.process_start import refused_start_told
from core.plugin.scan_outcome import ScanOutcome
from core.plugin.scan_unit import ScanUnit

__all__ = ["scan_isolated"]

_START = (
    "import json, os, sys; request = json.load(sys.stdin); sys.path[:] = request['sys_path']; "
    "os.dup2(os.open(os.devnull, os.O_RDONLY), 0); "
    "from core.plugin.scan_process import main; main(request)"
)
_LAST_WORDS_LENGTH = 4000
_START_LIMIT_S = 60.0

_Scanner = tuple["subprocess.Popen[str]", "Queue[str]", IO[bytes]]


def scan_isolated(units: Sequence[ScanUnit], qlop_version: str, limit_s: float) -> list[ScanOutcome]:
    """Return the outcome of each unit, in order.

    Parameters
    ----------
    units : sequence of ScanUnit
        What to import.
    qlop_version : str
        Version that `requires_qlop` is held against.
    limit_s : float
        How long one unit may take. The process itself may take longer to start, on a busy machine.

    Raises
    ------
    PluginError
        If the process does not even start.
    RunError
        If the system has no process left for it.
    """
    outcomes: list[ScanOutcome] = []
    while len(outcomes) < len(units):
        outcomes += _scan_until_trouble(units[len(outcomes) :], qlop_version, limit_s)
    return outcomes


def _scan_until_trouble(units: Sequence[ScanUnit], qlop_version: str, limit_s: float) -> list[ScanOutcome]:
    outcomes: list[ScanOutcome] = []
    has_begun = False
    with _scanner(units, qlop_version) as (process, answers, last_words):
        while len(outcomes) < len(units):
            try:
                line = answers.get(timeout=limit_s if has_begun else max(limit_s, _START_LIMIT_S))
            except Empty:
                _check_begun(has_begun, "no answer", last_words)
                return [*outcomes, _too_slow(limit_s)]
            message = json.loads(line) if line else None
            if message is None:
                code = process.wait()
                _check_begun(has_begun, end_in_words(code), last_words)
                return [*outcomes, _ended(code, _read_end(last_words))]
            has_begun = has_begun or "begin" in message
            if "end" in message:
                outcomes.append(ScanOutcome.from_json(message["outcome"]))
    return outcomes


@contextmanager
def _scanner(units: Sequence[ScanUnit], qlop_version: str) -> Iterator[_Scanner]:
    request = {
        "sys_path": [str(place) for place in sys.path],
        "units": [asdict(unit) for unit in units],
        "qlop_version": qlop_version,
    }
    with tempfile.TemporaryFile() as last_words:
        with refused_start_told("looks at plugins"):
            process, answers, reader = _started(last_words)
        try:
            with suppress(BrokenPipeError):
                _send(process, json.dumps(request))
            yield process, answers, last_words
        finally:
            _end(process, reader)


def _started(last_words: IO[bytes]) -> tuple[subprocess.Popen[str], Queue[str], Thread]:
    process = subprocess.Popen(  # noqa: S603 - this interpreter and a constant
        [sys.executable, "-P", "-X", "utf8", "-c", _START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=last_words,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    answers: Queue[str] = Queue()
    reader = Thread(target=_read_lines, args=(process, answers), name="qlop-plugin-scan", daemon=True)
    try:
        reader.start()
    except RuntimeError:
        process.kill()
        process.communicate()
        raise
    return process, answers, reader


def _send(process: subprocess.Popen[str], text: str) -> None:
    if process.stdin is not None:
        with process.stdin as pipe:
            pipe.write(text)


def _read_lines(process: subprocess.Popen[str], lines: Queue[str]) -> None:
    """Queue the process's lines; an empty text says that there are no more."""
    for line in process.stdout or ():
        lines.put(line)
    lines.put("")


def _end(process: subprocess.Popen[str], reader: Thread) -> None:
    """End the process and whatever it started."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    reader.join(timeout=1.0)
    # What escaped the group may still hold the pipe's other end; then closing ours would wait for it.
    if process.stdout is not None and not reader.is_alive():
        process.stdout.close()


def _check_begun(has_begun: bool, what: str, last_words: IO[bytes]) -> None:
    if not has_begun:
        raise PluginError(f"The process that looks at plugins does not start ({what}): {_read_end(last_words)}")


def _too_slow(limit_s: float) -> ScanOutcome:
    problem = (
        f"Its import took longer than {limit_s:g} s and was ended. Import heavy libraries and do work inside methods."
    )
    return ScanOutcome(problem=problem, is_failure=True)


def _ended(code: int, last_words: str) -> ScanOutcome:
    if ended_from_outside(code):
        problem = f"Its import was ended with {end_in_words(code)}, by which processes are asked to end. Look again."
        return ScanOutcome(problem=problem, is_failure=True, is_unfinished=True)
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return ScanOutcome(problem=f"Its import ended the process ({how}).", traceback=last_words, is_failure=True)


def _read_end(file: IO[bytes]) -> str:
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - _LAST_WORDS_LENGTH))
    return file.read().decode("utf-8", "replace").strip()
