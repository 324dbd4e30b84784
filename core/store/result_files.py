"""Files that a sink writes into a folder.

1. The tables asked for are chosen; names that cannot be file names are refused.
2. Where nothing may be replaced, a file that is there already refuses all of them before any is written; one that holds
   the same bytes does not, as where two sinks of a run share a folder and so its summary.txt.
3. Each file appears whole or not at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import DataError, StoreError
from core.store.atomic import write_bytes

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.folder_sink_params import FolderSinkParams
    from core.contracts.run_result import RunResult

__all__ = ["check_result_files", "chosen_tables", "write_result_files"]

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_RESERVED = ("metrics", "summary")


def chosen_tables(results: RunResult, names: Sequence[str] | None) -> dict[str, pd.DataFrame]:
    """Return the tables to write, their index turned into columns unless it only counts rows.

    Parameters
    ----------
    results : RunResult
    names : sequence of str or None
        None chooses all.

    Raises
    ------
    DataError
        If a name is not a table's, is no plain file name, or is "metrics" or "summary".
    """
    import pandas as pd

    _refuse_unknown(names, tuple(results.tables))
    chosen = {name: results.tables[name] for name in (results.tables if names is None else names)}
    for name in chosen:
        if name in _RESERVED or not _FILE_NAME.fullmatch(name):
            raise DataError(
                f"The table {name!r} cannot be a file's name; it must be letters, digits, '_', '-' and '.', and "
                f"neither {' nor '.join(_RESERVED)}. Rename the table in the orchestrator."
            )
    return {
        name: table if isinstance(table.index, pd.RangeIndex) else table.reset_index() for name, table in chosen.items()
    }


def check_result_files(suffix: str, params: FolderSinkParams, tables: Sequence[str] | None = None) -> None:
    """Refuse before a run what is known already to refuse its files afterwards. Nothing is written.

    Parameters
    ----------
    suffix : str
        Of the sink's files, such as ".csv": metrics and the tables that the params name are looked for.
    params : FolderSinkParams
    tables : sequence of str, optional
        Names of the tables that the run will have: those that the params name must be among them, and where they name
        none all are looked for, and summary.txt.

    Raises
    ------
    DataError
        If a table is asked for that the run will not have, a file is there already and may not be replaced, or the
        folder cannot be made or written.
    """
    folder = Path(params.folder).expanduser()
    if tables is not None:
        _refuse_unknown(params.tables, tables)
    wanted = params.tables if params.tables is not None else (tables or ())
    summary = () if tables is None else (folder / "summary.txt",)
    _refuse_replacing([*(folder / f"{name}{suffix}" for name in ("metrics", *wanted)), *summary], params)
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        reason = "is no folder" if not nearest.is_dir() else "may not be written to"
        raise DataError(
            f"Results cannot be written into {folder}: {nearest} {reason}. Name a folder that can be written."
        )


def write_result_files(files: Mapping[str, bytes], params: FolderSinkParams) -> list[Path]:
    """Write each file whole into the folder, and return their paths in order.

    Parameters
    ----------
    files : mapping of str to bytes
        Contents by file name.
    params : FolderSinkParams

    Raises
    ------
    DataError
        If the folder cannot be made or written, or a file is there already and may not be replaced.
    """
    folder = Path(params.folder).expanduser()
    _refuse_replacing([folder / name for name, content in files.items() if not _holds(folder / name, content)], params)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_bytes(folder / name, content)
    except (OSError, StoreError) as error:
        raise DataError(
            f"Results cannot be written into {folder}: {error} Name a folder that can be written."
        ) from error
    return [folder / name for name in files]


def _refuse_unknown(names: Sequence[str] | None, tables: Sequence[str]) -> None:
    unknown = [name for name in names or () if name not in tables]
    if unknown:
        raise DataError(
            f"There is no table {unknown[0]!r} to write; this run has {', '.join(tables) or 'none'}. "
            "Correct sink_params.tables."
        )


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def _refuse_replacing(paths: Sequence[Path], params: FolderSinkParams) -> None:
    taken = [] if params.replace else [path for path in paths if path.exists()]
    if taken:
        raise DataError(
            f"{taken[0]} is there already ({len(taken)} of {len(paths)} files); nothing was written. Set "
            "sink_params.replace to true, or name another folder."
        )
