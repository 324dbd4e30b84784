"""`qlop` itself, killed at whatever moment of real work: training, a model's file read first, an export read back on Java."""

import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from core.cli.console import PlainConsole
from core.services.runs import list_runs
from core.services.workbench import open_workbench
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.settlement import settle_folder

CONFIG = """
mode: pipeline
seed: 3
thread_count: 1
data: {data_source_type: sample, tickers: [AAPL, IBM], start_date: 2006-01-03, end_date: 2009-12-31}
features: [{name: mom, feature_step_type: momentum, feature_step_params: {horizons_bars: [5, 20]}}]
label: {labeler_type: leverage_opportunity, labeler_params: {horizon_bars: 5, leverage: 1.5}}
model: {model_type: linear}
splits: {train_bars: 400, test_bars: 200}
strategy: {strategy_type: leverage_opportunity}
"""
A_LINE = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2} ")


class Command:
    """`qlop` as a person calls it, in a folder and with a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, Home(folder / "home")
        (folder / "c.yaml").write_text(CONFIG, encoding="utf-8")
        self.environment = {
            **os.environ,
            "QLOP_HOME": str(self.home.path),
            "QLOP_CONFIG_DIR": str(folder / "configuration"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "core.cli.main", *arguments, "--json"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        with self.start(*arguments) as process:
            try:
                yield process
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def call(self, *arguments: str) -> list:
        with self.start(*arguments) as process:
            output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        return json.loads(output.splitlines()[-1])

    def run_ids(self) -> set[str]:
        return {path.name for path in self.home.runs_folder.iterdir()}

    def is_gone(self, process: subprocess.Popen[str], family: list[psutil.Process]) -> bool:
        """Return whether nothing lives of a command: of its session, of its family, or with its home's name."""
        found = [one for one in psutil.process_iter() if self._is_of(one, process.pid)]
        return all(not one.is_running() or is_zombie(one) for one in {*family, *found})

    def _is_of(self, one: psutil.Process, session: int) -> bool:
        try:
            return os.getsid(one.pid) == session or one.environ().get("QLOP_HOME") == str(self.home.path)
        except (OSError, psutil.Error):
            return False


def is_zombie(one: psutil.Process) -> bool:
    try:
        return one.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(condition, told):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, told
        time.sleep(0.01)


def soon_after_its_start(process, chance):
    time.sleep(chance.uniform(0.0, 0.8))
    return ""


def after_some_lines(most):
    """Return what waits until the command has shown some lines, and a little longer, and returns those."""

    def moment(process, chance):
        shown = "".join(process.stderr.readline() for _ in range(chance.randint(1, most)))
        time.sleep(chance.uniform(0.0, 0.3))
        return shown

    return moment


def while_its_child_works(named):
    """Return what waits for the child whose arguments contain a word, and a little longer.

    The command is held still meanwhile: a child that ends in that time finds nobody who goes on.
    """

    def moment(process, chance):
        until(lambda: children_with(named, process), f"{named} has not come")
        process.send_signal(signal.SIGSTOP)
        time.sleep(chance.uniform(0.0, 0.5))
        return ""

    return moment


def children_with(named, process):
    found = []
    for child in family_of(process):
        with suppress(psutil.Error):
            found += [child] if named in " ".join(child.cmdline()) else []
    return found


def family_of(process):
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@pytest.fixture
def command(tmp_path):
    found = Command(tmp_path)
    found.trained = found.call("run", "train", "-c", "c.yaml")["run_id"]
    exported = found.call("export-model", "--run", found.trained)
    shutil.copy(exported["artifacts"]["export/model.qlop.zip"], tmp_path / "m.qlop.zip")
    return found


def check_whole(folder, shown, told):
    """Assert that the log has no hole and whatever was shown of it, and that each announced artifact is there."""
    events = list(folder.events().read())
    assert [event.seq for event in events] == list(range(1, len(events) + 1)), told
    again = io.StringIO()
    console = PlainConsole(again)
    for event in events:
        console(event)
    acknowledged = Counter(line for line in shown.splitlines(keepends=True) if A_LINE.match(line) and line[-1] == "\n")
    assert not acknowledged - Counter(again.getvalue().splitlines(keepends=True)), told
    for artifact in folder.announced().values():
        assert (folder.path / artifact.path).is_file(), told
    assert not [path for path in folder.path.rglob(".*") if path.is_file()], told


KILLS = {1: "startup", 2: "Java", 3: "file", 4: "training", 5: "file", 6: "training"}
HELD = [name for name in KILLS.values() if name in {"Java", "file"}]
PIPELINE = ("run", "pipeline", "-c", "c.yaml")
FROM_FILE = ("backtest", "-c", "c.yaml", "--model-file", "m.qlop.zip", "--set", "data.end_date=2011-12-30")


def test_the_command_killed_in_real_work_tells_the_truth_and_leaves_nothing(command):
    works = {
        "startup": (PIPELINE, soon_after_its_start),
        "training": (PIPELINE, after_some_lines(12)),
        "file": (FROM_FILE, while_its_child_works("limited_child")),
        "Java": (
            ("export-model", "--run", command.trained, "--set", "export.exporter_type=pmml"),
            while_its_child_works("java"),
        ),
    }
    states = {}
    for seed, name in KILLS.items():
        arguments, moment = works[name]
        told = f"seed {seed}: {name}"
        before = command.run_ids()
        with command.started(*arguments) as process:
            shown = moment(process, random.Random(seed))
            family = family_of(process)
            process.kill()
            process.wait(60)
            output, shown = process.stdout.read(), shown + process.stderr.read()
            until(partial(command.is_gone, process, family), told)
        begun = command.run_ids() - before
        assert len(begun) <= 1, told
        assert begun or name == "startup", told
        for run_id in begun:
            folder = RunFolder.open(command.home, run_id)
            states[run_id] = settle_folder(folder).value
            assert states[run_id] in ({"completed"} if output else {"crashed", "completed"}), told
            check_whole(folder, shown, told)
    assert Counter(states.values())["crashed"] >= len(HELD), states
    next_run = command.call("export-model", "--run", command.trained)
    listed = {run.run_id: run.state for run in list_runs(open_workbench(command.home.path))}
    assert listed.items() >= {**states, next_run["run_id"]: "completed"}.items()
