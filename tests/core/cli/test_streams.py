"""Output whose reader goes away, and terminals that are lost."""

import errno
import io
import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from core.cli.streams import ForgivingStream

REPOSITORY = Path(__file__).parents[3]
RULE = ("--set", "strategy.strategy_type=constant_leverage")


def test_a_run_goes_on_when_nobody_reads_its_output(qlop):
    """As `qlop backtest ... 2>&1 | head -1`: the reader takes one line and leaves."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        qlop.command("backtest", "-c", qlop.config, *RULE),
        cwd=qlop.folder,
        env={**qlop.environment(), "PYTHONPATH": str(REPOSITORY)},
        stdout=writing,
        stderr=writing,
    )
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    assert process.wait(120) == 0
    (row,) = json.loads(qlop.call("runs", "list", "--json").stdout)
    assert row["state"] == "completed"


def test_a_run_goes_on_when_its_terminal_is_lost(qlop):
    """The bars of a terminal that is closed harm no run."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        qlop.command("backtest", "-c", qlop.config, *RULE, "--json"),
        cwd=qlop.folder,
        env={**qlop.environment(), "PYTHONPATH": str(REPOSITORY), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    os.read(ours, 1)
    os.close(ours)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert json.loads(output.splitlines()[-1])["status"] == "completed"


def test_without_a_standard_error_a_run_goes_on(qlop):
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *qlop.command("backtest", "-c", str(qlop.config), *RULE, "--json")],
        cwd=qlop.folder,
        env={**qlop.environment(), "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    assert json.loads(done.stdout.splitlines()[-1])["status"] == "completed"
    assert done.returncode == 0


def test_output_that_does_not_fit_is_no_success(used):
    qlop, _ = used
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >/dev/full', "sh", *qlop.command("runs", "list")],
        cwd=qlop.folder,
        env={**qlop.environment(), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "qlop: the output cannot be written: No space left on device.\n"


class _Broken(io.StringIO):
    def __init__(self, number):
        super().__init__()
        self.number = number

    def write(self, _text):
        raise OSError(self.number, os.strerror(self.number))


def test_only_what_is_forgiven_is_swallowed():
    assert ForgivingStream(_Broken(errno.EPIPE), forgives=BrokenPipeError).write("text") == 4
    assert ForgivingStream(_Broken(errno.EIO), forgives=OSError).write("text") == 4
    with pytest.raises(OSError, match="No space left"):
        ForgivingStream(_Broken(errno.ENOSPC), forgives=BrokenPipeError).write("text")
