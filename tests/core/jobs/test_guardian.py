"""What a killed run has started ends with it."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from core.base.identifiers import new_run_id

RUN = """
import os, subprocess, sys, time
from core.jobs.guardian import guarded
with guarded(sys.argv[1]):
    os.environ["QLOP_RUN_ID"] = sys.argv[1]
    for session in (False, True):
        child = subprocess.Popen(["sleep", "600"], start_new_session=session)
        print(child.pid, flush=True)
    if sys.argv[2] == "with a worker" and os.fork() == 0:
        time.sleep(600)
    print("begun", flush=True)
    sys.stdin.readline()
"""


def run_with(way):
    command = [sys.executable, "-c", RUN, new_run_id(), way]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, **pipes, text=True, start_new_session=way == "with a worker")
    pids = [int(process.stdout.readline()) for _ in range(2)]
    assert process.stdout.readline() == "begun\n"
    return process, pids


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def are_gone(pids):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not all(map(is_gone, pids)):
        time.sleep(0.02)
    return all(map(is_gone, pids))


@pytest.mark.parametrize("way", ["alone", "with a worker"])
def test_a_killed_run_leaves_no_process_behind(way):
    process, pids = run_with(way)
    everything = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    assert set(pids) < set(everything)
    with process:
        process.kill()
    assert are_gone(everything)


def test_what_a_run_leaves_when_it_ends_by_itself_is_left_alone():
    process, pids = run_with("alone")
    try:
        with process:
            process.stdin.write("\n")
        assert process.returncode == 0
        assert not any(map(is_gone, pids))
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)


def test_ctrl_c_leaves_the_guardian_to_its_work():
    process, pids = run_with("alone")
    guardian = next(child for child in psutil.Process(process.pid).children() if child.pid not in pids)
    guardian.send_signal(signal.SIGINT)
    with process:
        process.kill()
    assert are_gone([*pids, guardian.pid])
