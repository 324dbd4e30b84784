"""The lock that a run holds while it lives.

The operating system lets go of it when the process dies, however it dies, so holding it is the proof of life. A zombie
whose threads have all ended holds no files and thus no lock; a stopped process holds on to it.
docs/decisions/0002-run-locks-and-process-groups.md says why it is `flock`.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakSet

from core.base.errors import RunError, StoreError

__all__ = ["RunLock"]

_RETRY_S = 0.02


class RunLock:
    """An exclusive lock on one file, between processes and within one.

    Promises: the lock is held from `take` or `try_take` until `release` or the death of the process. Programs that this
    process starts do not inherit it, and neither do forked workers, so an orphan cannot keep a dead run alive.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        _held.add(self)

    @classmethod
    def try_take(cls, path: Path) -> RunLock | None:
        """Return the lock, or None where somebody else holds it.

        Raises
        ------
        StoreError
            If the lock file cannot be opened.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise StoreError(f"The lock {path} cannot be opened: {error.strerror or error}.") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                return None
            raise StoreError(f"{path} cannot be locked: {error.strerror or error}. Use a local file system.") from error
        return cls(path, descriptor)

    @classmethod
    def take(cls, path: Path, *, timeout_s: float = 10.0) -> RunLock:
        """Return the lock, waiting for it at most `timeout_s`: lookers hold it for milliseconds.

        Raises
        ------
        RunError
            If somebody else holds it all the while.
        StoreError
            If the lock file cannot be opened.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            lock = cls.try_take(path)
            if lock is not None:
                return lock
            if time.monotonic() >= deadline:
                raise RunError(f"Another process holds the lock {path}: that run is alive. Use a new run id.")
            time.sleep(_RETRY_S)

    @classmethod
    def adopt(cls, path: Path, descriptor: int) -> RunLock | None:
        """Return the lock that this process inherited as an open file; None if that is not the file at `path`.

        The starter took it, and passed its descriptor on when it started this process for this very end.
        """
        if not _is_file_at(path, descriptor):
            return None
        os.set_inheritable(descriptor, False)
        return cls(path, descriptor)

    @property
    def is_held(self) -> bool:
        """Whether this process holds the lock through this object."""
        return self._descriptor >= 0

    @property
    def is_in_place(self) -> bool:
        """Whether the file at `path` is still the locked one; another process may have removed it meanwhile."""
        return _is_file_at(self.path, self._descriptor)

    @property
    def descriptor(self) -> int:
        """The open file, to be passed on to a process that takes the lock over; negative once it is released."""
        return self._descriptor

    def release(self) -> None:
        """Let go; a second time does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


def _is_file_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


# The only module-level state of this floor: a fork must reach every lock to let go of the copies it was given.
_held: WeakSet[RunLock] = WeakSet()


def _forget_in_forked_child() -> None:
    for lock in list(_held):
        lock.release()


os.register_at_fork(after_in_child=_forget_in_forked_child)
