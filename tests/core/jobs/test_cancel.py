from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.base.errors import RunError
from core.base.events import RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.jobs.cancel import cancel
from core.jobs.process import is_alive, members_of_group, members_of_run, start_mark
from core.jobs.start import start_run
from core.store.home import Home
from core.store.process_record import describe_process
from core.store.run_folder import RunFolder
from core.store.run_session import open_run

PROGRAM = """
import json, os, signal, subprocess, sys, time
from pathlib import Path
from core.base.events import LogPayload
from core.jobs.signals import CancelFlag
from core.store.atomic import write_json
from core.store.home import Home
from core.store.run_session import open_run

arguments = dict(zip(sys.argv[3::2], sys.argv[4::2]))
config = json.loads(Path(arguments["--config"]).read_text())
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(120)"

def start_deaf(**how):
    process = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, **how)
    process.stdout.readline()
    return process.pid

def start_orphan():
    # Its parent ends at once: it is nobody's child, and in a session of its own.
    code = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session=True, stdout=subprocess.PIPE); p.stdout.readline(); print(p.pid, flush=True); import os; os._exit(0)"
    return int(subprocess.run([sys.executable, "-c", code, DEAF], stdout=subprocess.PIPE, check=True).stdout)

def start_canceller():
    code = (
        "import sys; from pathlib import Path; from core.jobs.cancel import cancel; from core.store.home import Home\\n"
        "from core.store.atomic import write_json; home = Home(Path(sys.argv[1])); path = home.run_path(sys.argv[2])\\n"
        "import time\\n"
        "while not (path / 'ready.json').exists(): time.sleep(0.01)\\n"
        "report = cancel(home, sys.argv[2], grace_s=60)\\n"
        "write_json(path / 'told.json', {'state': report.state, 'asked': report.asked, 'killed': report.killed})\\n"
    )
    return subprocess.Popen([sys.executable, "-c", code, arguments["--home"], arguments["--stream-to-ws"]]).pid

def fork_worker():
    readable, writable = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(writable, b"deaf")
        time.sleep(120)
        os._exit(0)
    os.read(readable, 4)
    return pid

with CancelFlag() as flag, open_run(Home(Path(arguments["--home"])), arguments["--stream-to-ws"], config, {}) as run:
    flag.watch(run.folder.path)
    pids = [globals()[name]() for name in config["starts"]]
    if config.get("is_deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    write_json(run.folder.path / "ready.json", pids)
    if config.get("dies"):
        os.kill(os.getpid(), signal.SIGKILL)
    while config.get("is_deaf") or not flag.is_set:
        time.sleep(0.01)
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


@pytest.fixture
def start(home: Home, program: tuple[str, ...]) -> Iterator[Callable[..., tuple[str, list[int]]]]:
    """Start a run and wait until it has started its processes; whatever a failing test leaves is killed."""
    pids: list[int] = []

    def begin(*starts: str, **config: object) -> tuple[str, list[int]]:
        started = start_run(home, "train", {"mode": "train", "starts": starts, **config}, program=program)
        pids.append(started.pid)
        ready = RunFolder.open(home, started.run_id).path / "ready.json"
        _wait_for(ready.exists)
        pids.extend(json.loads(ready.read_text()))
        return started.run_id, [started.pid, *json.loads(ready.read_text())]

    yield begin
    for pid in pids:
        if start_mark(pid) is not None:
            os.kill(pid, signal.SIGKILL)


def _wait_for(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def _arguments(home: Home, folder: Path, config: dict[str, object]) -> tuple[str, list[str]]:
    run_id, path = new_run_id(), folder / "config.json"
    path.write_text(json.dumps(config))
    return run_id, ["run", "train", "--config", str(path), "--home", str(home.path), "--stream-to-ws", run_id]


def _last_status(home: Home, run_id: str) -> StatusPayload:
    payload = RunFolder.open(home, run_id).events().last_event().payload
    assert isinstance(payload, StatusPayload)
    return payload


def test_a_run_that_listens_ends_itself_and_says_why(home: Home, start: Callable[..., tuple[str, list[int]]]) -> None:
    run_id, [pid] = start()
    report = cancel(home, run_id, reason="enough seen", grace_s=60)
    assert (report.state, report.asked, report.killed) == (RunState.CANCELLED, (pid,), ())
    assert start_mark(pid) is None
    assert _last_status(home, run_id).current_status == "Cancelled: enough seen."
    again = cancel(home, run_id)
    assert (again.state, again.asked, again.killed) == (RunState.CANCELLED, (), ())


@pytest.mark.parametrize("starts", ["start_deaf", "start_orphan", "fork_worker"])
def test_descendants_that_ignore_the_request_are_killed_and_proven_gone(
    home: Home, start: Callable[..., tuple[str, list[int]]], starts: str
) -> None:
    run_id, pids = start(starts, starts)
    process = RunFolder.open(home, run_id).process()
    assert process is not None
    assert set(pids) <= members_of_run(process, run_id).keys()
    report = cancel(home, run_id, grace_s=0.3)
    assert report.state is RunState.CANCELLED
    assert set(pids[1:]) <= set(report.killed)
    assert members_of_group(process.group_id) == []
    assert members_of_run(process, run_id) == {}
    assert [pid for pid in pids if start_mark(pid)] == []


def test_a_run_that_is_deaf_itself_is_killed_and_counts_as_cancelled(
    home: Home, start: Callable[..., tuple[str, list[int]]]
) -> None:
    run_id, [pid] = start(is_deaf=True)
    report = cancel(home, run_id, grace_s=0.2, reason="no answer")
    assert (report.state, report.killed) == (RunState.CANCELLED, (pid,))
    assert _last_status(home, run_id).current_status == "Cancelled: no answer."


def test_a_stopped_run_is_woken_to_end_itself(home: Home, start: Callable[..., tuple[str, list[int]]]) -> None:
    run_id, [pid] = start()
    os.kill(pid, signal.SIGSTOP)
    report = cancel(home, run_id, grace_s=60)
    assert (report.state, report.killed) == (RunState.CANCELLED, ())


@pytest.mark.parametrize("starts", ["start_deaf", "start_orphan", "fork_worker"])
def test_workers_that_outlived_a_crashed_run_are_ended(
    home: Home, start: Callable[..., tuple[str, list[int]]], starts: str
) -> None:
    run_id, pids = start(starts, dies=True)
    _wait_for(lambda: start_mark(pids[0]) is None)
    assert start_mark(pids[1]) is not None
    report = cancel(home, run_id, grace_s=0.2)
    assert (report.state, report.killed) == (RunState.CRASHED, (pids[1],))
    assert start_mark(pids[1]) is None


def test_forked_workers_of_a_crashed_run_from_a_terminal_are_known_by_their_group(
    home: Home, program: tuple[str, ...], tmp_path: Path
) -> None:
    """A shell gives a command a group of its own, and no mark: a forked worker without parent has the group alone."""
    run_id, arguments = _arguments(home, tmp_path, {"mode": "train", "starts": ["fork_worker"], "dies": True})
    running = subprocess.Popen([*program, *arguments], process_group=0)
    assert running.wait() == -signal.SIGKILL
    [worker] = json.loads((home.run_path(run_id) / "ready.json").read_text())
    try:
        assert start_mark(worker) is not None
        report = cancel(home, run_id, grace_s=0.2)
        assert (report.state, report.killed) == (RunState.CRASHED, (worker,))
    finally:
        if start_mark(worker) is not None:
            os.kill(worker, signal.SIGKILL)


def test_a_process_of_the_run_may_cancel_it_and_live_to_tell(
    home: Home, start: Callable[..., tuple[str, list[int]]]
) -> None:
    run_id, pids = start("start_canceller")
    told = RunFolder.open(home, run_id).path / "told.json"
    _wait_for(told.exists)
    assert json.loads(told.read_text()) == {"state": "cancelled", "asked": [pids[0]], "killed": []}


def test_the_callers_own_group_survives(home: Home, program: tuple[str, ...], tmp_path: Path) -> None:
    """As under `make`: the run shares its group with the caller and leads none, so its tree alone is ended."""
    run_id, arguments = _arguments(home, tmp_path, {"mode": "train", "starts": ["start_deaf"]})
    bystander = subprocess.Popen(["sleep", "120"])
    running = subprocess.Popen([*program, *arguments])
    try:
        _wait_for((home.run_path(run_id) / "ready.json").exists)
        [grandchild] = json.loads((home.run_path(run_id) / "ready.json").read_text())
        process = RunFolder.open(home, run_id).process()
        assert process is not None
        assert process.group_id == os.getpgid(0) != process.pid
        assert set(members_of_run(process, run_id)) == {running.pid, grandchild}
        report = cancel(home, run_id, grace_s=0.3)
        assert report.state is RunState.CANCELLED
        assert grandchild in report.killed
        assert running.wait() != 0
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
        running.kill()
        running.wait()


def test_a_pid_that_was_given_to_another_process_is_left_alone(home: Home) -> None:
    bystander = subprocess.Popen(["sleep", "120"], start_new_session=True)
    process = describe_process(bystander.pid)
    boot = process.start_mark.rpartition(":")[0]
    stale = replace(process, start_mark=f"{boot}:1")
    queued = StatusPayload(state=RunState.QUEUED, current_status="waits")
    folder, lock = RunFolder.create(home, new_run_id(), {}, {}, first_status=queued, process=stale)
    lock.release()
    try:
        report = cancel(home, folder.run_id, grace_s=0.2)
        assert (report.asked, report.killed) == ((), ())
        assert report.state is RunState.CRASHED
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_run_inside_somebodys_python_is_asked_and_never_killed(home: Home) -> None:
    told = rf"lives in process {os.getpid()} on .* cannot be ended by force"
    with open_run(home, new_run_id(), {}, {}, owns_process=False) as run, pytest.raises(RunError, match=told):
        cancel(home, run.run_id, grace_s=0.05)
    assert (run.folder.path / "cancel.json").exists()


def test_a_run_on_another_machine_is_asked_through_its_folder(home: Home) -> None:
    elsewhere = replace(describe_process(), machine="elsewhere pid:[1]", pid=os.getppid())
    queued = StatusPayload(state=RunState.QUEUED, current_status="waits")
    folder, lock = RunFolder.create(home, new_run_id(), {}, {}, first_status=queued, process=elsewhere)
    lock.release()
    with pytest.raises(RunError, match="on elsewhere"):
        cancel(home, folder.run_id, grace_s=0.05)
    assert psutil.pid_exists(os.getppid())


def test_a_queued_run_whose_program_has_not_begun_is_cancelled(home: Home) -> None:
    started = start_run(home, "train", {"mode": "train"}, program=("/bin/sh", "-c", "exec sleep 120"))
    report = cancel(home, started.run_id, reason="changed my mind", grace_s=0.2)
    assert (report.state, report.killed) == (RunState.CANCELLED, (started.pid,))
    assert not is_alive(started.process)
    assert _last_status(home, started.run_id).current_status == "Cancelled: changed my mind."


def test_a_completed_run_stays_completed(home: Home) -> None:
    with open_run(home, new_run_id(), {}, {}) as run:
        pass
    report = cancel(home, run.run_id)
    assert (report.state, report.asked) == (RunState.COMPLETED, ())
    assert not (run.folder.path / "cancel.json").exists()


def test_an_unknown_run_is_told(home: Home) -> None:
    with pytest.raises(RunError, match="There is no run"):
        cancel(home, new_run_id())
