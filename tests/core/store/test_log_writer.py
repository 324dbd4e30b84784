from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.base.errors import StoreError
from core.base.events import (
    LogPayload,
    RunState,
    StatusPayload,
)
from core.store.event_log import FileEventLog
from core.store.run_lock import RunLock

RUN = "d94b7f9a-3f65-4a3e-9a53-0a3f5f3c2b11"
ENDED = StatusPayload(state=RunState.COMPLETED, current_status="done")


def _message(number: int) -> LogPayload:
    return LogPayload(level="info", message=f"message {number}")


def test_a_lock_let_go_of_or_of_another_folder_opens_no_log(tmp_path: Path, log: FileEventLog, lock: RunLock) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(StoreError, match="holds the lock beside it"):
        FileEventLog(tmp_path / "other" / "events.jsonl", RUN, lock=lock)
    lock.release()
    with pytest.raises(StoreError, match="holds the lock beside it"):
        FileEventLog(log.path, RUN, lock=lock)
    with pytest.raises(StoreError, match="holds the run's lock"):
        log.append(_message(1))


def test_a_forked_worker_cannot_write_into_the_log_of_its_parent(log: FileEventLog) -> None:
    log.append(_message(1))
    child = os.fork()
    if child == 0:
        try:
            log.append(_message(2))
        except StoreError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert log.append(_message(2)).seq == 2
    assert len(list(log.read())) == 2


def test_nothing_follows_a_terminal_status(log: FileEventLog, lock: RunLock) -> None:
    log.append(ENDED)
    with pytest.raises(StoreError, match="nothing follows a terminal status"):
        log.append(_message(1))
    log.close()
    with FileEventLog(log.path, RUN, lock=lock) as again, pytest.raises(StoreError, match="nothing follows"):
        again.append(_message(1))


def test_threads_share_one_sequence(log: FileEventLog) -> None:
    def write() -> None:
        for number in range(500):
            log.append(_message(number))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.seq for event in log.read()] == list(range(1, 2001))


def test_a_full_disk_is_told_and_the_file_ends_where_it_did(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from core.base.events import LogPayload; from core.base.errors import StoreError\n"
        "from core.store.event_log import FileEventLog; from core.store.run_lock import RunLock\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "folder = Path(sys.argv[1]); lock = RunLock.take(folder / 'run.lock')\n"
        "log = FileEventLog(folder / 'events.jsonl', sys.argv[2], lock=lock)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    while True: log.append(LogPayload(level='info', message='x' * 100))\n"
        "except StoreError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path), RUN], capture_output=True, text=True, check=True)
    assert "events.jsonl cannot be written: " in done.stdout
    content = (tmp_path / "events.jsonl").read_bytes()
    assert content.endswith(b"\n")
    assert len(list(FileEventLog(tmp_path / "events.jsonl", RUN).read())) == content.count(b"\n") > 1
