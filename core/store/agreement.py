"""What the index and the run folders looked like when they were last found to agree.

Comparing thousands of folders with the index takes longer than most questions do. While neither the folders' lists nor
the number of rows has changed since, only the runs that have not ended need a look.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.store.home import Home

__all__ = ["Agreement", "FolderStamp"]

# File systems stamp changes by a coarse clock: of two changes within one tick the second may leave no trace.
_COARSEST_CLOCK_NS = 100_000_000


@dataclass(frozen=True)
class FolderStamp:
    """When a run last came into, or left, the folder of runs and the trash; 0 for a folder that is not there."""

    changed_ns: tuple[int, int]

    @classmethod
    def of(cls, home: Home) -> FolderStamp:
        """Return the stamp now; to be taken before the folders are read."""
        folders = (home.runs_folder, home.trash_folder)
        runs, trash = (folder.stat().st_mtime_ns if folder.is_dir() else 0 for folder in folders)
        return cls((runs, trash))

    @property
    def is_certain(self) -> bool:
        """Whether a change from now on must show in a later stamp."""
        return time_ns() - max(self.changed_ns) > _COARSEST_CLOCK_NS


class Agreement:
    """Remembers, for this process, what each home's folders and index were when they agreed.

    Stores are opened for one question each: what they learn is kept here. Threads may share it.
    """

    def __init__(self) -> None:
        self._agreed: dict[tuple[str, str], tuple[FolderStamp, int]] = {}

    def holds(self, home: Home, stamp: FolderStamp, row_count: int) -> bool:
        """Return whether folders and index are as they were when they agreed."""
        return self._agreed.get(_key(home)) == (stamp, row_count)

    def note(self, home: Home, stamp: FolderStamp, row_count: int) -> None:
        """Remember that they agree now."""
        if stamp.is_certain:
            self._agreed[_key(home)] = (stamp, row_count)

    def forget(self, home: Home) -> None:
        """Compare anew next time."""
        self._agreed.pop(_key(home), None)


def _key(home: Home) -> tuple[str, str]:
    return str(home.path), home.store_url
