"""The limit of open files is raised as far as the system allows, in a process of its own here."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
soft, hard, wished = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from core.services.open_files import grant_open_files
print(grant_open_files(wished), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "wished", "granted"),
    [(100, 200, 150, 150), (100, 200, 300, 200), (100, 200, 50, 100), (200, 200, 300, 200)],
)
def test_it_is_raised_to_what_is_wished_or_to_the_hard_limit_and_never_lowered(soft, hard, wished, granted):
    command = [sys.executable, "-P", "-c", PROGRAM, str(soft), str(hard), str(wished)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert told.split() == [str(granted), str(granted), str(hard)]
