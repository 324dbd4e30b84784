"""The folder of one run: everything that is known about it, in files.

config.json        the config as resolved
environment.json   versions, platform, seed, thread count, data fingerprint, command
events.jsonl       the truth: what happened, in order; a large log goes on in events.000000120001.jsonl and so on
run.lock           held by the run's process while it lives
process.json       which process that is
artifacts/         what the run made, each announced by an event
metrics.json       the key figures
cancel.json        there once somebody asked the run to end
notes.json         a person's tags and notes
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from core.base.errors import RunIdError, StoreError
from core.base.events import ArtifactPathPayload, StatusPayload
from core.base.identifiers import check_run_id
from core.store.atomic import new_staging_folder, publish_folder, write_json
from core.store.containment import contained_path
from core.store.event_log import FileEventLog
from core.store.home import Home
from core.store.json_form import Json
from core.store.process_record import ProcessRecord
from core.store.run_lock import RunLock

__all__ = ["RunFolder"]


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run, read from any process; only the holder of its lock writes to it.

    Attributes
    ----------
    path : Path
        The folder.
    run_id : str
        The run's id, which is also the folder's name.
    """

    path: Path
    run_id: str

    @classmethod
    def create(
        cls,
        home: Home,
        run_id: str,
        config: Mapping[str, object],
        environment: Mapping[str, object],
        *,
        first_status: StatusPayload,
        process: ProcessRecord | None = None,
    ) -> tuple[RunFolder, RunLock]:
        """Make the run's folder, whole or not at all, and return it with its lock held.

        Raises
        ------
        RunIdError
            If the id is no UUID4, or was used before, by a deleted run too.
        StoreError
            If the home cannot be written to, or a value has no JSON form.
        """
        path = home.create().run_path(check_run_id(run_id))
        if (home.trash_folder / run_id).exists():
            raise _used_twice(run_id, home.trash_folder / run_id)
        staging = new_staging_folder(path)
        try:
            lock = _fill(cls(staging, run_id), config, environment, first_status, process)
            _publish(staging, path, lock)
        except FileExistsError as error:
            raise _used_twice(run_id, path) from error
        finally:
            rmtree(staging, ignore_errors=True)
        return cls(path, run_id), lock

    @classmethod
    def open(cls, home: Home, run_id: str) -> RunFolder:
        """Return the folder of a run that exists and is not deleted.

        Raises
        ------
        RunIdError
            If the id is no UUID4, or there is no such run.
        StoreError
            If the folder is a link that leads out of the home.
        """
        path = home.run_path(check_run_id(run_id))
        if path.is_dir():
            return cls(contained_path(home.runs_folder, run_id), run_id)
        if (home.trash_folder / run_id).is_dir():
            raise RunIdError(f"Run {run_id} lies in the trash. Bring it back with: qlop runs restore {run_id}")
        raise RunIdError(
            f"There is no run {run_id} in {home.runs_folder}. List the runs that exist with: qlop runs list"
        )

    @property
    def artifacts(self) -> Path:
        """Folder of what the run made."""
        return self.path / "artifacts"

    @property
    def lock_path(self) -> Path:
        """The file whose lock the run holds while it lives."""
        return self.path / "run.lock"

    @property
    def events_path(self) -> Path:
        """The event log's first file."""
        return self.path / "events.jsonl"

    def events(self, *, lock: RunLock | None = None, segment_bytes: int | None = None) -> FileEventLog:
        """Return the event log, to read, or with the held lock to write, in files of about `segment_bytes` each."""
        sizes = {} if segment_bytes is None else {"segment_bytes": segment_bytes}
        return FileEventLog(self.events_path, self.run_id, lock=lock, **sizes)

    def config(self) -> dict[str, Json]:
        """Return the config as resolved; StoreError if it cannot be read."""
        return self._object("config.json")

    def environment(self) -> dict[str, Json]:
        """Return what the run ran with; StoreError if it cannot be read."""
        return self._object("environment.json")

    def metrics(self) -> dict[str, Json]:
        """Return the key figures, empty while there are none; StoreError if they cannot be read."""
        return self._object("metrics.json") if (self.path / "metrics.json").exists() else {}

    def notes(self) -> dict[str, Json]:
        """Return a person's tags and notes, empty where there are none."""
        return self._object("notes.json") if (self.path / "notes.json").exists() else {}

    def notes_revision(self) -> int:
        """Return when the notes were last changed, in nanoseconds; 0 for never."""
        try:
            return (self.path / "notes.json").stat().st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            return 0

    def process(self) -> ProcessRecord | None:
        """Return the process that carries or carried the run, None before it has one."""
        if not (self.path / "process.json").exists():
            return None
        return ProcessRecord.from_json(self._object("process.json"))

    def record_process(self, process: ProcessRecord) -> None:
        """Write which process carries the run; the caller holds the lock."""
        write_json(self.path / "process.json", process.to_json())

    def announced(self) -> dict[str, ArtifactPathPayload]:
        """Return the artifacts that the run announced, by name, in order."""
        payloads = (event.payload for event in self.events().read())
        return {found.artifact_name: found for found in payloads if isinstance(found, ArtifactPathPayload)}

    def artifact_paths(self) -> Iterator[tuple[str, Path]]:
        """Yield name and absolute path of each announced artifact; StoreError if one leads out of the folder."""
        for name, found in self.announced().items():
            yield name, contained_path(self.path, found.path)

    def _object(self, name: str) -> dict[str, Json]:
        path = self.path / name
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{path} cannot be read: {error}. Restore it, or: qlop runs delete {self.run_id}"
            ) from error
        if not isinstance(value, dict):
            raise StoreError(f"{path} holds {type(value).__name__}; it must hold a JSON object.")
        return value


def _fill(
    folder: RunFolder,
    config: Mapping[str, object],
    environment: Mapping[str, object],
    first_status: StatusPayload,
    process: ProcessRecord | None,
) -> RunLock:
    folder.artifacts.mkdir()
    write_json(folder.path / "config.json", config)
    write_json(folder.path / "environment.json", environment)
    if process is not None:
        folder.record_process(process)
    lock = RunLock.take(folder.lock_path)
    with folder.events(lock=lock) as log:
        log.append(first_status)
    return lock


def _publish(staging: Path, path: Path, lock: RunLock) -> None:
    try:
        publish_folder(staging, path)
    except BaseException:
        lock.release()
        raise
    lock.path = path / lock.path.name


def _used_twice(run_id: str, path: Path) -> RunIdError:
    return RunIdError(
        f"Run id {run_id} is used already, by {path}. Every run needs its own: leave the id out to get one."
    )
