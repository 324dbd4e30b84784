"""Parameters that sinks share which write files into a folder."""

from __future__ import annotations

from pydantic import Field

from core.contracts.local_path import LocalPath
from core.contracts.params import Params

__all__ = ["FolderSinkParams"]


class FolderSinkParams(Params):
    """Where to write, whether over what is there, and which tables."""

    folder: LocalPath = Field(
        min_length=1, max_length=4096, description="Folder to write into, made if absent; `~` is the home folder."
    )
    replace: bool = Field(default=False, description="Whether files of the same names may be replaced.")
    tables: tuple[str, ...] | None = Field(default=None, description="Tables to write; null: every one of the run.")
