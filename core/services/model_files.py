"""The model files that a home holds: what its runs have exported in QLOP's own format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.events import RunState
from core.store.run_query import RunQuery
from core.store.run_store import RunStore

if TYPE_CHECKING:
    from core.services.workbench import Workbench

__all__ = ["HeldModelFile", "model_files", "standing_of_file"]

_MODE = "export"
_LOOKED_AT = 200
_SUFFIX = ".qlop.zip"


@dataclass(frozen=True)
class HeldModelFile:
    """A file of the home that a backtest can be fed by.

    Attributes
    ----------
    path : str
        Where it lies, absolute.
    label : str
        The title of the run that exported it, the beginning of its id and the day; anybody's text.
    """

    path: str
    label: str


def model_files(workbench: Workbench, *, limit: int = 50) -> list[HeldModelFile]:
    """Return the newest exports in QLOP's own format, newest first."""
    with RunStore(workbench.home) as store:
        found = store.find(
            RunQuery(states=(RunState.COMPLETED,), modes=(_MODE,), home_id=workbench.home.home_id, limit=_LOOKED_AT)
        )
    files = []
    for record in found:
        folder = workbench.home.run_path(record.run_id) / "artifacts" / "export"
        for path in sorted(folder.glob(f"*{_SUFFIX}")):
            title = f"{record.title or record.mode} ({record.run_id[:8]}, {record.created_at:%Y-%m-%d %H:%M} UTC)"
            files.append(HeldModelFile(str(path), title))
    return files[:limit]


def standing_of_file(path: str) -> str:
    """Return what changes when the file at `path` does: its size and the moment of its last change; "" without one."""
    try:
        found = Path(path).expanduser().stat()
    except (OSError, ValueError, RuntimeError):
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"
