"""A wish that reaches the run's process alone ends what that process waits for."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress

import psutil
import pytest

from core.store.cancel_request import cancel_reason, canceller, request_cancel

BEGIN = """
import signal, subprocess, sys, time
from pathlib import Path
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # below nohup the tests' processes would ignore it
from core.base.errors import RunCancelled
from core.jobs.signals import CancelFlag
SLEEP = [sys.executable, "-c", "import time; print('asleep', flush=True); time.sleep(600)"]

def started(**how):
    process = subprocess.Popen(SLEEP, stdout=subprocess.PIPE, **how)
    process.stdout.readline()
    return process

try:
    with CancelFlag() as flag:
        flag.watch(Path(sys.argv[1]))
        with flag.outranking_errors():
"""
END = """
            raise ValueError("the child has died")
except RunCancelled as cancelled:
    print(f"cancelled: {cancelled}")
"""
WAYS = {
    "a child": "process = started(); print('ready', flush=True); process.wait()",
    "a child of another session, held still": (
        "process = started(start_new_session=True); process.send_signal(signal.SIGSTOP); "
        "print('ready', flush=True); process.wait()"
    ),
    "a child's child": (
        "process = subprocess.Popen([sys.executable, '-c', 'import subprocess, sys; subprocess.run(sys.argv[1:])', *SLEEP]"
        ", stdout=subprocess.PIPE); process.stdout.readline(); print('ready', flush=True); process.stdout.read(); "
        "process.wait()"
    ),
    "a child that is started afterwards": (
        "print('ready', flush=True)\nwhile not flag.is_set: time.sleep(0.01)\nstarted().wait()"
    ),
}


def begun(folder, way):
    lines = "\n".join(f"            {line}" for line in way.split("\n"))
    command = [sys.executable, "-c", BEGIN + lines + END, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process):
    with suppress(psutil.Error):
        process.kill()


@pytest.fixture
def begin(tmp_path):
    """Begin a run's process that does something; nothing of it outlives the test."""
    with ExitStack() as stack:

        def begun(way):
            lines = "\n".join(f"            {line}" for line in way.split("\n"))
            command = [sys.executable, "-c", BEGIN + lines + END, str(tmp_path)]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            process = stack.enter_context(subprocess.Popen(command, **pipes, text=True))
            stack.callback(process.kill)
            assert process.stdout.readline() == "ready\n"
            for child in psutil.Process(process.pid).children(recursive=True):
                stack.callback(kill, child)
            return process

        yield begun


@pytest.mark.parametrize(
    ("way", "number"),
    [*((way, signal.SIGTERM) for way in WAYS), ("a child", signal.SIGINT), ("a child", signal.SIGHUP)],
)
def test_a_signal_to_the_process_alone_ends_what_it_waits_for(tmp_path, begin, way, number):
    process = begin(WAYS[way])
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert output == f"cancelled: {cancel_reason(tmp_path)}.\n", errors
    assert process.returncode == 0


def test_a_child_that_cancels_the_run_is_left_to_it(begin):
    # It asks the others, and tells what became of them; the run ends once it has.
    request = "from core.store.cancel_request import request_cancel; from pathlib import Path; import os, signal, sys\n"
    request += (
        "request_cancel(Path(sys.argv[1]), 'by a child'); os.kill(os.getppid(), signal.SIGTERM); print('asked')\n"
    )
    request += "print(sys.stdin.read(), end='')"
    way = f"process = subprocess.Popen([sys.executable, '-c', {request!r}, sys.argv[1]], stdin=-1, stdout=-1, text=True)\n"
    way += "print('ready', flush=True)\nwhile not flag.is_set: time.sleep(0.01)\ntime.sleep(0.3)\n"
    way += "print(process.communicate('done')[0], flush=True)"
    process = begin(way)
    output, errors = process.communicate(timeout=60)
    assert output == "asked\ndone\ncancelled: by a child.\n", errors


def test_who_asked_is_known_where_it_is_written(tmp_path):
    assert canceller(tmp_path) is None
    request_cancel(tmp_path, "enough")
    assert canceller(tmp_path) == os.getpid()
    (tmp_path / "cancel.json").write_text("[]")
    assert canceller(tmp_path) is None
