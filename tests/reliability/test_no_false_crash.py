"""A run that lives is never told to have crashed, however busy the machine is and however often somebody looks.

QLOP_SOAK_S makes it last: QLOP_SOAK_S=600 pytest tests/reliability/test_no_false_crash.py
"""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

FOLDER = Path(__file__).parent
LASTS_S = float(os.environ.get("QLOP_SOAK_S", "8"))
N_LINES = max(1, int(LASTS_S / 0.01))
BUSY = "while True: sum(range(10000))"


@pytest.fixture
def load_fully():
    """Keeps twice as many processes busy as there are cores, from when it is called to the test's end."""
    load = []
    yield lambda: load.extend(subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2 * (os.cpu_count() or 1)))
    for busy in load:
        busy.kill()
        busy.wait()


@pytest.fixture
def leash():
    """A pipe: a byte in it is leave for one line."""
    ends = os.pipe()
    os.set_blocking(ends[1], False)
    yield ends
    for end in ends:
        os.close(end)


def test_a_living_run_is_never_seen_crashed_under_full_load(tmp_path, leash, load_fully):
    home, run_id = Home(tmp_path / "home"), new_run_id()
    config = tmp_path / "config.json"
    lines = {"n_lines": N_LINES, "pause_s": 0.01}
    config.write_text(json.dumps({"mode": "acknowledging", "mode_params": lines}))
    command = [sys.executable, "-P", "-m", "core.cli.main", "run", "acknowledging", "--config", str(config)]
    environment = {
        **os.environ,
        "ACKNOWLEDGE": "1",
        "LEASH": str(leash[0]),
        "PYTHONPATH": str(FOLDER.parents[1]),
        "QLOP_PLUGIN_PATH": str(FOLDER / "plugin_folder"),
    }
    run = subprocess.Popen(
        [*command, "--home", str(home.path), "--stream-to-ws", run_id],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[leash[0]],
    )
    deadline = time.monotonic() + 60
    while not (home.runs_folder / run_id / "events.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    load_fully()
    folder, seen, looks = RunFolder.open(home, run_id), set(), 0
    while run.poll() is None:
        seen.add(settle_folder(folder).value)
        looks += 1
        with suppress(BlockingIOError):  # it is far behind
            os.write(leash[1], b".")
    assert run.returncode == 0
    assert settle_folder(folder).value == "completed"
    assert seen <= {"queued", "running", "completed"}
    assert looks >= N_LINES
