"""What fails between a run's first event and its work is the run's failure, with the reason."""

import json
import subprocess
import sys

from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

# The run waits behind the ticket. Once it says so all that it writes to is open; then files run out, but for one: the
# guardian needs both ends of a pipe.
PROGRAM = """
import json, os, resource, sys
from pathlib import Path
from core.jobs.queue import take_ticket
from core.services.run_mode import run_mode
from core.services.run_outcome import RunRequest
from core.services.workbench import open_workbench

workbench = open_workbench(Path(sys.argv[1]))
ticket = take_ticket(workbench.home)
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

def leave_one_file(event):
    if event.type == "status" and ticket.is_held:
        ticket.give_up()
        free = os.open(os.devnull, os.O_RDONLY)
        next_free = os.dup(free)
        os.close(free)
        os.close(next_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (next_free, hard))

outcome = run_mode(workbench, RunRequest(config=json.loads(sys.argv[2])), observer=leave_one_file)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
print(outcome.json_line())
"""
CONFIG = {
    "mode": "train",
    "thread_count": 1,
    "data": {"data_source_type": "sample", "tickers": ["AAPL"]},
    "features": [{"name": "mom", "feature_step_type": "momentum"}],
    "label": {"labeler_type": "direction"},
    "model": {"model_type": "linear"},
}


def test_a_run_that_cannot_be_guarded_fails_with_the_reason(tmp_path):
    home = Home(tmp_path / ".qlop").create()
    (home.path / "settings.yaml").write_text("jobs: {concurrent_runs: 1}\n")
    command = [sys.executable, "-c", PROGRAM, str(home.path), json.dumps(CONFIG)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout.splitlines()[-1])
    assert outcome["status"] == "failed"
    assert (
        "The process that guards the run cannot be started: the system gives no further open file" in outcome["error"]
    )
    folder = RunFolder.open(home, outcome["run_id"])
    assert settle_folder(folder) == "failed"
    assert outcome["error"] in (folder.path / "events.jsonl").read_text()
