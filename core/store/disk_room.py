"""Room on the disk: how much is left, and a little of it kept for a run's last words."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from core.base.errors import HomeError
from core.store.atomic import temporary_name

__all__ = ["LastRoom", "check_room", "free_megabytes"]

_LAST_WORDS_BYTES = 128 * 1024


def free_megabytes(path: Path) -> float:
    """Return how many megabytes are left on the disk of `path`, which need not be there yet.

    Raises
    ------
    OSError
        If nobody can say.
    """
    return _room(path).free / 1e6


def check_room(path: Path, needed_mb: float) -> None:
    """Refuse to begin on a disk that is nearly full.

    Raises
    ------
    HomeError
        If fewer than `needed_mb` megabytes are left, or the place keeps no files at all, as /proc does not.
    """
    room = _room(path)
    if room.total == 0:
        raise HomeError(f"No files can be kept in {path}: its file system has no room at all. Name a folder of yours.")
    free_mb = room.free / 1e6
    if free_mb < needed_mb:
        raise HomeError(
            f"The disk of the home folder {path} has {free_mb:,.0f} MB left, and a run begins with {needed_mb:,.0f} MB "
            "at least (jobs.free_disk_mb in settings.yaml). Make room, as with: qlop runs prune --older-than 30d "
            "--empty-trash. Or name a home on another disk with --home FOLDER."
        )


def _room(path: Path) -> shutil._ntuple_diskusage:
    there = next(place for place in (path, *path.parents) if place.exists())
    return shutil.disk_usage(there)


class LastRoom:
    """A little space on the disk that is held until a run ends, so that its last events find room on a full disk.

    The file bears a temporary name: what a killed process leaves is removed by whoever settles the run.
    """

    def __init__(self, folder: Path) -> None:
        self._path = temporary_name(folder / "last-room")
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, _LAST_WORDS_BYTES)
        except OSError:
            # Without room, or on a file system that cannot set room aside, the run does without.
            self.give_back()

    def give_back(self) -> None:
        """Free the space; a second time does nothing."""
        self._path.unlink(missing_ok=True)
