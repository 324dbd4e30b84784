"""A run's limits of time, memory and disk space, kept by a thread of the run's own process.

1. Four times a second the thread looks how long the run has worked, how much memory its processes hold and how much
   is left on the disk.
2. Beyond a limit the run is asked to end: its next event, or look whether it was cancelled, raises the reason.
3. A run that does not come to an event within the grace is ended by the thread: last status, everything that it
   started, then the process. Inside somebody's Python session the process is not the run's, and only the asking counts.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from core.base.errors import RunLimitError
from core.jobs.process import descendants_of_run
from core.store.disk_room import free_megabytes
from core.store.process_record import ProcessRecord, describe_process, start_mark

__all__ = ["LimitWatch", "RunLimits", "end_descendants", "memory_megabytes"]

_LOOK_EVERY_S = 0.25
_FAR_BEYOND = 1.5
_KILL_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class RunLimits:
    """What a run may take; None is as much as it likes.

    Attributes
    ----------
    time_s : float or None
        Seconds since the watch began.
    memory_mb : float or None
        Megabytes of the process and its descendants.
    free_disk_mb : float
        Megabytes that must be left on the disk of the run's folder.
    grace_s : float
        How long the run has to come to its next event. Where memory or disk run out it is a fifth of it.
    """

    time_s: float | None = None
    memory_mb: float | None = None
    free_disk_mb: float = 0.0
    grace_s: float = 10.0


class LimitWatch:
    """Watches a run in a `with` block.

    Promises: `check` may be called from any thread. `force` is called once at most, from the watch's thread, where the
    run has not ended within the grace; None where the process is not the run's own.
    """

    def __init__(self, limits: RunLimits, folder: Path, force: Callable[[RunLimitError], None] | None = None) -> None:
        self._limits = limits
        self._folder = folder
        self._force = force
        self._found: tuple[RunLimitError, float] | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="limits of the run", daemon=True)
        self._began = time.monotonic()

    @property
    def breach(self) -> RunLimitError | None:
        """Which limit the run is beyond."""
        return None if self._found is None else self._found[0]

    def check(self) -> None:
        """Raise RunLimitError once the run is beyond a limit."""
        if self._found is not None:
            raise self._found[0]

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._found = self._beyond()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while self._found is None:
            if self._is_over.wait(_LOOK_EVERY_S):
                return
            self._found = self._beyond()
        breach, grace_s = self._found
        if not self._is_over.wait(grace_s) and self._force is not None:
            self._force(breach)

    def _beyond(self) -> tuple[RunLimitError, float] | None:
        limits = self._limits
        if limits.time_s is not None and time.monotonic() - self._began > limits.time_s:
            return _too_long(limits.time_s), limits.grace_s
        if limits.memory_mb is not None and (used_mb := memory_megabytes(limits.memory_mb)) > limits.memory_mb:
            is_far = used_mb > _FAR_BEYOND * limits.memory_mb
            return _too_large(used_mb, limits.memory_mb), 0.0 if is_far else limits.grace_s / 5
        with suppress(OSError):
            free_mb = free_megabytes(self._folder)
            if free_mb < limits.free_disk_mb:
                return _too_full(self._folder, free_mb, limits.free_disk_mb), limits.grace_s / 5
        return None


def memory_megabytes(enough_mb: float = 0.0) -> float:
    """Return the resident memory of this process and its descendants, in megabytes.

    Pages that processes share are counted once for each of them; where that makes more than `enough_mb`, they are
    divided among those that share them, which takes longer to find out.
    """
    own = psutil.Process()
    family = [own, *own.children(recursive=True)]
    resident_mb = sum(_megabytes(process, "rss") for process in family)
    if resident_mb <= enough_mb or len(family) == 1:
        return resident_mb
    return sum(_megabytes(process, "pss") for process in family)


def end_descendants(run_id: str, record: ProcessRecord | None = None) -> None:
    """Kill whatever this process's run has started, and return once none of it is found."""
    record = record or describe_process()
    deadline = time.monotonic() + _KILL_TIMEOUT_S
    while (living := descendants_of_run(record, run_id)) and time.monotonic() < deadline:
        for pid, mark in living.items():
            if start_mark(pid) == mark:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _megabytes(process: psutil.Process, kind: str) -> float:
    try:
        found = process.memory_info() if kind == "rss" else process.memory_full_info()
    except psutil.Error:
        return 0.0
    return float(getattr(found, kind, found.rss)) / 1e6


def _too_long(time_s: float) -> RunLimitError:
    return RunLimitError(
        f"The run has worked for {time_s:,g} s, which is all that limits.time_s allows. Allow more, or ask for less: "
        "fewer tickers, a shorter period, a smaller model."
    )


def _too_large(used_mb: float, memory_mb: float) -> RunLimitError:
    return RunLimitError(
        f"The run's processes hold {used_mb:,.0f} MB of memory, and limits.memory_mb allows {memory_mb:,g}. "
        "Allow more, or ask for less: fewer tickers, a shorter period, a smaller model, a lower thread_count."
    )


def _too_full(folder: Path, free_mb: float, needed_mb: float) -> RunLimitError:
    return RunLimitError(
        f"The disk of {folder} has {free_mb:,.0f} MB left; a run ends at {needed_mb:,.0f} MB, a quarter of "
        "jobs.free_disk_mb, while its last words still fit. Make room, as with: qlop runs prune --older-than 30d "
        "--empty-trash"
    )
