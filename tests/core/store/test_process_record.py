from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from core.store.process_record import describe_process, is_alive, start_mark, start_mark_by_clock


def test_this_process_is_alive_and_knows_itself() -> None:
    record = describe_process()
    assert record.pid == os.getpid()
    assert record.group_id == os.getpgid(0)
    assert is_alive(record)


def test_another_process_with_the_same_pid_is_not_it() -> None:
    assert not is_alive(replace(describe_process(), start_mark="another boot:1"))


def test_a_zombie_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    record_while_young = start_mark(child.pid)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert record_while_young is not None
    assert start_mark(child.pid) is None
    assert start_mark_by_clock(child.pid) is None
    child.wait()
    assert start_mark(child.pid) is None
    with pytest.raises(ProcessLookupError):
        describe_process(child.pid)


def test_a_stopped_process_is_alive() -> None:
    child = subprocess.Popen(["sleep", "60"])
    record = describe_process(child.pid)
    child.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
    assert is_alive(record)
    child.kill()
    child.wait()
    assert not is_alive(record)


def test_without_proc_the_wall_clock_tells_when_a_process_started() -> None:
    assert start_mark_by_clock(os.getpid()) == start_mark_by_clock(os.getpid()) is not None
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert start_mark_by_clock(child.pid) is None
