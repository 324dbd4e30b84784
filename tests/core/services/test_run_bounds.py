"""A run's turn, its limits of time and memory, and the disk's last room."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.errors import ConfigError, HomeError, RunLimitError
from core.base.events import RunState
from core.base.identifiers import new_run_id
from core.config.sections import LimitsConfig
from core.config.settings import JobsSettings
from core.jobs.process import start_mark
from core.jobs.queue import take_ticket
from core.services.run_bounds import is_light, watched
from core.services.run_mode import RunRequest, run_mode
from core.services.submit_run import submit_run
from core.services.workbench import open_workbench
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_session import open_run

RULE = {
    "mode": "backtest",
    "data": {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2012-01-03", "end_date": "2012-06-29"},
    "strategy": {"strategy_type": "constant_leverage"},
}

# Starts a process, then neither logs nor looks whether it was cancelled: as a run in a library's own code.
DEAF = """
import subprocess, sys, time
from pathlib import Path
from core.config.sections import LimitsConfig
from core.config.settings import JobsSettings
from core.services.run_bounds import watched
from core.store.home import Home
from core.store.run_session import open_run

limits = LimitsConfig.model_validate_json(sys.argv[3])
with open_run(Home(Path(sys.argv[1])), sys.argv[2], {}, {}) as run:
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    run.save_json("child", child.pid)
    with watched(run, limits, JobsSettings(), lambda: None, owns_process=True, grace_s=0.5):
        much = b"x" * 300_000_000 if limits.memory_mb else b""
        time.sleep(600)
"""


def home_with(tmp_path: Path, settings: str) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "settings.yaml").write_text(settings, encoding="utf-8")
    return home


def run_that_looks(home, limits=None, jobs=None):
    """Carry out a run that does nothing but look whether it is to end, and return its folder and the reason."""
    run = open_run(Home(home), new_run_id(), {}, {}, owns_process=False)
    bounds = watched(run, limits or LimitsConfig(), jobs or JobsSettings(), lambda: None, owns_process=False)
    with pytest.raises(RunLimitError) as reason:
        look_for_ever(run, bounds)
    return run.folder, str(reason.value)


def look_for_ever(run, bounds):
    with run, bounds as check:
        while True:
            check()


def test_a_run_beyond_a_limit_ends_as_failed_and_says_what_to_change(tmp_path):
    workbench = open_workbench(tmp_path / "home")
    outcome = run_mode(workbench, RunRequest(config={**RULE, "limits": {"memory_mb": 1}}, owns_process=False))
    assert outcome.status == "failed"
    assert "MB of memory, and limits.memory_mb allows 1. Allow more, or ask for less" in outcome.error


def test_beyond_its_time_a_run_gets_the_reason_at_its_next_look(tmp_path):
    folder, reason = run_that_looks(tmp_path, LimitsConfig(time_s=0.01))
    assert reason.startswith("The run has worked for 0.01 s, which is all that limits.time_s allows. Allow more")
    assert folder.events().state() is RunState.FAILED


def test_what_the_limits_end_was_turned_into_is_not_the_reason(tmp_path):
    run = open_run(Home(tmp_path), new_run_id(), {}, {}, owns_process=False)

    def turn_into_another():
        with run, watched(run, LimitsConfig(memory_mb=1), JobsSettings(), lambda: None, owns_process=False) as check:
            try:
                check()
            except RunLimitError as error:
                raise ValueError("a library's own words") from error

    with pytest.raises(RunLimitError, match=r"limits\.memory_mb allows 1\. Allow more"):
        turn_into_another()
    assert "limits.memory_mb" in run.folder.events().last_event().payload.error


@pytest.mark.parametrize(
    ("limits", "told"),
    [({"time_s": 0.5}, "has worked for 0.5 s"), ({"memory_mb": 200}, "MB of memory, and limits.memory_mb allows 200")],
)
def test_a_run_that_does_not_listen_is_ended_with_all_that_it_started(tmp_path, limits, told):
    home, run_id = Home(tmp_path / "home").create(), new_run_id()
    command = [sys.executable, "-c", DEAF, str(home.path), run_id, json.dumps(limits)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert told in done.stderr
    folder = RunFolder.open(home, run_id)
    last = folder.events().last_event().payload
    assert last.state is RunState.FAILED
    assert told in last.error
    assert start_mark(json.loads((folder.artifacts / "child.json").read_text())) is None


def test_a_limit_of_nothing_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"limits\.time_s is 0"):
        run_mode(open_workbench(tmp_path), RunRequest(config={**RULE, "limits": {"time_s": 0}}))


def test_on_a_disk_that_is_nearly_full_no_run_begins(tmp_path):
    workbench = open_workbench(home_with(tmp_path, "jobs: {free_disk_mb: 1.0e+9}\nrelay: {url: 'ws://127.0.0.1:9/'}\n"))
    for begin in (lambda: run_mode(workbench, RunRequest(config=RULE)), lambda: submit_run(workbench, RULE)):
        with pytest.raises(HomeError, match=r"a run begins with 1,000,000,000 MB at least .* qlop runs prune"):
            begin()
    assert not workbench.home.runs_folder.exists()


def test_a_disk_that_fills_up_ends_the_run_while_its_last_words_fit(tmp_path):
    folder, reason = run_that_looks(tmp_path, jobs=JobsSettings(free_disk_mb=1e9))
    assert "MB left; a run ends at 250,000,000 MB, a quarter of jobs.free_disk_mb" in reason
    assert folder.events().state() is RunState.FAILED


def test_the_last_words_have_room_set_aside_which_nobody_sees_afterwards(tmp_path):
    with open_run(Home(tmp_path), new_run_id(), {}, {}, owns_process=False) as run:
        [kept] = run.folder.path.glob(".last-room.*.tmp")
        assert kept.stat().st_blocks * 512 >= 100_000
    assert list(run.folder.path.glob(".*")) == []


def test_the_second_run_of_a_home_waits_for_the_first_and_no_queue_does_not(tmp_path):
    workbench = open_workbench(home_with(tmp_path, "jobs: {concurrent_runs: 1}\n"))
    (tmp_path / "rule.json").write_text(json.dumps(RULE), encoding="utf-8")
    command = [sys.executable, "-m", "core.cli.main", "run", "backtest", "-c", str(tmp_path / "rule.json")]
    command += ["--home", str(workbench.home.path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with (
        take_ticket(workbench.home),
        subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
        ) as waits,
    ):
        said = next(line for line in waits.stderr if "waits for a slot" in line)
        assert "1 run before it; 1 run works at a time (jobs.concurrent_runs)." in said
        done = subprocess.run([*command, "--no-queue"], capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        assert "waits" not in done.stderr
        waits.send_signal(signal.SIGINT)
        waits.communicate(timeout=60)
    assert waits.returncode == 130
    states = [RunFolder(path, path.name).events().state() for path in workbench.home.runs_folder.iterdir()]
    assert sorted(states) == [RunState.CANCELLED, RunState.COMPLETED]


def test_a_mode_says_itself_whether_its_runs_are_light(tmp_path):
    registry = open_workbench(tmp_path / "home").registry(())
    assert is_light(registry, "inspect_data")
    assert not is_light(registry, "train")
