"""How busy this machine is, and what of it the runs of this home use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.machine import machine_memory, usable_cores
from core.store.process_record import is_alive
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.services.workbench import Workbench

__all__ = ["MachineLoad", "ProcessLoad", "machine_load", "process_loads"]


@dataclass(frozen=True)
class MachineLoad:
    """The machine as a whole.

    Attributes
    ----------
    cores, cores_for_us : int
        In the machine, and those that this process may use.
    load_1_min : float
        Processes that want a core, averaged over a minute.
    memory_used_bytes, memory_total_bytes : int
        Of main memory, or of the container's share of it.
    """

    cores: int
    cores_for_us: int
    load_1_min: float
    memory_used_bytes: int
    memory_total_bytes: int


@dataclass(frozen=True)
class ProcessLoad:
    """One process: what it does, its pid, its threads and memory, seconds since it began."""

    name: str
    pid: int
    n_threads: int
    memory_bytes: int
    cpu_s: float
    age_s: float


def machine_load() -> MachineLoad:
    """Return the machine's load now."""
    memory, cores = machine_memory(), usable_cores()
    used = memory.total_bytes - memory.free_bytes
    return MachineLoad(os.cpu_count() or cores, cores, os.getloadavg()[0], used, memory.total_bytes)


def process_loads(workbench: Workbench, run_ids: Sequence[str]) -> list[ProcessLoad]:
    """Return the dashboard's own process, the relay's, and those of runs that live on this machine."""
    from core.services.relay_process import living_relay

    wanted = [("Dashboard", os.getpid())]
    relay = living_relay(workbench.home)
    if relay is not None:
        wanted.append(("Relay", relay.process.pid))
    for run_id in run_ids:
        process = RunFolder.open(workbench.home, run_id).process()
        if process is not None and is_alive(process):
            wanted.append((f"Run {run_id[:8]}", process.pid))
    return [found for name, pid in wanted if (found := _load(name, pid)) is not None]


def _load(name: str, pid: int) -> ProcessLoad | None:
    import time

    import psutil

    try:
        process = psutil.Process(pid)
        with process.oneshot():
            spent = process.cpu_times()
            age_s = time.time() - process.create_time()
            threads, memory = process.num_threads(), process.memory_info().rss
            return ProcessLoad(name, pid, threads, memory, spent.user + spent.system, age_s)
    except psutil.Error:
        # It ended between the two looks, or is somebody else's.
        return None
