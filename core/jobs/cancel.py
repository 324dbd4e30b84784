"""End a run, all of its processes, and prove it.

1. Write the request into the run's folder: from now on, however the run ends, it ends as cancelled.
2. Ask: SIGTERM to the run's process group and to the run's processes outside it. The run's own process ends at its next
   event, with a last status.
3. After the grace, SIGKILL to whatever lives.
4. Look again until no process of the run is found, then settle the run's state.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from core.base.errors import RunError
from core.base.events import TERMINAL_STATES, RunState
from core.jobs.process import is_alive, is_here, members_of_run, start_mark
from core.jobs.watch import settle
from core.store.cancel_request import request_cancel
from core.store.home import Home
from core.store.process_record import ProcessRecord
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

__all__ = ["CancelReport", "cancel"]

_LOOK_EVERY_S = 0.02
_KILL_TIMEOUT_S = 10.0
_DYING_S = 10.0


@dataclass(frozen=True)
class CancelReport:
    """What a cancel did. When it is returned no process of the run lives.

    Attributes
    ----------
    run_id : str
        The run.
    state : RunState
        How it ended: cancelled, or what it had come to before the request.
    asked, killed : tuple of int
        Pids that were sent SIGTERM, and those that needed SIGKILL.
    elapsed_s : float
        How long it took.
    """

    run_id: str
    state: RunState
    asked: tuple[int, ...]
    killed: tuple[int, ...]
    elapsed_s: float


def cancel(home: Home, run_id: str, *, reason: str = "it was asked to stop", grace_s: float = 10.0) -> CancelReport:
    """End a run and return what it took, once none of its processes lives.

    A run that has ended is left as it is, but for workers that outlived its process: those are ended too. Neither
    the caller nor its process group as a whole is signalled.

    Raises
    ------
    RunError
        If there is no such run, a process cannot be ended, or the run lives where it cannot be ended by force (on
        another machine, inside somebody's Python session) and has not followed the request within the grace.
    StoreError
        If the request cannot be written.
    """
    began = time.monotonic()
    folder = RunFolder.open(home, run_id)
    has_ended = settle_folder(folder) in TERMINAL_STATES
    if not has_ended:
        request_cancel(folder.path, reason)
    process = folder.process()
    asked: Mapping[int, str] = {}
    killed: set[int] = set()
    if process is not None and is_here(process) and process.owns_process:
        if not (has_ended and is_alive(process)):
            asked, killed = _end_processes(process, run_id, grace_s)
    elif not has_ended:
        _wait_until_it_follows(folder, process, grace_s)
    state = settle(home, run_id, dying_s=_DYING_S)
    return CancelReport(run_id, state, tuple(asked), tuple(sorted(killed)), time.monotonic() - began)


def _end_processes(process: ProcessRecord, run_id: str, grace_s: float) -> tuple[Mapping[int, str], set[int]]:
    asked = members_of_run(process, run_id)
    _signal(process, asked, signal.SIGTERM)
    _signal(process, asked, signal.SIGCONT)  # a stopped process cannot follow while it is stopped
    _wait_until_gone(asked, grace_s)
    killed: set[int] = set()
    deadline = time.monotonic() + _KILL_TIMEOUT_S
    while living := members_of_run(process, run_id):
        if time.monotonic() > deadline:
            pids = ", ".join(map(str, sorted(living)))
            raise RunError(
                f"Run {run_id} cannot be ended: its processes {pids} outlive SIGKILL. See them with: ps -p {pids}"
            )
        killed |= living.keys()
        _signal(process, living, signal.SIGKILL)
        _wait_until_gone(living, 0.5)
    return asked, killed


def _signal(process: ProcessRecord, members: Mapping[int, str], number: signal.Signals) -> None:
    together = {pid for pid in members if _is_in_group(pid, process)}
    if together:
        # One call reaches the whole group, those included that were forked since we looked.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.group_id, number)
    for pid, mark in members.items():
        if pid not in together and start_mark(pid) == mark:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)


def _is_in_group(pid: int, process: ProcessRecord) -> bool:
    if not process.leads_group or process.group_id == os.getpgid(0):
        return False
    try:
        return os.getpgid(pid) == process.group_id
    except ProcessLookupError:
        return False


def _wait_until_gone(members: Mapping[int, str], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and any(start_mark(pid) == mark for pid, mark in members.items()):
        time.sleep(_LOOK_EVERY_S)


def _wait_until_it_follows(folder: RunFolder, process: ProcessRecord | None, grace_s: float) -> None:
    deadline = time.monotonic() + grace_s
    while settle_folder(folder) not in TERMINAL_STATES:
        if time.monotonic() > deadline:
            where = (
                "nowhere yet" if process is None else f"in process {process.pid} on {process.machine.partition(' ')[0]}"
            )
            raise RunError(
                f"Run {folder.run_id} lives {where} and cannot be ended by force from here. The request is written: it "
                "ends at its next event. Else end that process there."
            )
        time.sleep(_LOOK_EVERY_S)
