"""What a run makes: each artifact appears whole, never changes afterwards, and is announced with its SHA-256.

Equal content gives equal bytes (same machine, same library versions): tables are Parquet without times or machine
names in them, JSON is canonical.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import StoreError
from core.base.events import ArtifactPathPayload, EventLog
from core.store.atomic import is_temporary, new_staging_folder, publish_folder, staged_file
from core.store.containment import check_artifact_name
from core.store.json_form import json_text
from core.store.run_folder import RunFolder
from core.store.table_writing import write_parquet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ArtifactWriter", "file_sha256"]


class ArtifactWriter:
    """Writes one run's artifacts and announces them in its event log.

    Promises: an artifact is announced only when it is on disk, and no name is used twice. Called from one thread.
    """

    def __init__(self, folder: RunFolder, events: EventLog) -> None:
        self._folder = folder
        self._events = events
        self._names: set[str] = set()
        self._staged: dict[Path, str] = {}

    def save_table(self, name: str, table: pd.DataFrame) -> Path:
        """Write artifacts/<name>.parquet and announce it as `name`.

        Parameters
        ----------
        name : str
            Without the extension.
        table : DataFrame
            Column names are text. Index levels become columns and come back as the index when pandas reads the file; a
            RangeIndex costs nothing. `table.attrs` is left out.

        Raises
        ------
        StoreError
            If the name was used, a column cannot be written, or the disk refuses.
        """
        import pyarrow as pa

        path = self._new_path(name, f"{name}.parquet")
        bare = table.copy(deep=False)
        bare.attrs = {}
        with staged_file(path) as temporary:
            try:
                write_parquet(bare, temporary)
            except (pa.ArrowException, TypeError, ValueError) as error:
                raise StoreError(f"Table {name!r} cannot be written as Parquet: {error}.") from error
        return self._announce(name, path)

    def save_json(self, name: str, value: object) -> Path:
        """Write artifacts/<name>.json, keys sorted, NaN as null, and announce it as `name`.

        Raises
        ------
        StoreError
            If the name was used, a value has no JSON form, or the disk refuses.
        """
        text = json_text(value)
        return self._save_bytes(name, f"{name}.json", text.encode())

    def save_text(self, name: str, text: str) -> Path:
        """Write artifacts/<name>, whose extension is in its name, in UTF-8, and announce it as `name`.

        Raises
        ------
        StoreError
            If the name was used, or the disk refuses.
        """
        return self._save_bytes(name, name, text.encode("utf-8", errors="backslashreplace"))

    def new_folder(self, name: str) -> Path:
        """Return a fresh, empty folder to fill; `save_folder` publishes it.

        Raises
        ------
        StoreError
            If the name was used, or the disk refuses.
        """
        staging = new_staging_folder(self._new_path(name, name))
        self._staged[staging] = name
        return staging

    def save_folder(self, name: str, folder: Path) -> Path:
        """Publish a folder from `new_folder` as artifacts/<name>/ and announce each file as <name>/<its path>.

        Raises
        ------
        StoreError
            If the folder is not the one `new_folder` gave for that name, is empty, or holds a link.
        """
        if self._staged.get(folder) != name:
            raise StoreError(f"{folder} is not the folder that new_folder({name!r}) returned; fill that one.")
        files = _files_of(folder)
        path = self._new_path(name, name)
        del self._staged[folder]
        publish_folder(folder, path)
        for relative in files:
            self._announce(f"{name}/{relative}", path / relative)
        self._names.add(name)
        return path

    def discard_unfinished(self) -> None:
        """Remove the folders from `new_folder` that were never saved."""
        for staging in self._staged:
            shutil.rmtree(staging, ignore_errors=True)
        self._staged.clear()

    def announce_file(self, name: str, path: Path) -> Path:
        """Announce a file that lies in the run's folder already."""
        return self._announce(name, path)

    def _save_bytes(self, name: str, file_name: str, content: bytes) -> Path:
        path = self._new_path(name, file_name)
        with staged_file(path) as temporary:
            temporary.write_bytes(content)
        return self._announce(name, path)

    def _new_path(self, name: str, file_name: str) -> Path:
        check_artifact_name(name)
        path = self._folder.artifacts / file_name
        if name in self._names or path.exists():
            raise StoreError(f"Artifact {name!r} of run {self._folder.run_id} was written already; use another name.")
        return path

    def _announce(self, name: str, path: Path) -> Path:
        self._names.add(name)
        relative = path.relative_to(self._folder.path).as_posix()
        size = path.stat().st_size
        self._events.append(
            ArtifactPathPayload(artifact_name=name, path=relative, size_bytes=size, sha256=file_sha256(path))
        )
        return path


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files_of(folder: Path) -> list[str]:
    entries = sorted(folder.rglob("*"))
    links = [entry for entry in entries if entry.is_symlink() or not (entry.is_file() or entry.is_dir())]
    if links:
        raise StoreError(f"{links[0]} is a link or no plain file; artifacts hold plain files only.")
    files = [entry.relative_to(folder).as_posix() for entry in entries if entry.is_file()]
    if not files:
        raise StoreError(f"{folder} is empty: there is nothing to publish.")
    unfinished = [name for name in files if is_temporary(Path(name).name)]
    if unfinished:
        raise StoreError(f"{folder / unfinished[0]} is the temporary file of a write that did not end.")
    return files
