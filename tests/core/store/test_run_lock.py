from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.errors import RunError, StoreError
from core.store.run_lock import RunLock

HOLD = "import sys, time; from pathlib import Path; from core.store.run_lock import RunLock\nlock = RunLock.take(Path(sys.argv[1])); "


def _holder(path: Path, then: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD + then, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_one_holder_at_a_time_even_within_a_process(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with RunLock.take(path) as lock:
        assert lock.is_held
        assert RunLock.try_take(path) is None
        with pytest.raises(RunError, match="Another process holds the lock"):
            RunLock.take(path, timeout_s=0.05)
    assert not lock.is_held
    lock.release()
    RunLock.take(path, timeout_s=0).release()


def test_the_lock_of_another_process_is_free_when_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    holder = _holder(path, "print('held', flush=True); time.sleep(60)")
    assert RunLock.try_take(path) is None
    holder.kill()
    holder.communicate()
    RunLock.take(path, timeout_s=0).release()


def test_a_zombie_holds_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    holder = _holder(path, "print('held', flush=True)")
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet reaped
    lock = RunLock.try_take(path)
    holder.communicate()
    assert lock is not None
    lock.release()


def test_a_waiter_gets_the_lock_once_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    holder = _holder(path, "print('held', flush=True); time.sleep(0.3)")
    lock = RunLock.take(path, timeout_s=30)
    holder.communicate()
    assert lock.is_held
    lock.release()
    assert not lock.is_held


@pytest.mark.parametrize(
    "start_orphan",
    [
        "import subprocess; p = subprocess.Popen(['sleep', '60'], stdout=-3, close_fds=False); print('held', p.pid)",
        "import os; p = os.fork(); (time.sleep(60), os._exit(0)) if p == 0 else print('held', p)",
    ],
    ids=["a program it started", "a worker it forked"],
)
def test_an_orphan_does_not_keep_the_lock_of_its_dead_parent(tmp_path: Path, start_orphan: str) -> None:
    path = tmp_path / "run.lock"
    code = f"{HOLD}\n{start_orphan}; sys.stdout.flush(); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    word, orphan = holder.stdout.readline().split()
    assert word == "held"
    holder.kill()
    holder.wait()
    try:
        RunLock.take(path, timeout_s=20).release()  # a worker lets go when it first runs, not when it is forked
        os.kill(int(orphan), 0)  # it lived all the while
    finally:
        os.kill(int(orphan), 9)
        holder.stdout.close()


def test_a_lock_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"The lock .*absent/run\.lock cannot be opened: No such file"):
        RunLock.try_take(tmp_path / "absent" / "run.lock")


def test_a_lock_is_no_way_out_of_the_folder_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "run.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="cannot be opened"):
        RunLock.try_take(tmp_path / "run.lock")
    assert not (tmp_path / "elsewhere").exists()
