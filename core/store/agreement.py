"""What the index and the run folders looked like when they were last found to agree.

Comparing thousands of folders with the index takes longer than most questions do. While neither the folders' lists nor
the number of rows has changed since, only the runs that have not ended need a look, and those that could not be read.
The index itself remembers this, so that one process learns it for all, and a damaged or older index forgets it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from sqlalchemy import Connection

    from core.store.database import Database
    from core.store.home import Home

__all__ = ["Agreement", "FolderStamp"]

# File systems stamp changes by a coarse clock: of two changes within one tick the second may leave no trace.
_COARSEST_CLOCK_NS = 100_000_000


@dataclass(frozen=True)
class FolderStamp:
    """When a run last came into, or left, the folder of runs and the trash; 0 for a folder that is not there.

    Attributes
    ----------
    changed_ns : tuple of int
        Of the folder of runs, and of the trash.
    identity : tuple of int
        Which folders they are: one from a backup or a copy is another, whatever moment it bears.
    """

    changed_ns: tuple[int, int]
    identity: tuple[int, ...] = ()

    @classmethod
    def of(cls, home: Home) -> FolderStamp:
        """Return the stamp now; to be taken before the folders are read."""
        (runs, *which), (trash, *which_trash) = map(_stamps, (home.runs_folder, home.trash_folder))
        return cls((runs, trash), (*which, *which_trash))

    @property
    def is_certain(self) -> bool:
        """Whether a change from now on must show in a later stamp."""
        return time_ns() - max(self.changed_ns) > _COARSEST_CLOCK_NS

    @property
    def text(self) -> str:
        """The stamp as the index keeps it."""
        return " ".join(map(str, (*self.changed_ns, *self.identity)))


class Agreement:
    """What the index remembers of one home.

    Parameters
    ----------
    home : Home
        Whose folders.
    database : Database
        Where the index is.
    """

    def __init__(self, home: Home, database: Database) -> None:
        self._home = home
        self._database = database

    def unreadable(self, connection: Connection, stamp: FolderStamp, row_count: int) -> set[str] | None:
        """Return the runs whose folders could not be read, where all else agrees; None where anything has changed."""
        from sqlalchemy import select

        from core.store.schema import agreements

        asked = select(agreements.c.unreadable).where(
            agreements.c.home_id == self._home.home_id,
            agreements.c.stamp == stamp.text,
            agreements.c.row_count == row_count,
        )
        found = connection.execute(asked).scalar_one_or_none()
        return None if found is None else set(found)

    def note(self, stamp: FolderStamp, row_count: int, unreadable: Collection[str]) -> None:
        """Remember that they agree now."""
        from core.store.schema import agreements

        if not stamp.is_certain:
            return
        values = {"stamp": stamp.text, "row_count": row_count, "unreadable": sorted(unreadable)}
        statement = self._database.insert(agreements).values(home_id=self._home.home_id, **values)
        with self._database.transaction() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["home_id"], set_=values))

    def forget(self) -> None:
        """Compare anew next time."""
        from core.store.schema import agreements

        with self._database.transaction() as connection:
            connection.execute(agreements.delete().where(agreements.c.home_id == self._home.home_id))


def _stamps(folder: Path) -> tuple[int, int, int]:
    if not folder.is_dir():
        return (0, 0, 0)
    found = folder.stat()
    return (found.st_mtime_ns, found.st_ino, found.st_ctime_ns)
