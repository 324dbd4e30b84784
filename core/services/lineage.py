"""Which runs a run comes from, and which come from it: by what configs and environments name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from core.base.errors import StoreError
from core.store.home import Home
from core.store.json_form import Json
from core.store.run_folder import RunFolder

__all__ = ["runs_made_from", "sources_of"]

# Anywhere in a text: a path into another run's folder names that run too.
_RUN_ID = re.compile(r"(?<![0-9a-f-])[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-f-])")


def sources_of(folder: RunFolder) -> dict[str, str]:
    """Return the ids of the runs that a run was made from, each with the field that names it first.

    Predictions and models that it used, the run that started it, the run whose config it has: whatever field of
    config.json or environment.json holds a run's id, in plugins' parameters and in paths too. A file that cannot be
    read names none.
    """
    found: dict[str, str] = {}
    for read in (folder.config, folder.environment):
        try:
            document = read()
        except StoreError:
            continue
        for field, text in _texts(document, ""):
            for run_id in _RUN_ID.findall(text):
                found.setdefault(run_id, field)
    found.pop(folder.run_id, None)
    return found


def runs_made_from(home: Home, run_id: str) -> list[str]:
    """Return the ids of the home's runs that were made from a run, those in the trash left out."""
    folders = (entry for entry in home.runs_folder.iterdir() if entry.is_dir()) if home.runs_folder.is_dir() else ()
    return sorted(folder.name for folder in folders if run_id in sources_of(RunFolder(folder, folder.name)))


def _texts(value: Json | Mapping[str, Json], field: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, f"{field}.{name}" if field else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, field)
