"""What scans found, remembered in the user's cache folder so that listing plugins need not import them.

Losing it costs time alone: a cache that is missing, damaged, of another version or not writable is simply not used.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.plugin.atomic_json import write_json
from core.plugin.scan_outcome import ScanOutcome
from core.plugin.scan_unit import ScanUnit, stamp_of_files
from core.plugin.settings import builtin_folder

__all__ = ["ScanCache"]

_MOST_ENTRIES = 2000


class ScanCache:
    """Outcomes by unit, for one interpreter.

    An outcome holds while its unit's stamp is the same. A failed import is remembered only while nothing was
    installed or removed on sys.path, as that may cure it.

    Parameters
    ----------
    folder : Path
        The cache folder.
    qlop_version : str
        Outcomes of another version are not used.
    """

    def __init__(self, folder: Path, qlop_version: str) -> None:
        environment = hashlib.sha256(f"{sys.prefix}\0{sys.version}".encode()).hexdigest()[:16]
        self._path = folder / f"plugin_scans_{environment}.json"
        self._key = f"{qlop_version} {_source_stamp()}"
        self._entries: dict[str, Any] | None = None

    def find(self, unit: ScanUnit) -> ScanOutcome | None:
        """Return what is remembered of the unit as it is now, or None."""
        entry = self._all().get(unit.key)
        try:
            if entry is None or entry["stamp"] != unit.stamp:
                return None
            outcome = ScanOutcome.from_json(entry["outcome"])
            return None if outcome.is_failure and entry["installed"] != _installed_stamp() else outcome
        except (KeyError, TypeError):
            return None

    def remember(self, outcomes: Iterable[tuple[ScanUnit, ScanOutcome]]) -> None:
        """Add outcomes, the latest last; those of imports that somebody ended are forgotten."""
        entries = self._all()
        for unit, outcome in outcomes:
            entries.pop(unit.key, None)
            if outcome.is_unfinished:
                continue
            entries[unit.key] = {"stamp": unit.stamp, "installed": _installed_stamp(), "outcome": outcome.as_json()}
        kept = dict(list(entries.items())[-_MOST_ENTRIES:])
        with suppress(OSError):
            write_json(self._path, {"key": self._key, "entries": kept})

    def forget(self, unit: ScanUnit) -> None:
        """Remember nothing of the unit; the next scan does again."""
        self._all().pop(unit.key, None)

    def _all(self) -> dict[str, Any]:
        if self._entries is None:
            self._entries = self._read()
        return self._entries

    def _read(self) -> dict[str, Any]:
        try:
            raw = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(raw, Mapping) or raw.get("key") != self._key or not isinstance(raw.get("entries"), dict):
            return {}
        entries: dict[str, Any] = raw["entries"]
        return entries


def _source_stamp() -> str:
    """Tell one state of the contract's own source from another: what is judged depends on it."""
    core = builtin_folder().parent / "core"
    return stamp_of_files(path for floor in ("contracts", "plugin") for path in (core / floor).glob("*.py"))


def _installed_stamp() -> str:
    return stamp_of_files(Path(place or os.curdir) for place in sys.path)
