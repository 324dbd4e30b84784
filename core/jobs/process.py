"""The processes of a run: its own, its group's, and whatever it started that went its own way.

A process belongs to a run if it is in the run's process group (where the run leads one), descends from the run's
process, or bears the run's mark in its environment. The mark is what finds a descendant that left the group and whose
parent is gone.
"""

from __future__ import annotations

import contextlib
import os

import psutil

from core.store.process_mark import RUN_ID_VARIABLE
from core.store.process_record import ProcessRecord, describe_process, is_alive, machine_name, start_mark

__all__ = [
    "ProcessRecord",
    "descendants_of_run",
    "describe_process",
    "is_alive",
    "is_here",
    "members_of_group",
    "members_of_run",
    "start_mark",
]


def is_here(record: ProcessRecord) -> bool:
    """Return whether the record's pid means something on this machine, in this pid namespace."""
    return record.machine == machine_name()


def members_of_group(group_id: int) -> list[int]:
    """Return the pids in a process group that live; zombies do not."""
    return [pid for pid in psutil.pids() if _group_of(pid) == group_id and start_mark(pid) is not None]


def members_of_run(record: ProcessRecord, run_id: str) -> dict[int, str]:
    """Return the living processes of a run, start mark by pid, the calling process left out.

    Parameters
    ----------
    record : ProcessRecord
        The run's process, which may be dead.
    run_id : str
        The mark to look for.
    """
    found = {pid: mark for pid in psutil.pids() if _bears_mark(pid, run_id) and (mark := start_mark(pid))}
    if is_alive(record):
        found |= _with_descendants(record)
    if record.leads_group and record.group_id != os.getpgid(0):
        found |= _group_of_run(record)
    found.pop(os.getpid(), None)
    return found


def descendants_of_run(record: ProcessRecord, run_id: str) -> dict[int, str]:
    """Return the living processes that a run's living process started, start mark by pid, itself left out.

    Unlike `members_of_run` this leaves those of its group alone that a shell started beside it, such as `| tee log`.
    """
    found = {pid: mark for pid in psutil.pids() if _bears_mark(pid, run_id) and (mark := start_mark(pid))}
    found |= _with_descendants(record)
    found.pop(record.pid, None)
    return found


def _with_descendants(record: ProcessRecord) -> dict[int, str]:
    found = {record.pid: record.start_mark}
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(record.pid).children(recursive=True):
            mark = start_mark(child.pid)
            if mark is not None:
                found[child.pid] = mark
    return found


def _group_of_run(record: ProcessRecord) -> dict[int, str]:
    # Once the group is empty its number is free again. It is another's if another process bears the number; orphans
    # are the run's if they are in its session and no older than its process.
    if start_mark(record.pid) not in (None, record.start_mark):
        return {}
    found = {pid: start_mark(pid) for pid in members_of_group(record.group_id)}
    return {pid: mark for pid, mark in found.items() if mark is not None and _is_of_session(pid, mark, record)}


def _is_of_session(pid: int, mark: str, record: ProcessRecord) -> bool:
    boot, _, moment = mark.rpartition(":")
    boot_of_run, _, moment_of_run = record.start_mark.rpartition(":")
    try:
        return os.getsid(pid) == record.session_id and boot == boot_of_run and float(moment) >= float(moment_of_run)
    except (ProcessLookupError, ValueError):
        return False


def _bears_mark(pid: int, run_id: str) -> bool:
    try:
        return psutil.Process(pid).environ().get(RUN_ID_VARIABLE) == run_id
    except (psutil.Error, OSError):
        return False


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return None
