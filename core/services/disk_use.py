"""What the home folder and the caches take up on the disk, and what is left on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path
from typing import TYPE_CHECKING

from core.plugin.settings import RegistrySettings

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["RUNS_LOOKED_INTO", "DiskUse", "PlaceUse", "disk_use"]

RUNS_LOOKED_INTO = 2_000


@dataclass(frozen=True)
class PlaceUse:
    """One place: what it holds, where it is, how many files and bytes.

    Attributes
    ----------
    name, path : str
        What it holds, and where it is.
    n_files, size_bytes : int
        All of them, or what they are estimated to be.
    is_estimate : bool
        Whether only a part was looked into; what that part holds then stands for the whole.
    """

    name: str
    path: str
    n_files: int
    size_bytes: int
    is_estimate: bool = False


@dataclass(frozen=True)
class DiskUse:
    """The places, and the disk that the home lies on.

    Attributes
    ----------
    places : tuple of PlaceUse
        Those that exist.
    free_bytes, total_bytes : int
        Of the home's disk.
    """

    places: tuple[PlaceUse, ...]
    free_bytes: int
    total_bytes: int


def disk_use(workbench: Workbench) -> DiskUse:
    """Count files and bytes; links are not followed, and what cannot be read counts nothing.

    Of the runs, and of the trash, no more than RUNS_LOOKED_INTO are looked into. Their ids are random numbers: the
    first in the alphabet are a fair sample.
    """
    from core.engine.kernels.compilation import kernel_cache_folder

    home, cache = workbench.home, RegistrySettings().cache
    kernels = kernel_cache_folder()
    wanted = [
        ("Index of runs", home.path / "runs.sqlite"),
        ("Plugins of this home", home.plugins_folder),
        ("Relay", home.path / "relay"),
        ("Cache of plugin scans", cache),
        *([("Compiled kernels", kernels)] if kernels is not None else []),
    ]
    of_runs = (("Runs", home.runs_folder), ("Trash", home.trash_folder))
    places = (
        *(_use_of_runs(name, path) for name, path in of_runs if path.exists()),
        *(_use(name, path, kernels) for name, path in wanted if path.exists()),
    )
    there = next(place for place in (home.path, *home.path.parents) if place.exists())
    space = shutil.disk_usage(there)
    return DiskUse(places, space.free, space.total)


def _use_of_runs(name: str, folder: Path) -> PlaceUse:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        names = []
    looked_into = nsmallest(RUNS_LOOKED_INTO, names)
    sizes = [size for found in looked_into for size in _sizes_of(folder / found)]
    share = len(names) / len(looked_into) if looked_into else 1.0
    is_estimate = len(looked_into) < len(names)
    return PlaceUse(name, str(folder), round(len(sizes) * share), round(sum(sizes) * share), is_estimate)


def _sizes_of(path: Path) -> Iterator[int]:
    if path.is_dir() and not path.is_symlink():
        yield from _sizes(str(path), "")
        return
    with suppress(OSError):
        yield path.lstat().st_size


def _use(name: str, path: Path, kernels: Path | None) -> PlaceUse:
    # The kernels lie within the cache folder and have a line of their own.
    left_out = str(kernels) if kernels is not None and path != kernels else ""
    sizes = [path.lstat().st_size] if path.is_file() else list(_sizes(str(path), left_out))
    return PlaceUse(name, str(path), len(sizes), sum(sizes))


def _sizes(folder: str, left_out: str) -> Iterator[int]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.path != left_out:
                yield from _sizes(entry.path, left_out)
        else:
            try:
                yield entry.stat(follow_symlinks=False).st_size
            except OSError:
                # It was removed between the two looks.
                continue
