"""Write a JSON file whole or not at all, readable by its user alone."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["write_json"]


def write_json(path: Path, value: object) -> None:
    """Replace `path` by `value` as JSON; the file gets mode 0600, folders that are made get 0700.

    Raises
    ------
    OSError
        If the folder cannot be made or the file cannot be written; what was there stays.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.replace(draft, path)  # noqa: PTH105 - one call, one meaning
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)  # noqa: PTH108 - the draft is gone or ours
        raise
