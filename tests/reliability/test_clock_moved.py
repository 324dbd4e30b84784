"""The clock is moved while a run is at work: order, state, log and duration stay true."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.base.identifiers import new_run_id
from core.services.run_list import RunFilter, run_list
from core.services.runs import list_runs
from core.services.workbench import open_workbench
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

FOLDER = Path(__file__).parent


def faketime_library():
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.fail("The tests move a clock by libfaketime. `make test` installs it; by hand: apt-get install faketime")
    return found[-1]


class MovedRun:
    """A run whose clock can be moved, that says no more lines than it may, and acknowledges them."""

    def __init__(self, folder, n_lines):
        self.home, self.run_id, self._clock = Home(folder / "home"), new_run_id(), folder / "clock"
        self.move(0)
        config = folder / "config.json"
        config.write_text(json.dumps({"mode": "acknowledging", "mode_params": {"n_lines": n_lines, "pause_s": 0.01}}))
        self._acknowledged, writing = os.pipe()
        leash, self._holding = os.pipe()
        command = [sys.executable, "-P", "-m", "core.cli.main", "run", "acknowledging", "--config", str(config)]
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [*command, "--home", str(self.home.path), "--stream-to-ws", self.run_id],
            env={
                **os.environ,
                "ACKNOWLEDGE": str(writing),
                "LEASH": str(leash),
                "PYTHONPATH": f"{FOLDER.parents[1]}{os.pathsep}{FOLDER / 'moved_clock'}",
                "QLOP_PLUGIN_PATH": str(FOLDER / "plugin_folder"),
                "LD_PRELOAD": str(faketime_library()),
                "FAKETIME_TIMESTAMP_FILE": str(self._clock),
                "FAKETIME_NO_CACHE": "1",
                # The system's clock may be set; what counts seconds since the start is not.
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[writing, leash],
        )
        os.close(writing)
        os.close(leash)

    def move(self, seconds):
        self._clock.write_text(f"{seconds:+d}")

    def say(self, count):
        """Let it say so many lines, and return once they are acknowledged."""
        os.write(self._holding, bytes(count))
        while count > 0:
            read = os.read(self._acknowledged, count)
            assert read, "the run has ended before"
            count -= len(read)

    def let_go(self):
        """Let it say the rest."""
        os.close(self._holding)
        self._holding = None

    def close(self):
        if self._holding is not None:
            self.let_go()
        os.close(self._acknowledged)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def moved_run(tmp_path, monkeypatch):
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(FOLDER / "plugin_folder"))
    runs = []

    def start(n_lines):
        runs.append(MovedRun(tmp_path, n_lines))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


@pytest.mark.parametrize("seconds", [-3600, -1, 3600])
def test_a_run_whose_clock_moves_ends_as_it_should_with_its_lines_in_order(moved_run, seconds):
    run = moved_run(60)
    run.say(20)
    run.move(seconds)
    assert settle_folder(RunFolder.open(run.home, run.run_id)).value == "running"
    run.let_go()
    assert run.process.wait(60) == 0
    folder = RunFolder.open(run.home, run.run_id)
    assert settle_folder(folder).value == "completed"
    events = list(folder.events().read())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    lines = [event for event in events if event.type == "log" and event.payload.message.startswith("line ")]
    assert [event.payload.message for event in lines] == [f"line {number}" for number in range(1, 61)]
    assert abs((lines[-1].timestamp_utc - lines[0].timestamp_utc).total_seconds() - seconds) < 120
    told = [event.payload.eta_s for event in events if event.type == "progress"]
    assert len(told) == 6
    assert all(0.0 <= eta_s < 60.0 for eta_s in told[1:])
    assert all(eta_s > 0.0 for eta_s in told[1:-1])
    workbench = open_workbench(run.home.path)
    assert [row.run_id for row in list_runs(workbench)] == [run.run_id]
    # It rests 59 times for 10 ms, and this test saw all of it.
    assert 0.5 < run_list(workbench, RunFilter())["duration_s"].iloc[0] < time.monotonic() - run.started_at


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_run_that_is_killed_after_its_clock_moved_has_crashed(moved_run, seconds):
    run = moved_run(60)
    run.say(20)
    run.move(seconds)
    run.say(20)
    run.process.kill()
    run.process.wait()
    deadline = time.monotonic() + 30
    folder = RunFolder.open(run.home, run.run_id)
    while (state := settle_folder(folder).value) == "running" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert state == "crashed"
    assert run_list(open_workbench(run.home.path), RunFilter())["duration_s"].isna().all()
