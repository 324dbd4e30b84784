"""Which folder of a home an id, or the beginning of one, names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.base.errors import RunIdError
from core.base.identifiers import check_run_id, is_run_id
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    from core.store.home import Home
    from core.store.run_index import FoundFolder

__all__ = ["folder_named", "run_id_beginning"]

_SHORTEST_BEGINNING = 4


def folder_named(home: Home, run_id: str) -> tuple[RunFolder, bool]:
    """Return a run's folder, and whether it lies in the trash.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    in_trash = home.trash_folder / check_run_id(run_id)
    if in_trash.is_dir() and not home.run_path(run_id).exists():
        return RunFolder(in_trash, run_id), True
    return RunFolder.open(home, run_id), False


def run_id_beginning(home: Home, beginning: str, folders: Callable[[], list[FoundFolder]], *, is_deleted: bool) -> str:
    """Return the id of the one run among `folders` that begins so; see `RunStore.resolve`."""
    asked = beginning.strip().lower()
    _check_length(beginning, asked)
    if not is_deleted and is_run_id(asked) and home.run_path(asked).is_dir():
        return asked
    begin_so = [found for found in folders() if found.run_id.startswith(asked)]
    names = [found.run_id for found in begin_so if found.is_deleted is is_deleted]
    if len(names) == 1:
        return names[0]
    if names:
        raise RunIdError(f"{len(names)} runs begin with {asked!r}: {', '.join(names[:5])}. Give more of the id.")
    if not begin_so:
        raise _no_such_run(home, beginning, is_deleted=is_deleted)
    raise _lies_elsewhere(begin_so[0].run_id, is_deleted=is_deleted)


def _check_length(beginning: str, asked: str) -> None:
    if len(asked) < _SHORTEST_BEGINNING:
        raise RunIdError(
            f"{beginning!r} is too short to name a run: give at least {_SHORTEST_BEGINNING} characters of its id, "
            "or 'latest'. List the runs that exist with: qlop runs list"
        )


def _lies_elsewhere(run_id: str, *, is_deleted: bool) -> RunIdError:
    if is_deleted:
        return RunIdError(f"Run {run_id} is not deleted.")
    return RunIdError(f"Run {run_id} lies in the trash. Bring it back with: qlop runs restore {run_id}")


def _no_such_run(home: Home, named: str, *, is_deleted: bool) -> RunIdError:
    place, option = (home.trash_folder, " --deleted") if is_deleted else (home.runs_folder, "")
    return RunIdError(
        f"There is no run whose id begins with {named!r} in {place}. List them with: qlop runs list{option}"
    )
