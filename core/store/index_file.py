"""The SQLite file of the index: QLOP's own, or a new one; nothing else is ever written into.

A home may come with a cloned repository, its settings.yaml and its links with it. What these name may be another
program's database, a key, or a file that a shell reads at the next login.

1. A file in the home folder is the home's own. Links are followed first: one that leads out of the home is not in it.
2. A file elsewhere that exists must hold an index of QLOP's.
3. A new file elsewhere is made where a variable of the user's names it (QLOP_STORE_URL), and on nobody else's word.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from core.base.errors import StoreError

if TYPE_CHECKING:
    from core.store.home import Home

__all__ = ["check_index_file", "check_index_of_settings"]

_TABLES = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name GLOB 'qlop_runs_[0-9]*'"
_NEXT = (
    "Name another file by QLOP_STORE_URL (sqlite:////absolute/path.sqlite), or leave store.url out of settings.yaml."
)


def check_index_file(file: Path, home: Home) -> None:
    """Refuse to open a file as the index that is none.

    Raises
    ------
    StoreError
        If it lies elsewhere than in the home folder and is no index of QLOP's.
    """
    _check(file, home, may_be_new=home.database_url is not None)


def check_index_of_settings(url: str, home: Home) -> None:
    """Refuse a `store.url` of settings.yaml that names a new SQLite file elsewhere, or one that is no index.

    Raises
    ------
    StoreError
        If it does.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The database says what is wrong with it, once it is used.
        return
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        _check(Path(parsed.database), home, may_be_new=False)


def _check(file: Path, home: Home, *, may_be_new: bool) -> None:
    try:
        place = file.resolve()
        if place.is_relative_to(home.path) or (may_be_new and not os.path.lexists(place)):
            return
        if not os.path.lexists(place):
            raise StoreError(
                f"The index of runs would be made at {place}, outside of the home folder, and settings.yaml or a link "
                f"may have come with the folder; it is not made. {_NEXT}"
            )
        reason = _why_no_index(place)
    except (OSError, ValueError, RuntimeError) as error:
        raise StoreError(f"The index of runs cannot be at {str(file)!r}: {error}. {_NEXT}") from error
    if reason:
        raise StoreError(f"{place} is no index of runs: {reason}. It is left as it is. {_NEXT}")


def _why_no_index(place: Path) -> str:
    if not place.is_file():
        return "it is no file"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(place))}?mode=ro", uri=True, timeout=10.0)) as connection:
            (found,) = connection.execute(_TABLES).fetchone()
    except sqlite3.Error as error:
        return f"SQLite says {str(error)!r}"
    return "" if found else "QLOP's table is not in it"
