"""What a living run keeps: artifacts, key figures, and what it learns of its environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import StoreError
from core.store.artifacts import ArtifactWriter
from core.store.atomic import write_json

if TYPE_CHECKING:
    import pandas as pd

    from core.store.event_log import FileEventLog
    from core.store.run_folder import RunFolder

__all__ = ["RunResults"]


class RunResults:
    """The results of one run; each is written whole, once, and announced in the log."""

    def __init__(self, folder: RunFolder, events: FileEventLog) -> None:
        self.folder = folder
        self._artifacts = ArtifactWriter(folder, events)

    def save_table(self, name: str, table: pd.DataFrame) -> Path:
        """Write artifacts/<name>.parquet and announce it; see `ArtifactWriter.save_table`."""
        return self._artifacts.save_table(name, table)

    def save_json(self, name: str, value: object) -> Path:
        """Write artifacts/<name>.json and announce it; see `ArtifactWriter.save_json`."""
        return self._artifacts.save_json(name, value)

    def save_text(self, name: str, text: str) -> Path:
        """Write artifacts/<name> and announce it; see `ArtifactWriter.save_text`."""
        return self._artifacts.save_text(name, text)

    def new_folder(self, name: str) -> Path:
        """Return a fresh, empty folder to fill; see `ArtifactWriter.new_folder`."""
        return self._artifacts.new_folder(name)

    def save_folder(self, name: str, folder: Path) -> Path:
        """Publish a folder from `new_folder` and announce its files; see `ArtifactWriter.save_folder`."""
        return self._artifacts.save_folder(name, folder)

    def save_metrics(self, metrics: Mapping[str, object]) -> Path:
        """Write metrics.json (keys sorted, NaN as null, no run id, no wall time) and announce it; once a run.

        Raises
        ------
        StoreError
            If it was written before, a value has no JSON form, or the disk refuses.
        """
        path = self.folder.path / "metrics.json"
        if path.exists():
            raise StoreError(f"{path} was written already; a run has one set of key figures.")
        write_json(path, metrics)
        return self._artifacts.announce_file("metrics.json", path)

    def update_environment(self, **fields: object) -> None:
        """Add what was not known at the start, such as `data_fingerprint`, to environment.json."""
        write_json(self.folder.path / "environment.json", {**self.folder.environment(), **fields})
