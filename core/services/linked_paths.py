"""Runs that paths of a config lead into by links, which the paths themselves do not name.

Noted in environment.json when a run begins, so that its lineage has them: a link may lead elsewhere later. The config
keeps the path as it was written, since a link such as `latest.zip` is meant to move with what it names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

from core.services.lineage import run_ids_in, texts_in

__all__ = ["linked_paths"]

_PATTERN = frozenset("*?[")


def linked_paths(config: Mapping[str, object]) -> dict[str, list[str]]:
    """Return by field where absolute paths of a config lead to, as far as that is into folders of runs.

    A path, each file of a pattern and each entry of a folder is followed; of several that lead into one run the first
    is named. What cannot be looked at leads nowhere.
    """
    found: dict[str, list[str]] = {}
    for field, text in texts_in(config, ""):
        named = set(run_ids_in(text))
        for place in _places(text):
            runs = set(run_ids_in(place)) - named
            if runs:
                found.setdefault(field, []).append(place)
                named |= runs
    return found


def _places(text: str) -> Iterator[str]:
    """Yield where a path of this machine, and what it holds, truly lie."""
    if not text.startswith("/"):
        return
    with suppress(OSError, ValueError, RuntimeError):
        yield os.path.realpath(text)
        if _PATTERN & set(text):
            fixed = list(takewhile(lambda part: not _PATTERN & set(part), Path(text).parts))
            # A query that begins with a comment, /**/, is no pattern of the whole disk.
            files = Path(*fixed).glob("/".join(Path(text).parts[len(fixed) :])) if len(fixed) > 1 else ()
            for file in files:
                yield os.path.realpath(file)
        elif Path(text).is_dir():
            with os.scandir(text) as entries:
                yield from (os.path.realpath(entry.path) for entry in entries if entry.is_symlink())
