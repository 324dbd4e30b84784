"""A signal before the run has begun or after it has ended: the exit code says how the run ended, and no trace is left.

Plugins hold the process at the moment that is looked at, until a file tells them to go on.
"""

import json
import os
import random
import signal
import time
from contextlib import suppress

import pytest
import yaml

from core.jobs.start import start_run
from core.jobs.watch import follow
from core.store.home import Home

WAITING = """
import os
import time
from pathlib import Path


def wait(folder=Path({folder!r})):
    (folder / "there").touch()
    while not (folder / "go").exists():
        if os.getppid() != {tests}:  # they were killed, and nobody will say go
            os._exit(1)
        time.sleep(0.01)
"""

STRATEGY = """
import atexit
import threading

import qlop
{waiting}

class Waiting(qlop.StrategyPlugin):
    \"\"\"Waits at one moment of the process's life.\"\"\"

    name = "waiting"
    needs_predictions = False

    def __init__(self, name, params):
        super().__init__(name, params)
        {in_init}

    def generate_signals(self, panel, predictions):
        {in_work}
        return 0.0 * panel["close"]
"""


def with_waiting(qlop, monkeypatch, *, in_init="pass", in_work="pass"):
    """Let commands find the strategy `waiting`."""
    folder = qlop.folder / "mine" / "strategies"
    folder.mkdir(parents=True)
    waiting = WAITING.format(folder=str(qlop.folder), tests=os.getpid())
    (folder / "waiting.py").write_text(STRATEGY.format(waiting=waiting, in_init=in_init, in_work=in_work))
    monkeypatch.setenv("QLOP_PLUGIN_PATH", str(qlop.folder / "mine"))


def started(qlop, monkeypatch, **moments):
    with_waiting(qlop, monkeypatch, **moments)
    process = qlop.start("backtest", "-c", qlop.config, "--set", "strategy.strategy_type=waiting", "--json")
    deadline = time.monotonic() + 120
    while not (qlop.folder / "there").exists():
        assert time.monotonic() < deadline, "the moment has not come"
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_config_is_checked_ends_with_130_and_leaves_no_run(qlop, monkeypatch, number):
    process = started(qlop, monkeypatch, in_init="wait()")
    process.send_signal(number)
    (qlop.folder / "go").touch()
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert output == ""
    assert "Traceback" not in errors
    assert not qlop.run_folders()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["threading.Thread(target=wait).start()", "atexit.register(wait)"])
def test_a_signal_after_the_run_has_completed_changes_nothing(qlop, monkeypatch, number, moment):
    """Python waits for the threads that are left, then calls what was registered for its end."""
    process = started(qlop, monkeypatch, in_work=moment)
    if moment.startswith("threading"):
        until_completed(qlop)
    process.send_signal(number)
    (qlop.folder / "go").touch()
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert json.loads(output.splitlines()[-1])["status"] == "completed"


def test_a_signal_in_the_first_second_of_a_run_in_the_background_cancels_it(qlop, monkeypatch):
    """Its process hears of it once it can: what comes while Python starts and the commands load is kept for it.

    On a machine where that takes less than the second, the run waits in its work.
    """
    with_waiting(qlop, monkeypatch, in_work="wait()")
    home, config = Home(qlop.home), yaml.safe_load(qlop.config.read_text())
    config["strategy"]["strategy_type"] = "waiting"
    moments = random.Random(7)
    for number, reason in {signal.SIGTERM: "received SIGTERM", signal.SIGINT: "Ctrl-C (SIGINT)"}.items():
        (qlop.folder / "go").unlink(missing_ok=True)
        run = start_run(home, "backtest", config)
        for _ in range(2):
            time.sleep(moments.uniform(0.0, 0.5))
            with suppress(ProcessLookupError):  # it has ended already
                os.kill(run.pid, number)
        (qlop.folder / "go").touch()
        last = list(follow(home, run.run_id))[-1].payload
        assert (last.state, last.current_status) == ("cancelled", f"Cancelled: {reason}.")
        assert "Traceback" not in (qlop.home / "runs" / run.run_id / "stderr.txt").read_text()


def until_completed(qlop):
    deadline = time.monotonic() + 120
    while not any('"completed"' in line for line in lines_of_runs(qlop)):
        assert time.monotonic() < deadline, "the run has not completed"
        time.sleep(0.01)


def lines_of_runs(qlop):
    return [line for folder in qlop.run_folders() for line in (folder / "events.jsonl").read_text().splitlines()]
