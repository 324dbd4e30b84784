"""Ctrl-C within code that makes an error of its own of it, as pydantic's does while a class is made."""

import subprocess
import sys

import pytest

COMMAND = """
import os, signal, sys, time
from core.base.errors import DataError
from core.cli.app import app
from core.cli.main import main


@app.command()
def foreign():
    try:
        os.kill(os.getpid(), signal.{number})
        time.sleep(60)
    except KeyboardInterrupt:
        raise {error}("building the validator failed") from None


sys.argv = ["qlop", "foreign"]
main()
"""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("error", ["ValueError", "DataError", "OSError"])
def test_an_error_that_an_interruption_has_become_is_told_as_cancelled(number, error):
    program = COMMAND.format(number=number, error=error)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (130, "qlop: cancelled\n")
