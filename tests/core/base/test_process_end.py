"""A process's end in words; whether somebody ended it."""

import signal

import pytest

from core.base.process_end import end_in_words, ended_from_outside


@pytest.mark.parametrize(
    ("code", "words", "is_from_outside"),
    [
        (0, "exit code 0", False),
        (130, "exit code 130", False),
        (-signal.SIGSEGV, "signal 11 (SIGSEGV)", False),
        (-signal.SIGKILL, "signal 9 (SIGKILL)", False),
        (-signal.SIGINT, "signal 2 (SIGINT)", True),
        (-signal.SIGTERM, "signal 15 (SIGTERM)", True),
        (-signal.SIGHUP, "signal 1 (SIGHUP)", True),
        (-(signal.SIGRTMIN + 3), f"signal {signal.SIGRTMIN + 3}", False),
    ],
)
def test_an_end_is_told_by_its_code_or_its_signal(code, words, is_from_outside):
    assert (end_in_words(code), ended_from_outside(code)) == (words, is_from_outside)
