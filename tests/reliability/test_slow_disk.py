"""A home on a disk that takes its time: runs are slower, and nothing else about them changes.

The child processes are QLOP's own, whole; the operating system's calls on the home are slowed in them (slow_disk/sitecustomize.py), and those
of SQLite beneath it, which holds its locks meanwhile (slow_disk/slow_sqlite.py).
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
from core.store.run_query import RunQuery
from core.store.run_session import open_run
from core.store.run_store import RunStore
from core.store.settlement import settle_folder

FOLDER = Path(__file__).parent
DELAY_S = 0.05
LINES_DELAY_S = 0.25  # in which even a slow machine says many lines
N_RUNS, N_LINES = 4, 200
NOT_OPENED = {"command", "sqlite read", "sqlite write"}


class SlowHome:
    """A home, and commands to which its disk is slow."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
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
            "SLOW_LINES_S": str(LINES_DELAY_S),
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
        told = {name: (self.folder / f"{run_id}.{name}").open("w") for name in ("stdout", "stderr")}
        arguments = ("run", "acknowledging", "--config", str(config), "--no-queue", "--stream-to-ws", run_id)
        process = self.command(*arguments, **told)
        for file in told.values():
            file.close()
        return process

    def told(self, run_id: str, name: str) -> str:
        return (self.folder / f"{run_id}.{name}").read_text()

    def answer(self, *arguments: str):
        process = self.command(*arguments)
        told, faults = process.communicate(timeout=120)
        assert process.returncode == 0, faults
        return json.loads(told)

    def process_of(self, run_id: str) -> subprocess.Popen:
        return next(process for process in self._started if run_id in process.args)

    def end_all(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()

    def counts(self, word: str) -> dict:
        """How often the last command that ended with this word called what is slow."""
        told = map(json.loads, (self.folder / "counts").read_text().splitlines())
        return [counts for counts in told if word in counts["command"]][-1]

    def begun(self, run_id: str) -> RunFolder:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if (self.home.runs_folder / run_id / "events.jsonl").exists():
                folder = RunFolder.open(self.home, run_id)
                if folder.events().size_bytes() and settle_folder(folder) is RunState.RUNNING:
                    return folder
            time.sleep(0.05)
        raise AssertionError("the run did not begin within a minute")


def wait_for_event(folder: RunFolder, seq: int) -> None:
    deadline = time.monotonic() + 60
    while folder.events().last_event().seq < seq:
        assert time.monotonic() < deadline, "the run stands still"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def at_once(tmp_path_factory):
    """Runs that were started at once: four that ended, one without end; and what a reader saw of them meanwhile."""
    slow, four, endless, seen = SlowHome(tmp_path_factory.mktemp("slow")), [], new_run_id(), []
    try:
        slow.start_run(endless, 1_000_000, 0.02)
        four = [new_run_id() for _ in range(N_RUNS)]
        processes = [slow.start_run(run_id, N_LINES, 0.0) for run_id in four]
        while any(process.poll() is None for process in processes):
            with RunStore(slow.home) as store:
                seen.append([(run.run_id, run.state) for run in store.find(RunQuery(limit=None))])
            time.sleep(0.1)
        for run_id, process in zip(four, processes, strict=True):
            assert process.returncode == 0, slow.told(run_id, "stderr")
        yield slow, four, endless, seen
    finally:
        slow.end_all()


def test_runs_end_rightly_with_every_line_in_order_and_few_waits_for_the_disk(at_once):
    slow, four, _, _ = at_once
    for run_id in four:
        events = RunFolder.open(slow.home, run_id).events()
        said = [event.payload.message for event in events.read() if isinstance(event.payload, LogPayload)]
        assert slow.told(run_id, "stdout").count(".") >= N_LINES
        assert [line for line in said if line.startswith("line ")] == [f"line {n}" for n in range(1, N_LINES + 1)]
        assert events.state() is RunState.COMPLETED
        # Lines share their way to the disk: what takes longer carries more of them.
        assert slow.counts(run_id)["fdatasync"] < N_LINES / 4


def test_runs_share_the_index_each_is_in_it_once_and_nobody_is_told_of_a_locked_database(at_once):
    slow, four, endless, seen = at_once
    listed = slow.answer("runs", "list", "--json")
    assert sorted(run["run_id"] for run in listed) == sorted([*four, endless])
    assert {run["state"] for run in listed if run["run_id"] in four} == {"completed"}
    for run_id in four:
        told = slow.told(run_id, "stderr")
        assert not [words for words in ("index of runs", "locked", "Traceback") if words in told], told
        assert slow.counts(run_id)["sqlite write"] > 0  # the disk was slow for SQLite too
    for found in seen:
        assert len({run_id for run_id, _ in found}) == len(found)
        assert {state for _, state in found} <= {RunState.RUNNING, RunState.COMPLETED}
    assert [len(found) for found in seen] == sorted(len(found) for found in seen)


def test_a_run_is_listed_held_and_cancelled_while_it_works_and_is_never_seen_crashed(at_once):
    slow, _, run_id, _ = at_once
    folder = slow.begun(run_id)
    before = folder.events().last_event().seq
    listed = {run["run_id"]: run["state"] for run in slow.answer("runs", "list", "--json")}
    assert listed[run_id] == "running"
    wait_for_event(folder, before + 21)  # the run went on, whatever the disk took
    with pytest.raises(RunError, match="holds the lock"), RunLock.take(folder.lock_path, timeout_s=0.3):
        pass
    canceller = slow.command("runs", "cancel", run_id)
    while canceller.poll() is None:
        assert settle_folder(folder) in {RunState.RUNNING, RunState.CANCELLED}
        time.sleep(0.05)
    assert (canceller.returncode, slow.process_of(run_id).wait(60)) == (0, 130)
    assert settle_folder(folder) is RunState.CANCELLED


def test_a_list_of_ended_runs_opens_no_more_files_for_more_runs(tmp_path):
    homes = [SlowHome(tmp_path / name) for name in ("few", "many")]
    for slow, n_runs in zip(homes, (2, 14), strict=True):
        for _ in range(n_runs):
            with open_run(slow.home, new_run_id(), {"mode": "train"}, {}):
                pass
        with RunStore(slow.home) as store:
            store.find()  # enters what is new
    lists = [slow.command("runs", "list", "--json") for slow in homes]
    for n_runs, process in zip((2, 14), lists, strict=True):
        told, faults = process.communicate(timeout=120)
        assert process.returncode == 0, faults
        assert len(json.loads(told)) == n_runs
    # Larger tables are read in more pieces, from files that are open.
    few, many = ({name: n for name, n in slow.counts("list").items() if name not in NOT_OPENED} for slow in homes)
    assert many == few
