from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core.base.errors import RunError
from core.base.events import RunState, StatusPayload
from core.base.identifiers import new_run_id
from core.store.cancel_request import request_cancel
from core.store.home import Home
from core.store.process_record import describe_process, start_mark
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock
from core.store.run_session import open_run
from core.store.run_store import RunStore
from core.store.settlement import settle_folder

RUN = (
    "import sys, time; from pathlib import Path\n"
    "from core.base.events import LogPayload\n"
    "from core.store.home import Home; from core.store.run_session import open_run\n"
    "with open_run(Home(Path(sys.argv[1])), sys.argv[2], {'mode': 'train'}, {}) as run:\n"
    "    print('running', flush=True)\n"
    "    time.sleep(60)\n"
)
QUEUED = StatusPayload(state=RunState.QUEUED, current_status="waits")


def _running(home: Home, program: str = RUN) -> tuple[subprocess.Popen[str], RunFolder]:
    run_id = new_run_id()
    command = [sys.executable, "-c", program, str(home.path), run_id]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    return process, RunFolder.open(home, run_id)


def _last(folder: RunFolder) -> StatusPayload:
    payload = folder.events().last_event().payload
    assert isinstance(payload, StatusPayload)
    return payload


def test_a_stopped_run_is_running_a_zombie_has_crashed(home: Home) -> None:
    process, folder = _running(home)
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    assert settle_folder(folder) is RunState.RUNNING
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert Path(f"/proc/{process.pid}").exists()  # a zombie: dead, and not yet reaped
    assert settle_folder(folder) is RunState.CRASHED
    process.communicate()
    assert f"its process {process.pid} is gone" in str(_last(folder).error)
    assert _last(folder).next_step == "Start it again with the same config."


@pytest.mark.parametrize("is_asked_to_stop", [False, True])
def test_a_run_whose_first_thread_is_gone_while_another_still_dies_is_settled(
    home: Home, is_asked_to_stop: bool
) -> None:
    dying = RUN.replace(
        "    time.sleep(60)\n",
        "    import ctypes, os, platform, threading\n"
        "    last = threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True)\n"
        "    last.start()\n"
        "    ctypes.CDLL(None).syscall({'x86_64': 60, 'aarch64': 93}[platform.machine()], 0)\n",
    )
    process, folder = _running(home, dying)
    if is_asked_to_stop:
        request_cancel(folder.path, "enough")
    while start_mark(process.pid) is not None:
        time.sleep(0.005)
    assert RunLock.try_take(folder.lock_path) is None  # its other thread holds on to its files
    assert settle_folder(folder, dying_s=0.0) is RunState.RUNNING
    assert process.stdin is not None
    # Most likely while it is waited for.
    threading.Timer(0.2, os.write, (process.stdin.fileno(), b".")).start()
    assert settle_folder(folder, dying_s=60.0) is (RunState.CANCELLED if is_asked_to_stop else RunState.CRASHED)
    process.communicate()


def test_a_run_killed_after_a_request_to_cancel_was_cancelled(home: Home) -> None:
    process, folder = _running(home)
    request_cancel(folder.path, "no longer needed")
    process.kill()
    process.communicate()
    assert settle_folder(folder) is RunState.CANCELLED
    assert _last(folder).current_status == "Cancelled: no longer needed."


def test_leftovers_of_the_dead_run_are_removed_and_its_torn_line_cut(home: Home) -> None:
    code = RUN.replace(
        "    time.sleep(60)",
        "    (run.new_folder('model') / 'half').write_text('x')\n    print('ready', flush=True)\n    time.sleep(60)",
    )
    run_id = new_run_id()
    command = [sys.executable, "-c", code, str(home.path), run_id]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["running\n", "ready\n"]
    process.kill()
    process.communicate()
    folder = RunFolder.open(home, run_id)
    with folder.events_path.open("ab") as file:
        file.write(b'{"task_id": "torn')
    assert len(list(folder.artifacts.iterdir())) == 1
    assert settle_folder(folder) is RunState.CRASHED
    assert list(folder.artifacts.iterdir()) == []
    assert [event.seq for event in folder.events().read()] == [1, 2]


def test_a_queued_run_waits_while_its_process_lives(home: Home) -> None:
    waiting = subprocess.Popen(["sleep", "60"])
    process = describe_process(waiting.pid)
    folder, lock = RunFolder.create(home, new_run_id(), {}, {}, first_status=QUEUED, process=process)
    lock.release()
    assert settle_folder(folder) is RunState.QUEUED
    waiting.kill()
    waiting.wait()
    (folder.path / "stderr.txt").write_text("ModuleNotFoundError: No module named 'x'\n")
    assert settle_folder(folder) is RunState.CRASHED
    assert "stderr.txt ends with: ModuleNotFoundError" in str(_last(folder).error)


def test_a_queued_run_whose_starter_died_before_it_started_anything_has_crashed(home: Home) -> None:
    folder, lock = RunFolder.create(home, new_run_id(), {}, {}, first_status=QUEUED)
    assert settle_folder(folder) is RunState.QUEUED
    lock.release()
    assert settle_folder(folder) is RunState.CRASHED
    assert "no process was started for it" in str(_last(folder).error)


def test_many_lookers_at_once_write_one_last_status(home: Home) -> None:
    folder, lock = RunFolder.create(home, new_run_id(), {}, {}, first_status=QUEUED)
    lock.release()
    threads = [threading.Thread(target=settle_folder, args=(folder,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.payload.state for event in folder.events().read()] == [RunState.QUEUED, RunState.CRASHED]


def test_a_settled_run_stays_as_it_is(home: Home) -> None:
    with open_run(home, new_run_id(), {}, {}) as run:
        pass
    before = run.folder.events_path.read_bytes()
    request_cancel(run.folder.path, "too late")
    assert settle_folder(run.folder) is RunState.COMPLETED
    assert run.folder.events_path.read_bytes() == before


KILLED = """
import os, random, signal, sys, time
from pathlib import Path
import pandas as pd, pyarrow.parquet
import core.store.schema, sqlalchemy.dialects.sqlite
from core.base.events import MetricPayload
from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.run_session import open_run

def work(home, run_id):
    with open_run(home, run_id, {"mode": "train"}, {}) as run:
        for step in range(100):
            run.save_table(f"table_{step}", pd.DataFrame({"x": range(100)}))
            (run.new_folder(f"folder_{step}") / "file").write_text("x")
            for _ in range(20):
                run.events.append(MetricPayload(name="loss", value=0.5, step=step))
        run.save_metrics({"a": 1})

home, dice = Home(Path(sys.argv[1])), random.Random(20261121)
for number in range(15):
    run_id = new_run_id()
    child = os.fork()
    if child == 0:
        work(home, run_id)
        os._exit(0)
    # Seven are killed at a moment after their start, eight at one after their folder appeared.
    while number >= 7 and not home.run_path(run_id).exists():
        time.sleep(0.001)
    time.sleep(dice.uniform(0.0, 0.15))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


def test_after_a_kill_at_any_moment_whoever_looks_sees_the_truth(home: Home) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(home.path)], check=True)
    with RunStore(home) as store:
        records = store.find()
        assert len(records) >= 8
        assert {record.run_id for record in records} == {entry.name for entry in home.runs_folder.iterdir()}
        for record in records:
            assert record.state in {RunState.CRASHED, RunState.COMPLETED}
            _check_is_whole(RunFolder.open(home, record.run_id))
        assert store.find() == records


def _check_is_whole(folder: RunFolder) -> None:
    events = list(folder.events().read())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[-1].payload.state in {RunState.CRASHED, RunState.COMPLETED}
    assert folder.config() == {"mode": "train"}
    for name, path in folder.artifact_paths():
        assert path.stat().st_size == folder.announced()[name].size_bytes
    assert not list(folder.path.rglob(".*"))


@pytest.mark.parametrize("state", [RunState.CRASHED, RunState.CANCELLED])
def test_a_queued_process_that_comes_late_finds_its_id_used_up(home: Home, state: RunState) -> None:
    process = describe_process()
    folder, lock = RunFolder.create(home, new_run_id(), {}, {}, first_status=QUEUED, process=process)
    with lock, folder.events(lock=lock) as log:
        log.append(StatusPayload(state=state, current_status="settled"))
    with pytest.raises(RunError, match="is used already"):
        open_run(home, folder.run_id, {}, {})
    assert settle_folder(folder) is state


def test_a_queued_run_is_taken_over_by_its_own_process_alone(home: Home) -> None:
    stranger = describe_process(os.getppid())
    folder, lock = RunFolder.create(home, new_run_id(), {}, {}, first_status=QUEUED, process=stranger)
    lock.release()
    with pytest.raises(RunError, match="is used already"):
        open_run(home, folder.run_id, {}, {})
    folder, lock = RunFolder.create(home, new_run_id(), {"a": 1}, {}, first_status=QUEUED, process=describe_process())
    lock.release()
    with open_run(home, folder.run_id, {"a": 1, "b": 2}, {"seed": 3}) as run:
        pass
    states = [event.payload.state for event in run.folder.events().read()]
    assert states == [RunState.QUEUED, RunState.RUNNING, RunState.COMPLETED]
    assert run.folder.config() == {"a": 1, "b": 2}
    assert run.folder.environment() == {"seed": 3}
