"""Which runs a run comes from, and which come from it: by what configs and environments name."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping

from core.base.errors import StoreError
from core.store.home import Home
from core.store.run_folder import RunFolder

__all__ = ["run_ids_in", "runs_made_from", "sources_among", "sources_of", "texts_in"]

# Anywhere in a text: a path into another run's folder names that run too.
_RUN_ID = re.compile(r"(?<![0-9a-f-])[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-f-])")
_RUN_ID_BYTES = re.compile(_RUN_ID.pattern.encode())
_BLOCK_BYTES = 2**20


def sources_of(folder: RunFolder) -> dict[str, str]:
    """Return the ids of the runs that a run was made from, each with the field that names it first.

    Predictions and models that it used, the run that started it, the run whose config it has: whatever field of
    config.json or environment.json holds a run's id, in plugins' parameters and in paths too, and where links led when
    the run began (linked_paths.py). A file that cannot be read names none.
    """
    found: dict[str, str] = {}
    for read in (folder.config, folder.environment):
        try:
            document = read()
        except StoreError:
            continue
        for field, text in texts_in(document, ""):
            for run_id in run_ids_in(text):
                found.setdefault(run_id, field)
    found.pop(folder.run_id, None)
    return found


def run_ids_in(text: str) -> list[str]:
    """Return the ids of runs that stand in a text, such as a path."""
    return _RUN_ID.findall(text)


def texts_in(value: object, field: str) -> Iterator[tuple[str, str]]:
    """Yield each text of a document and the field that holds it, such as data.data_source_params.path."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from texts_in(inner, f"{field}.{name}" if field else name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner, field)


def sources_among(folder: RunFolder, wanted: Collection[str]) -> dict[str, str]:
    """Return those of `sources_of` that are `wanted`.

    Of a run that has none, little more is done than a look at its bytes: for homes of a hundred thousand runs.
    """
    if not any(_may_name(f"{folder.path}/{name}", wanted) for name in ("config.json", "environment.json")):
        return {}
    return {run_id: field for run_id, field in sources_of(folder).items() if run_id in wanted}


def runs_made_from(home: Home, run_id: str) -> list[str]:
    """Return the ids of the home's runs that were made from a run, those in the trash left out."""
    place = home.runs_folder
    if not place.is_dir():
        return []
    with os.scandir(place) as entries:
        names = [entry.name for entry in entries if entry.is_dir()]
    return sorted(name for name in names if sources_among(RunFolder(place / name, name), {run_id}))


def _may_name(file: str, wanted: Collection[str]) -> bool:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        text = b"".join(iter(lambda: os.read(descriptor, _BLOCK_BYTES), b""))
    except OSError:
        return False
    finally:
        os.close(descriptor)
    # What is written as an escape only reading the file as what it is tells.
    return b"\\" in text or any(found.decode() in wanted for found in _RUN_ID_BYTES.findall(text))
