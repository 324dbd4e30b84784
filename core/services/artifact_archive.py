"""A folder among a run's artifacts as one zip file, made when somebody asks for it."""

from __future__ import annotations

from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from core.base.errors import RunError, StoreError
from core.services.run_files import open_run_files
from core.store.containment import contained_path

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["archive_artifacts"]

# Equal files make equal bytes, whenever they are asked for.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def archive_artifacts(workbench: Workbench, named: str, folder: str) -> bytes:
    """Return the artifacts under `folder` ("model", "export") as a zip file, names relative to it.

    Raises
    ------
    RunError
        If there is no such run, or it announced no artifact there.
    StoreError
        If a file is gone, or lies outside the run's folder.
    """
    files = open_run_files(workbench, named)
    chosen = {name: found for name, found in files.announced.items() if name.startswith(f"{folder}/")}
    if not chosen:
        raise RunError(f"Run {files.folder.run_id} made no artifact in {folder!r}.")
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, found in sorted(chosen.items()):
            entry = PurePosixPath(name).relative_to(folder)
            if ".." in entry.parts:
                raise StoreError(f"Artifact {name!r} of run {files.folder.run_id} leads out of {folder!r}.")
            path = contained_path(files.folder.path, found.path)
            try:
                archive.writestr(ZipInfo(str(entry), _NO_TIME), path.read_bytes(), ZIP_DEFLATED)
            except OSError as error:
                raise StoreError(f"{path} cannot be read: {error.strerror or error}.") from error
    return packed.getvalue()
