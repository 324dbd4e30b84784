"""Whether a search that is sorted by anything but time begins with the texts or with the order.

1. The newest runs' texts lie together in SQLite's index of them: how many of these bear the words is quickly known.
2. Where most do, the runs are read in the order that is asked for until there are enough.
3. Else those that bear the words are found in the index of texts, and only they are read and sorted. The other way
   would read every run's row in vain where the words are rare.

PostgreSQL knows from its statistics how rare the words are, and chooses by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.store.run_statements import searched

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from core.store.run_query import RunQuery

__all__ = ["begins_with_texts"]

_LOOKED_AT = 1_000


def begins_with_texts(connection: Connection, query: RunQuery) -> bool:
    """Return whether `query` is answered soonest by looking through the texts first."""
    conditions = searched(query)
    by_time = query.order == "created_at"
    if not conditions or by_time or query.limit is None or connection.dialect.name != "sqlite":
        return False
    from sqlalchemy import and_, case, func, select

    from core.store.schema import runs

    newest = select(case((and_(*conditions), 1), else_=0).label("bears")).where(
        runs.c.is_deleted.is_(query.only_deleted)
    )
    part = newest.order_by(runs.c.created_at.desc(), runs.c.run_id.desc()).limit(_LOOKED_AT).subquery()
    n_runs, n_bearing = connection.execute(select(func.count(), func.sum(part.c.bears))).one()
    return 2 * (n_bearing or 0) <= n_runs
