"""The tasks that a relay has open: opened on first need, forgotten when nobody uses them, within bounds of memory."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from core.relay.frames import FrameError, unreadable
from core.relay.limits import RelayLimits
from core.relay.raw_log import READ_ERRORS, OpenLog
from core.relay.search import LogSearch
from core.relay.tokens import TokenClaims
from core.relay.topic import Topic

__all__ = ["Topics"]

_LOG = logging.getLogger(__name__)
_SEARCH_THREADS = 2
_SMALLEST_RING_BYTES = 64 * 1024


class Topics:
    """The open tasks of one relay; used from the event loop's thread alone."""

    def __init__(self, open_log: OpenLog, limits: RelayLimits) -> None:
        self._open_log = open_log
        self._limits = limits
        self._clock = asyncio.get_running_loop().time
        self._opened: dict[str, Topic] = {}
        self._opening: dict[str, asyncio.Task[Topic]] = {}
        self._expected: Counter[str] = Counter()
        self._searchers = ThreadPoolExecutor(_SEARCH_THREADS, thread_name_prefix="relay search")
        self._is_open = True

    async def enter(self, claims: TokenClaims) -> Topic:
        """Return the task of a token, up to date, and count one more user of it.

        Raises
        ------
        FrameError
            unknown_task, unreadable, or too_many_tasks.
        """
        with self._expecting(claims.task_id):
            topic = self._opened.get(claims.task_id) or await self._open(claims)
            topic.users += 1
        try:
            await topic.refresh()
        except READ_ERRORS as error:
            self.leave(topic)
            _LOG.exception("the log of task %s cannot be read", claims.task_id)
            raise unreadable() from error
        return topic

    def leave(self, topic: Topic) -> None:
        """Count one user less."""
        topic.users -= 1
        topic.idle_since = self._clock()

    async def search(self, search: LogSearch) -> bytes:
        """Run a search in a thread of its own kind, and return its answer."""
        is_wanted = True

        def still_wanted() -> bool:
            return is_wanted and self._is_open

        try:
            return await asyncio.get_running_loop().run_in_executor(self._searchers, search.run, still_wanted)
        finally:
            is_wanted = False

    async def poll(self) -> None:
        """Look whether the logs of watched tasks have grown without word from a publisher; forget who is idle."""
        for topic in list(self._opened.values()):
            if topic.users:
                try:
                    await topic.refresh()
                except READ_ERRORS:
                    _LOG.warning("the log of task %s cannot be read", topic.task_id, exc_info=True)
        self._forget_idle(self._limits.idle_task_s)

    def close(self) -> None:
        """Send what waits, and end searches."""
        self._is_open = False
        self._searchers.shutdown(wait=False, cancel_futures=True)
        for topic in self._opened.values():
            topic.close()

    async def _open(self, claims: TokenClaims) -> Topic:
        opening = self._opening.get(claims.task_id)
        if opening is None:
            self._make_room()
            opening = asyncio.create_task(self._make(claims))
            self._opening[claims.task_id] = opening
        return await asyncio.shield(opening)

    @contextmanager
    def _expecting(self, task_id: str) -> Iterator[None]:
        # Between the opening of a task and the turn in which its first user takes it, nobody counts as its user: it is
        # not idle all the same, or the user would hold a task that nobody else can find.
        self._expected[task_id] += 1
        try:
            yield
        finally:
            self._expected[task_id] -= 1
            if not self._expected[task_id]:
                del self._expected[task_id]

    async def _make(self, claims: TokenClaims) -> Topic:
        try:
            log = await asyncio.to_thread(self._open_log, claims.task_id)
        except READ_ERRORS as error:
            _LOG.warning("the log of task %s cannot be opened", claims.task_id, exc_info=True)
            raise unreadable() from error
        finally:
            del self._opening[claims.task_id]
        if log is None and claims.role == "subscribe":
            raise FrameError(
                "unknown_task", f"There is no task {claims.task_id} here; this relay knows the runs of one home."
            )
        topic = Topic(claims.task_id, log, self._limits)
        self._opened[claims.task_id] = topic
        self._share_memory()
        return topic

    def _make_room(self) -> None:
        if len(self._opened) + len(self._opening) < self._limits.tasks:
            return
        self._forget_idle(0.0)
        if len(self._opened) + len(self._opening) >= self._limits.tasks:
            told = f"{self._limits.tasks} tasks are open, the most that this relay serves at one time. Try again later."
            raise FrameError("too_many_tasks", told)

    def _forget_idle(self, idle_s: float) -> None:
        now = self._clock()
        unused = [topic for topic in self._opened.values() if not topic.users and topic.task_id not in self._expected]
        idle = [topic for topic in unused if now - topic.idle_since >= idle_s]
        for topic in idle:
            del self._opened[topic.task_id]
            topic.close()
        if idle:
            self._share_memory()

    def _share_memory(self) -> None:
        limits = self._limits
        share = max(_SMALLEST_RING_BYTES, limits.all_rings_bytes // max(1, len(self._opened)))
        for topic in self._opened.values():
            topic.ring_bytes = min(limits.ring_bytes, share)
            topic.ring.trim(limits.ring_events, topic.ring_bytes)
