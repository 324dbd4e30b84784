"""A home folder, and the log of a run in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store.event_log import FileEventLog
from core.store.home import Home
from core.store.run_lock import RunLock

RUN = "d94b7f9a-3f65-4a3e-9a53-0a3f5f3c2b11"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / ".qlop").create()


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[RunLock]:
    with RunLock.take(tmp_path / "run.lock") as held:
        yield held


@pytest.fixture
def log(tmp_path: Path, lock: RunLock) -> Iterator[FileEventLog]:
    with FileEventLog(tmp_path / "events.jsonl", RUN, lock=lock) as opened:
        yield opened
