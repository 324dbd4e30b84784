"""Four threads log as fast as they can until the run is killed: what was acknowledged stands in the log, in its order."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

FOLDER = Path(__file__).parent
N_THREADS = 4


def counted(counts: Path) -> list[int]:
    return list(struct.unpack(f"{N_THREADS}Q", counts.read_bytes()))


def acknowledged_before_the_kill(home: Path, run_id: str, counts: Path, after_lines: int) -> list[int]:
    counts.write_bytes(bytes(8 * N_THREADS))
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / "threads_that_log.py"), str(home), run_id, str(counts)],
        env={**os.environ, "PYTHONPATH": str(FOLDER.parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout.readline() == b"ready\n"
        deadline = time.monotonic() + 60
        while sum(counted(counts)) < after_lines:
            assert time.monotonic() < deadline, counted(counts)
            time.sleep(0.001)
        process.kill()
    return counted(counts)


@pytest.mark.parametrize("seed", range(4))
def test_no_line_of_any_thread_is_lost_that_was_acknowledged(tmp_path, seed):
    run_id, home = new_run_id(), tmp_path / "home"
    after_lines = random.Random(seed).randrange(1, 12_000)
    acknowledged = acknowledged_before_the_kill(home, run_id, tmp_path / "counts", after_lines)
    folder = RunFolder.open(Home(home), run_id)
    assert settle_folder(folder).value == "crashed"
    events = list(folder.events().read())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    said = [event.payload.message.split() for event in events[1:-1]]
    written = Counter(thread for thread, _ in said)
    for thread, count in enumerate(acknowledged):
        own = [int(number) for name, number in said if name == str(thread)]
        assert own == list(range(1, len(own) + 1))
        # A line may have been written whose acknowledgement the kill came before.
        assert written[str(thread)] - count in {0, 1}
    assert sum(acknowledged) >= after_lines
