"""`qlop runs watch`: through the relay and from the file, of runs that end well, badly, and with hostile words."""

import os
import signal
from pathlib import Path

import pytest

from core.base.errors import RunCancelled
from core.base.events import LogPayload, MetricPayload, ProgressPayload
from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_session import open_run

HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\u202etext"


def recorded(qlop, error=None) -> str:
    run_id = new_run_id()
    try:
        with open_run(Home(qlop.home), run_id, {}, {}, owns_process=False) as session:
            session.events.append(LogPayload(level="warning", message=HOSTILE, fields={"n": 3}))
            for value in range(0, 101, 5):
                session.events.append(
                    ProgressPayload(value=value, total=100, unit="fits", step_name="train", eta_s=90.0)
                )
            session.events.append(MetricPayload(name="brier", value=0.125, fold=2))
            if error is not None:
                raise error
    except (ValueError, RunCancelled):
        return run_id
    return run_id


def test_without_a_relay_it_follows_the_file_and_says_so(qlop):
    run_id = recorded(qlop)
    done = qlop.call("runs", "watch", run_id[:8])
    lines = done.stdout.splitlines()
    assert f"Watching run {run_id}" in lines[0]
    assert "No relay is there" in lines[1]
    assert lines[-2].endswith("completed: The run has completed.")
    assert lines[-1] == "metrics: brier 0.125 (fold 2)"
    assert sum("train: " in line for line in lines) == 10
    assert any(line.endswith("train: 50 of 100 fits, about 1 min 30 s left") for line in lines)
    assert done.returncode == 0


@pytest.mark.parametrize(("error", "code"), [(ValueError("no data"), 1), (RunCancelled("asked to"), 130)])
def test_it_ends_with_the_runs_exit_code(qlop, error, code):
    assert qlop.call("runs", "watch", recorded(qlop, error)).returncode == code


def test_what_a_run_says_cannot_steer_the_terminal(qlop):
    output = qlop.call("runs", "watch", recorded(qlop)).stdout
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(output)
    assert "\\u001b]0;owned\\u0007" in output
    assert "warning: " in output


def test_a_run_that_is_not_there_is_refused(qlop):
    done = qlop.call("runs", "watch", new_run_id())
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no run" in done.stderr


def test_ctrl_c_stops_watching_and_nothing_else(qlop):
    with open_run(Home(qlop.home), new_run_id(), {}, {}, owns_process=False) as session:
        watching = qlop.start("runs", "watch", session.run_id)
        while "running" not in watching.stdout.readline():
            assert watching.poll() is None
        watching.send_signal(signal.SIGINT)
        assert "the run goes on" in watching.communicate(timeout=60)[0]
        assert watching.returncode == 0
        assert session.folder.events().state().value == "running"


def test_through_a_relay_it_shows_the_same(qlop):
    run_id = recorded(qlop)
    relay = qlop.start("relay", "--port", "0")
    try:
        assert "Relay of" in relay.stdout.readline()
        done = qlop.call("runs", "watch", run_id)
        assert "Through the relay at ws://127.0.0.1:" in done.stdout
        assert done.stdout.splitlines()[-1] == "metrics: brier 0.125 (fold 2)"
        assert done.returncode == 0
    finally:
        relay.terminate()
        relay.communicate(timeout=60)


def test_on_a_terminal_it_draws_a_bar_for_each_step(qlop):
    run_id = recorded(qlop)
    pid, terminal = os.forkpty()
    if pid == 0:
        os.chdir(qlop.folder)
        command = qlop.command("runs", "watch", run_id)
        own = {**qlop.environment(), "PYTHONPATH": str(Path(__file__).parents[3]), "TERM": "xterm"}
        os.execve(command[0], command, own)
    output = bytearray()
    while True:
        try:
            output += os.read(terminal, 65536)
        except OSError:
            break
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert "━" in output.decode()
    assert "100 of 100 fits" in output.decode()
    assert b"\x1b]0;owned" not in output
