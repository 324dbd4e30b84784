"""How quickly a run's lines are appended and on disk, beside Python's logging into a file; logged_lines.py says how.

Rounds go by turns, each in a process of its own, and the best of each counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.base.events import LogPayload
from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_session import open_run

if TYPE_CHECKING:
    from conftest import TableLine

N_LINES, SECONDS = 100_000, 2.0
ROUNDS = 5
LONE_LINES, LONE_MS = 300, 5.0
SCRIPT = Path(__file__).with_name("logged_lines.py")


def seconds(who: str, n_threads: int, folder: Path) -> float:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(SCRIPT), who, str(N_LINES), str(n_threads), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[2])}
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("n_threads", [1, 4])
def test_lines_appended_and_on_disk(tmp_path: Path, table_line: TableLine, n_threads: int) -> None:
    rounds = [
        (seconds("run", n_threads, tmp_path / "home"), seconds("peer", n_threads, tmp_path)) for _ in range(ROUNDS)
    ]
    ours, peer = map(min, zip(*rounds, strict=True))
    threads = "one thread" if n_threads == 1 else f"{n_threads} threads"
    table_line(
        f"{N_LINES:,} lines appended and on disk, {threads}", ours, f"{SECONDS:g} s", peer=("Python's logging", peer)
    )
    assert ours <= SECONDS


def test_a_lone_line_is_there_at_once(tmp_path: Path, table_line: TableLine) -> None:
    waits = []
    with open_run(Home(tmp_path / "home"), new_run_id(), {"mode": "train"}, {}, owns_process=False) as session:
        reader = session.folder.events()
        for number in range(LONE_LINES):
            time.sleep(0.005)
            start = time.perf_counter()
            appended = session.events.append(LogPayload(level="info", message=f"line {number}"))
            found = reader.last_event()
            waits.append(time.perf_counter() - start)
            assert found == appended
    p99 = float(np.quantile(waits, 0.99))
    table_line("a lone line: from the call until a reader has it, p99", p99, f"{LONE_MS:g} ms")
    assert p99 <= LONE_MS / 1e3
