"""Which process carries a run: enough to know it again, and to know that it is gone.

A pid alone is reused by the system; a pid with the moment its process started is not.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from core.base.errors import StoreError

__all__ = ["ProcessRecord", "describe_process", "is_alive", "machine_name", "start_mark"]

_DEAD_STATES = frozenset("ZXx")


@dataclass(frozen=True)
class ProcessRecord:
    """A process, told apart from all others.

    Attributes
    ----------
    pid : int
        Its number.
    start_mark : str
        When it started, exact and opaque: compared for equality only.
    group_id, session_id : int
        Its process group and session when it was recorded.
    machine : str
        The machine, and the pid namespace on it, in which the numbers mean something.
    owns_process : bool
        Whether the process exists for the run alone, so that cancelling the run may end it. False for a run inside
        somebody's Python session.
    """

    pid: int
    start_mark: str
    group_id: int
    session_id: int
    machine: str
    owns_process: bool = True

    @property
    def leads_group(self) -> bool:
        """Whether the process group is the process's own."""
        return self.group_id == self.pid

    def to_json(self) -> dict[str, str | int | bool]:
        """Return the form that process.json holds."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> ProcessRecord:
        """Read the form that process.json holds.

        Raises
        ------
        StoreError
            If a field is missing, unknown or of another type.
        """
        try:
            record = cls(**value)  # type: ignore[arg-type]
        except TypeError as error:
            raise StoreError(f"process.json does not describe a process: {error}.") from error
        if not isinstance(record.pid, int) or record.pid <= 0 or not isinstance(record.start_mark, str):
            raise StoreError(f"process.json does not describe a process: pid is {record.pid!r}.")
        return record


def describe_process(pid: int | None = None, *, owns_process: bool = True) -> ProcessRecord:
    """Return the record of a process, by default of this one.

    Raises
    ------
    ProcessLookupError
        If there is no such process.
    """
    pid = os.getpid() if pid is None else pid
    mark = start_mark(pid)
    if mark is None:
        raise ProcessLookupError(pid)
    return ProcessRecord(pid, mark, os.getpgid(pid), os.getsid(pid), machine_name(), owns_process)


def is_alive(record: ProcessRecord) -> bool:
    """Return whether the very process of `record` lives. A zombie is dead, a stopped process lives.

    Ask only on the machine of the record; see `machine_name`.
    """
    return start_mark(record.pid) == record.start_mark


def start_mark(pid: int) -> str | None:
    """Return when the process `pid` started, as an opaque mark, or None if it is gone or a zombie."""
    try:
        # The command's name, in parentheses, may hold any character; what follows the last one is plain.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None if Path("/proc/self/stat").exists() else start_mark_by_clock(pid)
    return None if fields[0] in _DEAD_STATES else f"{_boot_id()}:{fields[19]}"


def start_mark_by_clock(pid: int) -> str | None:
    """Return the mark where there is no /proc: the wall clock's moment of the start."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.NoSuchProcess:
        return None


def machine_name() -> str:
    """Return the machine's name and the pid namespace, within which pids can be compared."""
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return f"{platform.node()} {namespace}".strip()


def _boot_id() -> str:
    # Ticks since boot repeat after a reboot; the boot's own id does not.
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
