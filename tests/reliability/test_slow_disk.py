"""A home on a disk that takes its time: runs are slower, and nothing else about them changes.

The child processes are QLOP's own, whole; the operating system's calls on the home are slowed in them (slow_disk/sitecustomize.py).
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.base.errors import RunError
from core.base.events import LogPayload, RunState
from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock
from core.store.run_session import open_run
from core.store.settlement import settle_folder

FOLDER = Path(__file__).parent
DELAY_S = 0.05


class SlowHome:
    """A home, and commands to which its disk is slow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = Home(folder / "home").create()
        self._started: list[subprocess.Popen] = []

    def command(self, *arguments: str, **options) -> subprocess.Popen:
        environment = {
            **os.environ,
            "ACKNOWLEDGE": "1",
            "PYTHONPATH": f"{FOLDER / 'slow_disk'}:{FOLDER.parents[1]}",
            "QLOP_PLUGIN_PATH": str(FOLDER / "plugin_folder"),
            "SLOW_FOLDER": str(self.home.path),
            "SLOW_S": str(DELAY_S),
            "SLOW_COUNTS": str(self.folder / "counts"),
        }
        command = [sys.executable, "-P", "-m", "core.cli.main", *arguments, "--home", str(self.home.path)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self._started.append(subprocess.Popen(command, env=environment, cwd=self.folder, **{**pipes, **options}))
        return self._started[-1]

    def start_run(self, run_id: str, n_lines: int, pause_s: float) -> subprocess.Popen:
        config = self.folder / f"{run_id}.json"
        config.write_text(
            json.dumps({"mode": "acknowledging", "mode_params": {"n_lines": n_lines, "pause_s": pause_s}})
        )
        arguments = ("run", "acknowledging", "--config", str(config), "--stream-to-ws", run_id)
        return self.command(*arguments, stderr=subprocess.DEVNULL)

    def answer(self, *arguments: str):
        process = self.command(*arguments)
        told, faults = process.communicate(timeout=120)
        assert process.returncode == 0, faults
        return json.loads(told)

    def end_all(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()

    def counts(self) -> dict:
        """How often the command that ended last called what is slow."""
        return json.loads((self.folder / "counts").read_text().splitlines()[-1])

    def begun(self, run_id: str) -> RunFolder:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if (self.home.runs_folder / run_id / "events.jsonl").exists():
                folder = RunFolder.open(self.home, run_id)
                if folder.events().size_bytes() and settle_folder(folder) is RunState.RUNNING:
                    return folder
            time.sleep(0.05)
        raise AssertionError("the run did not begin within a minute")


@pytest.fixture
def slow(tmp_path):
    """A slow home, and no process of it left behind."""
    made = SlowHome(tmp_path)
    yield made
    made.end_all()


def test_a_run_ends_rightly_with_every_line_in_order_and_few_waits_for_the_disk(slow):
    run_id, n_lines = new_run_id(), 600
    process = slow.start_run(run_id, n_lines, 0.0)
    acknowledged, _ = process.communicate(timeout=300)
    folder = RunFolder.open(slow.home, run_id)
    said = [event.payload.message for event in folder.events().read() if isinstance(event.payload, LogPayload)]
    assert process.returncode == 0
    assert acknowledged.count(".") >= n_lines
    assert [line for line in said if line.startswith("line ")] == [f"line {number}" for number in range(1, n_lines + 1)]
    assert folder.events().state() is RunState.COMPLETED
    # Lines share their way to the disk: what takes longer carries more of them.
    assert slow.counts()["fdatasync"] < n_lines / 4


def test_a_run_is_listed_held_and_cancelled_while_it_works_and_is_never_seen_crashed(slow):
    run_id = new_run_id()
    process = slow.start_run(run_id, 1_000_000, 0.01)
    folder = slow.begun(run_id)
    before = folder.events().last_event().seq
    (listed,) = slow.answer("runs", "list", "--json")
    assert (listed["run_id"], listed["state"]) == (run_id, "running")
    assert folder.events().last_event().seq > before + 20  # the run went on, whatever the disk took
    with pytest.raises(RunError, match="holds the lock"), RunLock.take(folder.lock_path):
        pass
    canceller = slow.command("runs", "cancel", run_id)
    while canceller.poll() is None:
        assert settle_folder(folder) in {RunState.RUNNING, RunState.CANCELLED}
        time.sleep(0.05)
    canceller.communicate()
    process.communicate(timeout=60)
    assert (canceller.returncode, process.returncode) == (0, 130)
    assert settle_folder(folder) is RunState.CANCELLED


def test_a_list_of_ended_runs_opens_no_more_files_for_more_runs(slow):
    found = []
    for n_runs in (2, 12):
        for _ in range(n_runs):
            with open_run(slow.home, new_run_id(), {"mode": "train"}, {}):
                pass
        slow.answer("runs", "list", "--json")
        slow.answer("runs", "list", "--json")
        found.append({name: count for name, count in slow.counts().items() if name != "command"})
    assert found[1] == found[0]
