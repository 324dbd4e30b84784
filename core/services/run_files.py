"""Tables and records among a run's artifacts, read from its folder and from nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from core.base.errors import StoreError
from core.services.run_names import find_run
from core.store.containment import contained_path
from core.store.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

    from core.base.events import ArtifactPathPayload
    from core.services.workbench import Workbench

__all__ = ["RunFiles", "open_run_files"]


@dataclass(frozen=True)
class RunFiles:
    """What a run announced, to read by name; what it did not announce is None."""

    folder: RunFolder

    @cached_property
    def announced(self) -> Mapping[str, ArtifactPathPayload]:
        """Artifacts by name; read once."""
        return self.folder.announced()

    def table(
        self, name: str, columns: Sequence[str] | None = None, *, ticker: str | None = None
    ) -> pd.DataFrame | None:
        """Return a table, some columns of it, or the rows of one ticker.

        Raises
        ------
        StoreError
            If the file is no such table, or lies outside the run's folder.
        """
        import pandas as pd
        import pyarrow as pa

        if name not in self.announced:
            return None
        path = contained_path(self.folder.path, self.announced[name].path)
        try:
            return pd.read_parquet(
                path,
                columns=None if columns is None else list(columns),
                filters=None if ticker is None else [("ticker", "==", ticker)],
            )
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            wanted = f" with the columns {', '.join(columns)}" if columns else ""
            raise StoreError(
                f"{path} cannot be read as a table{wanted}: {error}. "
                f"Run it again with: qlop runs rerun {self.folder.run_id}"
            ) from error

    def record(self, name: str) -> dict[str, object] | None:
        """Return a JSON object.

        Raises
        ------
        StoreError
            If the file is no JSON object, or lies outside the run's folder.
        """
        if name not in self.announced:
            return None
        path = contained_path(self.folder.path, self.announced[name].path)
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(f"{path} cannot be read: {error}.") from error
        if not isinstance(found, dict):
            raise StoreError(f"{path} holds {type(found).__name__}; it must hold a JSON object.")
        return found


def open_run_files(workbench: Workbench, named: str) -> RunFiles:
    """Return the files of one run.

    Raises
    ------
    RunIdError
        If there is no such run.
    """
    return RunFiles(RunFolder.open(workbench.home, find_run(workbench, named)))
