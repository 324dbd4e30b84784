"""Puts on disk what a log has been given, many lines at once, while the run goes on.

1. The writer rings after each line and waits for nothing. The line is with the operating system by then.
2. A thread puts all that has been written until now on disk with one fdatasync. A lone line is taken up at once; what
   comes meanwhile shares the next one. Where no thread can be begun, whoever rings puts the line on disk himself.
3. Between two of them lies a pause of 20 ms, or of four times what the last one took: however slow a disk is, it is
   kept busy for a fifth of the time at most.
4. What the disk refused once is lost, and the system tells it once, to one of those who ask. So it is kept here, and
   told to all of them from then on.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator

__all__ = ["DiskFollower"]

_SHORTEST_PAUSE_S = 0.02
_PAUSE_OF_WHAT_IT_TOOK = 4.0


class DiskFollower:
    """Follows one file that grows.

    Promises: `ring` may be called from any thread, and returns at once. The thread is begun by the first ring, and has
    ended when `close` returns; what was rung for before is then on disk, or the failure is told.

    Parameters
    ----------
    duplicate : callable
        Returns a descriptor of its own of the file that is written now; the follower closes it.
    """

    def __init__(self, duplicate: Callable[[], int]) -> None:
        self._duplicate = duplicate
        self._is_behind = threading.Event()
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None
        self._disk = threading.Lock()
        self._failure: OSError | None = None

    @property
    def has_failed(self) -> bool:
        """Whether anything that was written could not be put on disk."""
        return self._failure is not None

    def ring(self, descriptor: int) -> None:
        """Say that the file has grown. To be called by one thread at a time.

        Parameters
        ----------
        descriptor : int
            The file's, put on disk at once where the system gives no thread.
        """
        # Lowered before the file is put on disk: whoever still finds it raised has written before that.
        if self._is_behind.is_set():
            return
        if self._thread is not None or self._begin():
            self._is_behind.set()
        else:
            with contextlib.suppress(OSError), self.alone():
                os.fdatasync(descriptor)

    def raise_failure(self) -> None:
        """Raise the error if anything that was written could not be put on disk."""
        if self._failure is not None:
            # A new one each time: one that is raised again and again collects all of its ways.
            raise OSError(*self._failure.args)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let the caller put something on disk when the thread has ended doing so; a failure in the block is kept."""
        with self._disk:
            try:
                yield
            except OSError as error:
                self._failure = error
                raise

    def close(self) -> None:
        """Put the rest on disk, and end; a second time does nothing."""
        thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():  # it is not in a forked child
            self._is_over.set()
            self._is_behind.set()
            thread.join()

    def _begin(self) -> bool:
        thread = threading.Thread(target=self._follow, name="the log's way to the disk", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # as at the limit of processes
            return False
        self._thread = thread
        return True

    def _follow(self) -> None:
        while not self._is_over.is_set():
            self._is_behind.wait()
            self._is_behind.clear()
            begun = time.monotonic()
            self._put_on_disk()
            pause_s = _PAUSE_OF_WHAT_IT_TOOK * (time.monotonic() - begun)
            self._is_over.wait(max(_SHORTEST_PAUSE_S, pause_s))
        if self._is_behind.is_set():
            self._put_on_disk()

    def _put_on_disk(self) -> None:
        try:
            descriptor = self._duplicate()
            try:
                with self.alone():
                    os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._failure = error
