"""The home folder: where runs, the index of runs and a folder's own plugins lie."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from core.base.errors import HomeError
from core.store.atomic import write_new_text

__all__ = ["HOME_ORIGIN_VARIABLE", "HOME_VARIABLE", "STORE_URL_VARIABLE", "Home"]

HOME_VARIABLE = "QLOP_HOME"
HOME_ORIGIN_VARIABLE = "QLOP_HOME_ORIGIN"
"""Set by `qlop ui` beside QLOP_HOME, for its own dashboard: who named the home to it."""
STORE_URL_VARIABLE = "QLOP_STORE_URL"

_PRIVATE_FOLDER = 0o700


@dataclass(frozen=True)
class Home:
    """A home folder, usually `.qlop` in the working folder.

    Making the object touches nothing; `create` makes what is missing. Paths are absolute, so that a later change of
    the working folder moves nothing.

    Attributes
    ----------
    path : Path
        The folder; `~` is expanded, links are resolved.
    database_url : str or None
        Where the index of runs lies: a `postgresql://` or `sqlite:///` URL; None means `runs.sqlite` in the folder. It
        may bear a password, so it is kept out of the object's text.
    """

    path: Path
    database_url: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", _resolved(Path(self.path)))

    @property
    def runs_folder(self) -> Path:
        """Folder of run folders, each named by its run id."""
        return self.path / "runs"

    @property
    def trash_folder(self) -> Path:
        """Where deleted runs wait to be restored."""
        return self.path / "trash"

    @property
    def plugins_folder(self) -> Path:
        """The plugins of this home, used once the folder is trusted."""
        return self.path / "plugins"

    @property
    def index_file(self) -> Path:
        """The SQLite file of the index of runs, where `database_url` names no other place."""
        return self.path / "runs.sqlite"

    @property
    def store_url(self) -> str:
        """URL of the index of runs."""
        return self.database_url or f"sqlite:///{quote(str(self.index_file), errors='surrogateescape')}"

    def run_path(self, run_id: str) -> Path:
        """Return where the folder of a checked `run_id` lies."""
        return self.runs_folder / run_id

    def create(self) -> Home:
        """Make what is missing, private to the user, and return this home.

        Raises
        ------
        HomeError
            If the folder cannot be made or written to.
        """
        try:
            self.path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            self.runs_folder.mkdir(exist_ok=True)
            self.trash_folder.mkdir(exist_ok=True)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        for folder in (self.path, self.runs_folder, self.trash_folder):
            if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
                raise self._unusable(f"no permission to write to {folder}")
        return self

    def check(self) -> Home:
        """Return this home if it is a folder that may be entered, or could become one; nothing is made.

        Raises
        ------
        HomeError
            If a file lies there or above, or the folder may not be entered.
        """
        try:
            nearest = next(place for place in (self.path, *self.path.parents) if place.exists())
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        if not nearest.is_dir():
            raise self._unusable(f"{nearest} is no folder")
        if not os.access(nearest, os.R_OK | os.X_OK, effective_ids=True):
            raise self._unusable(f"no permission to enter {nearest}")
        return self

    @property
    def home_id(self) -> str:
        """Identity of this home among those that share one index; it travels with the folder.

        Raises
        ------
        HomeError
            If it cannot be read, or made on first use.
        """
        path = self.path / "home_id"
        try:
            return path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return self._new_home_id(path)
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable(f"{path} cannot be read ({error})") from error

    def _new_home_id(self, path: Path) -> str:
        self.create()
        # Of two processes that make the identity at once, one wins and both read it.
        with suppress(FileExistsError):
            write_new_text(path, f"{uuid4()}\n")
        return path.read_text(encoding="ascii").strip()

    def _unusable(self, reason: str) -> HomeError:
        return HomeError(
            f"The home folder {self.path} cannot be used: {reason}. "
            f"Name another one with --home FOLDER or {HOME_VARIABLE}."
        )


def _resolved(path: Path) -> Path:
    try:
        return path.expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise HomeError(
            f"The home folder {str(path)!r} is no usable path: {error}. "
            f"Name another one with --home FOLDER or {HOME_VARIABLE}."
        ) from error
