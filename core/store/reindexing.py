"""The index made anew from the run folders, which are the truth.

1. A SQLite file that is damaged is put aside, under a name of its own.
2. What the index has of this home is forgotten.
3. Every folder is read again.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from time import time_ns
from typing import TYPE_CHECKING

from core.store.database import DamagedIndexError

if TYPE_CHECKING:
    from core.store.database import Database
    from core.store.home import Home
    from core.store.run_index import RunIndex

__all__ = ["ReindexReport", "reindex"]


@dataclass(frozen=True)
class ReindexReport:
    """What `reindex` did: how many runs are in the index, and which folders cannot be read, with the reason."""

    run_count: int
    broken: dict[str, str] = field(default_factory=dict)


def reindex(home: Home, database: Database, index: RunIndex) -> ReindexReport:
    """Rebuild the home's part of the index; see `RunStore.reindex`."""
    home.create()
    try:
        index.known_runs()
    except DamagedIndexError:
        _put_aside(database)
    index.forget_agreement()
    with database.transaction() as connection:
        from core.store.schema import runs

        connection.execute(runs.delete().where(runs.c.home_id == home.home_id))
    broken = index.enter(index.folders())
    return ReindexReport(len(index.known_runs()), broken)


def _put_aside(database: Database) -> None:
    file = database.file
    database.close()
    if file is None:
        return
    broken = f"{file.name}.broken-{time_ns()}"
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            file.with_name(file.name + suffix).rename(file.with_name(broken + suffix))
