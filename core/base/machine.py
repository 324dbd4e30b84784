"""What this process may use of its machine: the cores and the memory that whoever started it allows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import ceil

from core.base.control_groups import group_cores, group_memory

__all__ = ["MachineMemory", "machine_memory", "usable_cores"]


@dataclass(frozen=True)
class MachineMemory:
    """Main memory: the machine's, or the container's where that is less.

    Attributes
    ----------
    total_bytes : int
        In all.
    free_bytes : int
        What may be taken now, with what the system would give up for it.
    """

    total_bytes: int
    free_bytes: int


def machine_memory() -> MachineMemory:
    """Return the memory that this process may use, now."""
    import psutil

    machine, group = psutil.virtual_memory(), group_memory()
    if group is None:
        return MachineMemory(int(machine.total), int(machine.available))
    return MachineMemory(min(machine.total, group.limit_bytes), min(machine.available, group.free_bytes))


def usable_cores() -> int:
    """Return how many cores this process may use: a container's share counts, and half a core is one."""
    allowed, share = len(os.sched_getaffinity(0)), group_cores()
    return allowed if share is None else max(1, min(allowed, ceil(share)))
