from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.base.errors import RunError
from core.base.events import Event, RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.jobs.cancel import cancel
from core.jobs.start import command_line_program, start_run
from core.jobs.watch import follow, settle
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_store import RunStore

PROGRAM = """
import json, os, sys, time
from pathlib import Path
from core.base.events import LogPayload
from core.jobs.signals import CancelFlag
from core.store.home import Home
from core.store.run_session import open_run
arguments = dict(zip(sys.argv[3::2], sys.argv[4::2]))
config = json.loads(Path(arguments["--config"]).read_text())
print("to stdout")
print("to stderr", file=sys.stderr)
if config.get("stumbles"):
    raise SystemExit("stumbled")
home = Home(Path(arguments["--home"]), os.environ.get("QLOP_STORE_URL"))
environment = {"command": sys.argv}
with CancelFlag() as flag, open_run(home, arguments["--stream-to-ws"], {**config, "resolved": True}, environment) as run:
    flag.watch(run.folder.path)
    for number in range(config["lines"]):
        run.events.append(LogPayload(level="info", message=f"line {number}"))
        flag.check()
        time.sleep(config.get("pause_s", 0))
    run.save_json("seen", {"environment": dict(os.environ), "group": os.getpgid(0), "session": os.getsid(0)})
"""

# Loads for as long as the file `go` is not there, and hears of no signal before.
SLOW_TO_LOAD = """
import subprocess, sys, time
from pathlib import Path
from core.jobs.signals import CancelFlag
from core.store.home import Home
from core.store.run_session import open_run
arguments = dict(zip(sys.argv[3::2], sys.argv[4::2]))
home = Home(Path(arguments["--home"]))
while not (home.path / "go").exists():
    time.sleep(0.01)
with CancelFlag() as flag, open_run(home, arguments["--stream-to-ws"], {}, {}) as run:
    flag.watch(run.folder.path)
    run.save_json("child", subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True).stdout)
    flag.check()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / ".qlop").create()


@pytest.fixture
def program(tmp_path: Path) -> tuple[str, ...]:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return (sys.executable, str(path))


def _states(events: list[Event]) -> list[RunState]:
    return [event.payload.state for event in events if isinstance(event.payload, StatusPayload)]


def test_a_started_run_is_followed_from_queued_to_its_end(home: Home, program: tuple[str, ...]) -> None:
    started = start_run(home, "train", {"mode": "train", "lines": 3}, program=program)
    events = list(follow(home, started.run_id, poll_s=0.02))
    assert _states(events) == [RunState.QUEUED, RunState.RUNNING, RunState.COMPLETED]
    assert [event.seq for event in events] == list(range(1, 8))
    assert list(follow(home, started.run_id, from_seq=3)) == events[2:]
    assert list(follow(home, started.run_id, from_seq=99)) == []
    folder = RunFolder.open(home, started.run_id)
    assert folder.config()["resolved"] is True
    assert (folder.path / "stdout.txt").read_text() == "to stdout\n"
    assert (folder.path / "stderr.txt").read_text() == "to stderr\n"
    assert settle(home, started.run_id) is RunState.COMPLETED


def test_a_started_run_has_a_session_of_its_own_and_no_secret_in_its_arguments(
    tmp_path: Path, program: tuple[str, ...]
) -> None:
    url = f"sqlite:///{tmp_path}/hunter2.sqlite"
    home = Home(tmp_path / ".qlop", url)
    run_id = new_run_id()
    started = start_run(home, "train", {"mode": "train", "lines": 0}, run_id=run_id, program=program)
    assert started.run_id == run_id
    list(follow(home, run_id))
    folder = RunFolder.open(home, run_id)
    seen = json.loads((folder.artifacts / "seen.json").read_text())
    assert seen["group"] == seen["session"] == started.pid != os.getpgid(0)
    assert seen["environment"]["QLOP_STORE_URL"] == url
    assert seen["environment"]["QLOP_RUN_ID"] == run_id
    command = folder.environment()["command"]
    assert "hunter2" not in str(command)
    assert command[1:] == [
        "run",
        "train",
        "--config",
        str(folder.path / "config.json"),
        "--home",
        str(home.path),
        "--stream-to-ws",
        run_id,
    ]


def test_a_program_that_ends_before_the_run_begins_leaves_a_crashed_run_with_its_last_words(
    home: Home, program: tuple[str, ...]
) -> None:
    started = start_run(home, "train", {"mode": "train", "stumbles": True}, program=program)
    events = list(follow(home, started.run_id, poll_s=0.02))
    assert _states(events) == [RunState.QUEUED, RunState.CRASHED]
    assert "stumbled" in events[-1].payload.error


@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGINT, "Ctrl-C (SIGINT)"), (signal.SIGTERM, "received SIGTERM")]
)
def test_a_signal_before_the_program_heeds_any_waits_until_it_does(
    home: Home, tmp_path: Path, number: int, reason: str
) -> None:
    (tmp_path / "slow.py").write_text(SLOW_TO_LOAD)
    started = start_run(home, "train", {"mode": "train"}, program=(sys.executable, str(tmp_path / "slow.py")))
    os.kill(started.pid, number)
    (home.path / "go").touch()
    last = list(follow(home, started.run_id, poll_s=0.02))[-1].payload
    assert isinstance(last, StatusPayload)
    assert (last.state, last.current_status) == (RunState.CANCELLED, f"Cancelled: {reason}.")
    child = json.loads((RunFolder.open(home, started.run_id).artifacts / "child.json").read_text())
    assert re.search(r"^SigBlk:\t0+$", child, re.MULTILINE)


def test_a_program_that_cannot_be_started_leaves_a_failed_run(home: Home) -> None:
    with pytest.raises(RunError, match="/no/such/program cannot be started: No such file or directory"):
        start_run(home, "train", {"mode": "train"}, program=("/no/such/program",))
    with RunStore(home) as store:
        assert [record.state for record in store.find()] == [RunState.FAILED]


def test_an_id_in_use_starts_nothing(home: Home, program: tuple[str, ...]) -> None:
    started = start_run(home, "train", {"mode": "train", "lines": 0}, program=program)
    with pytest.raises(RunError, match="is used already"):
        start_run(home, "train", {"mode": "train", "lines": 0}, run_id=started.run_id, program=program)
    assert _states(list(follow(home, started.run_id)))[-1] is RunState.COMPLETED


def test_no_zombie_stays_behind(home: Home, program: tuple[str, ...]) -> None:
    started = start_run(home, "train", {"mode": "train", "lines": 0}, program=program)
    list(follow(home, started.run_id))
    deadline = time.monotonic() + 60
    while Path(f"/proc/{started.pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{started.pid}").exists()


def test_a_run_outlives_its_starter_and_its_state_is_known_to_others(home: Home, tmp_path: Path) -> None:
    starter = (
        "import sys; from pathlib import Path; from core.jobs.start import start_run; from core.store.home import Home\n"
        "config = {'mode': 'train', 'lines': 10_000, 'pause_s': 0.1}\n"
        "print(start_run(Home(Path(sys.argv[1])), 'train', config, program=(sys.executable, sys.argv[2])).run_id)\n"
    )
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-c", starter, str(home.path), str(tmp_path / "program.py")]
    run_id = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    for event in follow(home, run_id):
        if event.seq >= 5:
            break
    assert settle(home, run_id) is RunState.RUNNING
    assert cancel(home, run_id).state is RunState.CANCELLED


def test_the_command_line_program_is_not_masked_by_the_working_folder() -> None:
    assert command_line_program() == (sys.executable, "-P", "-m", "core.cli.main")
