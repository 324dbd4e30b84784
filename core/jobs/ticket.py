"""A ticket of the queue: a numbered file that its owner keeps locked.

The operating system lets go of the lock when the owner dies, however it dies; a ticket whose lock is free is nobody's.

1. To take one: lock the file of the next number, then look again. If the file was taken away meanwhile, or a greater
   number has come, the place is given up and taken anew, so that a number once held has none but later ones after it.
2. Only who holds a file's lock removes the file: the owner at the end, or whoever finds that the owner is dead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Self

from core.base.errors import StoreError
from core.store.run_lock import RunLock

__all__ = ["TICKET_VARIABLE", "Ticket"]

TICKET_VARIABLE = "QLOP_QUEUE_TICKET"
"""Names the ticket that a process was given by its starter: the open file's number and the file."""

_NAME = re.compile(r"^[0-9]{12}\.ticket$")


class Ticket:
    """A place in the queue that lies in `folder`, held until `give_up` or the death of the process.

    Attributes
    ----------
    number : int
        Smaller ones came before.
    """

    def __init__(self, lock: RunLock) -> None:
        self._lock = lock
        self.number = int(lock.path.stem)

    @classmethod
    def take(cls, folder: Path) -> Ticket:
        """Return a new ticket, after all others.

        Raises
        ------
        StoreError
            If the folder cannot be written to.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            while True:
                path = folder / f"{max(_numbers(folder), default=0) + 1:012d}.ticket"
                lock = RunLock.try_take(path)
                if lock is None:
                    continue
                if lock.is_in_place and max(_numbers(folder)) == int(path.stem):
                    return cls(lock)
                _remove(lock)
        except OSError as error:
            raise StoreError(f"The queue {folder} cannot be written: {error.strerror or error}.") from error

    @classmethod
    def inherited(cls, folders: Iterable[Path], environment: MutableMapping[str, str]) -> Ticket | None:
        """Return the ticket that this process's starter took for it, or None where there is none; asked once."""
        given, _, name = environment.pop(TICKET_VARIABLE, "").partition(":")
        if not given.isdecimal() or not _NAME.match(name):
            return None
        adopted = (RunLock.adopt(folder / name, int(given)) for folder in folders)
        return next((cls(lock) for lock in adopted if lock is not None), None)

    @property
    def folder(self) -> Path:
        """The folder of the queue that it is a place in."""
        return self._lock.path.parent

    @property
    def is_held(self) -> bool:
        """Whether this process holds the ticket."""
        return self._lock.is_held

    def for_child(self) -> tuple[int, Mapping[str, str]]:
        """Return the open file that a child process is to inherit, and what its environment says of it."""
        return self._lock.descriptor, {TICKET_VARIABLE: f"{self._lock.descriptor}:{self._lock.path.name}"}

    def hand_over(self) -> None:
        """Close this process's copy: from now on the child that inherited the ticket holds it alone."""
        self._lock.release()

    def tickets_before(self) -> int:
        """Return how many living owners have smaller numbers; what the dead left is removed.

        Raises
        ------
        StoreError
            If the folder cannot be read or written.
        """
        folder = self._lock.path.parent
        try:
            return sum(_is_held(folder / f"{found:012d}.ticket") for found in _numbers(folder) if found < self.number)
        except OSError as error:
            raise StoreError(f"The queue {folder} cannot be read: {error.strerror or error}.") from error

    def give_up(self) -> None:
        """Leave the queue; a second time does nothing."""
        if self._lock.is_held:
            _remove(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.give_up()


def _numbers(folder: Path) -> list[int]:
    return [int(name.partition(".")[0]) for name in os.listdir(folder) if _NAME.match(name)]  # noqa: PTH208 - names alone


def _is_held(path: Path) -> bool:
    lock = RunLock.try_take(path)
    if lock is None:
        return True
    _remove(lock)
    return False


def _remove(lock: RunLock) -> None:
    # The file of that name may be another's by now.
    try:
        if lock.is_in_place:
            lock.path.unlink()
    finally:
        lock.release()
