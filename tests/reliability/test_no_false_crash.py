"""A run that lives is never told to have crashed, however busy the machine is and however often somebody looks.

QLOP_SOAK_S makes it last: QLOP_SOAK_S=600 pytest tests/reliability/test_no_false_crash.py
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

FOLDER = Path(__file__).parent
LASTS_S = float(os.environ.get("QLOP_SOAK_S", "8"))
BUSY = "import time\nuntil = time.monotonic() + {}\nwhile time.monotonic() < until: sum(range(10000))"


def test_a_living_run_is_never_seen_crashed_under_full_load(tmp_path):
    home, run_id = Home(tmp_path / "home"), new_run_id()
    config = tmp_path / "config.json"
    lines = {"n_lines": max(1, int(LASTS_S / 0.01)), "pause_s": 0.01}
    config.write_text(json.dumps({"mode": "acknowledging", "mode_params": lines}))
    command = [sys.executable, "-P", "-m", "core.cli.main", "run", "acknowledging", "--config", str(config)]
    environment = {
        **os.environ,
        "ACKNOWLEDGE": "1",
        "PYTHONPATH": str(FOLDER.parents[1]),
        "QLOP_PLUGIN_PATH": str(FOLDER / "plugin_folder"),
    }
    load = [subprocess.Popen([sys.executable, "-c", BUSY.format(LASTS_S)]) for _ in range(2 * (os.cpu_count() or 1))]
    run = subprocess.Popen(
        [*command, "--home", str(home.path), "--stream-to-ws", run_id],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (home.runs_folder / run_id / "events.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    folder, seen, looks = RunFolder.open(home, run_id), set(), 0
    while run.poll() is None:
        seen.add(settle_folder(folder).value)
        looks += 1
    for busy in load:
        busy.wait(LASTS_S + 60)
    assert run.returncode == 0
    assert settle_folder(folder).value == "completed"
    assert seen <= {"queued", "running", "completed"}
    assert looks > 100
