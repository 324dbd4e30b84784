"""Ends what a run has started, should the run itself be killed.

A process that dies by SIGKILL, or of memory, says nothing to the processes that it started; they would go on without
it. A small process of its own waits for the end. It holds the other end of a pipe, which the system closes however the
run dies.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from core.base.process_start import refused_start_told
from core.jobs.process import ProcessRecord, descendants_of_run, describe_process, members_of_run, start_mark
from core.jobs.signals import hold_back_signals

__all__ = ["guarded"]

_GOODBYE = b"."
_KILL_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.02
# A forked worker must not hold the run's end of the pipe: it would keep the run alive for the guardian.
_ends_of_runs: set[int] = set()


@contextmanager
def guarded(run_id: str) -> Iterator[None]:
    """Have what the block starts ended, if this process is killed within it.

    What the block leaves behind when it ends by itself is left alone. Processes are found by the run's mark in their
    environment, which they have from its session, and by the process group where the run leads one.

    Raises
    ------
    RunError
        If the system has no process or pipe left for the guardian.
    """
    guardian, runs_end = _start_guardian(describe_process(os.getpid()), run_id)
    try:
        yield
    finally:
        _ends_of_runs.discard(runs_end)
        with suppress(OSError):
            os.write(runs_end, _GOODBYE)
        os.close(runs_end)
        with suppress(ChildProcessError):
            os.waitpid(guardian, 0)


def _start_guardian(record: ProcessRecord, run_id: str) -> tuple[int, int]:
    """Return the guardian's pid and the run's end of the pipe."""
    with refused_start_told("guards the run"):
        guardians_end, runs_end = os.pipe()
        try:
            # Ctrl-C is for the run: what comes from here on waits, for the guardian without end.
            with hold_back_signals():
                guardian = os.fork()
                if guardian == 0:
                    _guard(guardians_end, record, run_id)
        except OSError:
            os.close(guardians_end)
            os.close(runs_end)
            raise
    os.close(guardians_end)
    _ends_of_runs.add(runs_end)
    return guardian, runs_end


def _guard(pipe: int, record: ProcessRecord, run_id: str) -> NoReturn:
    try:
        _let_go_of_all_but(pipe)
        if os.read(pipe, 1) != _GOODBYE:
            _kill_what_is_left(record, run_id)
    finally:
        # Nothing that this copy of the run's process holds may be flushed, unlocked or removed a second time.
        os._exit(0)


def _let_go_of_all_but(pipe: int) -> None:
    # Of the run's terminal, pipes and files.
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    for first, last in ((3, pipe), (pipe + 1, os.sysconf("SC_OPEN_MAX"))):
        os.closerange(first, last)


def _kill_what_is_left(record: ProcessRecord, run_id: str) -> None:
    deadline = time.monotonic() + _KILL_WITHIN_S
    while time.monotonic() < deadline:
        # A group that the run leads is all its own; in a script's group others work beside it.
        left = members_of_run(record, run_id) if record.leads_group else descendants_of_run(record, run_id)
        left.pop(os.getpid(), None)
        if not left:
            return
        for pid, mark in left.items():
            if start_mark(pid) == mark:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(_LOOK_EVERY_S)


def _forget_in_forked_child() -> None:
    for descriptor in _ends_of_runs:
        with suppress(OSError):
            os.close(descriptor)
    _ends_of_runs.clear()


os.register_at_fork(after_in_child=_forget_in_forked_child)
