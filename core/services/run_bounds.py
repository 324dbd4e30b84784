"""What holds a run within bounds: its turn in the queue, and its limits while it works."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

from core.base.errors import RunCancelled, RunLimitError
from core.jobs.limits import LimitWatch, RunLimits, end_descendants

if TYPE_CHECKING:
    from core.base.events import Event, StatusPayload
    from core.config.sections import LimitsConfig
    from core.config.settings import JobsSettings
    from core.jobs.queue import QueuePlace
    from core.plugin.registry import PluginRegistry
    from core.services.run_context import Observer
    from core.services.run_outcome import RunRequest
    from core.store.run_session import RunSession

__all__ = ["is_light", "most_at_once", "wait_for_turn", "watched"]

_SHARE_LEFT_AT_THE_END = 0.25
_FAILED = 1
_TELLING_S = 5.0


def most_at_once(jobs: JobsSettings, request: RunRequest) -> int | None:
    """Return how many runs may be at work beside each other, None for a run that does not wait."""
    return jobs.most_at_once if request.is_queued else None


def is_light(registry: PluginRegistry, mode: str) -> bool:
    """Return whether runs of a mode work beside whatever else is at work, as its plugin says."""
    from core.contracts.orchestrator import OrchestratorPlugin

    kind = registry.load("orchestrators", mode)
    return issubclass(kind, OrchestratorPlugin) and kind.light


def wait_for_turn(
    session: RunSession,
    place: QueuePlace,
    waiting: StatusPayload | None,
    check: Callable[[], None],
    observer: Observer,
) -> None:
    """Return once the run is running; one that has to wait says so each time it moves up.

    Raises
    ------
    RunCancelled
        If it was asked to stop meanwhile.
    """
    if waiting is None:
        return
    _tell(observer, session.events.last_event())
    place.wait(waiting, lambda status: _tell(observer, session.events.append(status)), check)
    _tell(observer, session.begin())


def _tell(observer: Observer, event: Event) -> None:
    # Who looks on may have gone away.
    with suppress(OSError):
        observer(event)


def _tell_on_stderr(error: RunLimitError) -> None:
    os.write(2, f"qlop: {error}\n".encode())


@contextmanager
def watched(
    session: RunSession,
    limits: LimitsConfig,
    jobs: JobsSettings,
    check: Callable[[], None],
    *,
    owns_process: bool,
    grace_s: float = 10.0,
    tell_end: Callable[[RunLimitError], None] = _tell_on_stderr,
) -> Iterator[Callable[[], None]]:
    """Keep a run within its limits while the block lasts, and leave nothing of one that went beyond them.

    What goes beyond one is asked to end; where it has not within the grace and owns its process, it is ended, and
    `tell_end` has the last word.

    Yields
    ------
    callable
        `check`, which also raises RunLimitError once the run is beyond a limit.
    """
    allowed = RunLimits(limits.time_s, limits.memory_mb, _SHARE_LEFT_AT_THE_END * jobs.free_disk_mb, grace_s)

    def end_by_force(error: RunLimitError) -> None:
        if session.end_now(error):
            end_descendants(session.run_id)
            # Whoever reads what is told may have stopped to: the process ends all the same.
            telling = Thread(target=tell_end, args=(error,), daemon=True)
            telling.start()
            telling.join(_TELLING_S)
            os._exit(_FAILED)

    watch = LimitWatch(allowed, session.folder.path, end_by_force if owns_process else None)

    def check_both() -> None:
        check()
        watch.check()

    try:
        with watch:
            yield check_both
    except RunCancelled:
        raise
    except BaseException as error:
        if watch.breach is None:
            raise
        # Whatever the limit's end was turned into on its way, the limit is why.
        if owns_process:
            end_descendants(session.run_id)
        raise watch.breach from error
