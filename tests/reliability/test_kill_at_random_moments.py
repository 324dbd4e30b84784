"""A run that is killed, at whatever moment: its state is true, no acknowledged line is lost, and nothing of it lives on."""

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from core.base.identifiers import new_run_id
from core.services.runs import list_runs
from core.services.workbench import open_workbench
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

FOLDER = Path(__file__).parent
N_LINES = 120
ENDLESS = 1_000_000
PAUSE_S = 0.002
CONFIG = {"mode": "acknowledging", "mode_params": {"n_lines": N_LINES, "pause_s": PAUSE_S}}
PHASES = ["start", "lines", "lines", "lines", "end"] * 30


class Runs:
    """Runs in forks of one process, and what they have acknowledged."""

    def __init__(self, folder: Path) -> None:
        config = folder / "config.json"
        config.write_text(json.dumps(CONFIG), encoding="utf-8")
        self.home = Home(folder / "home")
        self.acknowledged, self._writing = os.pipe()
        os.set_blocking(self.acknowledged, False)
        self._errors = (folder / "stderr.txt").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, str(FOLDER / "forked_runs.py"), str(self.home.path), str(config)],
            env={**os.environ, "ACKNOWLEDGE": str(self._writing), "PYTHONPATH": str(FOLDER.parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            pass_fds=[self._writing],
        )
        assert self.process.stdout.readline() == "ready\n", self.errors()
        self.read_acknowledgements()

    def errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode()

    def read_acknowledgements(self) -> bytes:
        found = b""
        try:
            while read := os.read(self.acknowledged, 65536):
                found += read
        except BlockingIOError:
            return found
        return found

    def wait_for_lines(self, n_lines: int) -> bytes:
        """Return what has been acknowledged once that are so many lines, however fast this machine is just now."""
        found = b""
        while len(found) < n_lines:
            ready, _, _ = select.select([self.acknowledged], [], [], 30)
            assert ready, (found, self.errors())
            found += self.read_acknowledgements()
        return found

    def start(self, n_lines: int = N_LINES) -> tuple[str, int]:
        run_id = new_run_id()
        self.process.stdin.write(f"{run_id} {n_lines}\n")
        self.process.stdin.flush()
        return run_id, int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()
        for descriptor in (self.acknowledged, self._writing):
            os.close(descriptor)
        self._errors.close()


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(FOLDER / "plugin_folder"))
    found = Runs(tmp_path)
    yield found
    found.close()


def wait_until_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not any(map(is_alive, pids)):
            return True
        time.sleep(0.01)
    return False


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def processes_of(pid: int) -> list[int]:
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return [pid]


def settled(folder: RunFolder) -> str:
    """Return the state; a process that was being started at that moment lets go of the run's lock a moment later."""
    deadline = time.monotonic() + 30
    while (state := settle_folder(folder).value) == "running" and time.monotonic() < deadline:
        time.sleep(0.001)
    return state


def phases(runs: Runs) -> tuple[float, float]:
    """Return the seconds that an undisturbed run takes until its first line, and after its last."""
    begun = time.monotonic()
    _, pid = runs.start()
    acknowledged = runs.wait_for_lines(1)
    first = time.monotonic()
    acknowledged += runs.wait_for_lines(N_LINES - len(acknowledged))
    last = time.monotonic()
    assert wait_until_gone([pid])
    acknowledged += runs.read_acknowledgements()
    assert acknowledged == b"." * N_LINES + b"!", (acknowledged, runs.errors())
    return first - begun, time.monotonic() - last


def wait_for_a_moment(runs: Runs, phase: str, chance: random.Random, start_s: float, end_s: float) -> bytes:
    """Wait until some moment of that phase of a run; return what was acknowledged by then."""
    if phase == "start":
        time.sleep(chance.uniform(0.0, 1.1 * start_s))
        return b""
    if phase == "lines":
        acknowledged = runs.wait_for_lines(chance.randrange(1, N_LINES))
        time.sleep(chance.uniform(0.0, 2 * PAUSE_S))
        return acknowledged
    acknowledged = runs.wait_for_lines(N_LINES)
    time.sleep(chance.uniform(0.0, 1.1 * end_s))
    return acknowledged


@pytest.mark.parametrize("seed", [1, 2])
def test_three_hundred_killed_runs_tell_the_truth(runs, seed):
    chance = random.Random(seed)
    start_s, end_s = phases(runs)
    states = {"completed": 0, "crashed": 0, "absent": 0}
    for phase in PHASES:
        # One that is killed between two of its lines has no last one, which it could reach before a slow killer comes.
        run_id, pid = runs.start(ENDLESS if phase == "lines" else N_LINES)
        acknowledged = wait_for_a_moment(runs, phase, chance, start_s, end_s)
        everything = processes_of(pid)
        with suppress(ProcessLookupError):  # it has ended already
            os.kill(pid, signal.SIGKILL)
        assert wait_until_gone(everything), runs.errors()
        acknowledged += runs.read_acknowledgements()
        if not (runs.home.runs_folder / run_id / "events.jsonl").exists():
            assert acknowledged == b""
            states["absent"] += 1
            continue
        folder = RunFolder.open(runs.home, run_id)
        state = settled(folder)
        states[state] += 1
        assert state == "completed" or b"!" not in acknowledged
        events = list(folder.events().read())
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        lines = [
            event.payload.message
            for event in events
            if event.type == "log" and event.payload.message.startswith("line ")
        ]
        assert len(lines) >= acknowledged.count(b".")
        assert lines == [f"line {number}" for number in range(1, len(lines) + 1)]
    assert states["crashed"] >= PHASES.count("lines"), states
    run_id, pid = runs.start()
    assert wait_until_gone([pid])
    assert runs.read_acknowledgements().endswith(b"!")
    listed = {run.run_id: run.state for run in list_runs(open_workbench(runs.home.path), limit=1000)}
    assert listed[run_id] == "completed"
    assert set(listed.values()) <= {"completed", "crashed"}
