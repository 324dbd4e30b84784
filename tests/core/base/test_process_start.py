"""Where the system gives no process more, that is what is told."""

import errno
import os

import pytest

from core.base.errors import RunError
from core.base.process_start import no_thread_words, refused_start_told


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (
            BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)),
            "no further process or thread (Resource temporarily",
        ),
        (RuntimeError("can't start new thread"), "no further process or thread (can't start new thread). End others"),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "no further open file (Too many open files). Allow more"),
    ],
)
def test_what_lacks_is_told_with_what_the_process_is_for(refusal, said):
    with pytest.raises(RunError) as told, refused_start_told("looks at plugins"):
        raise refusal
    assert str(told.value).startswith("The process that looks at plugins cannot be started: the system gives ")
    assert said in str(told.value)
    assert told.value.__cause__ is refusal


@pytest.mark.parametrize("error", [RuntimeError("another"), FileNotFoundError(errno.ENOENT, "gone"), ValueError("x")])
def test_other_errors_pass(error):
    with pytest.raises(type(error)) as raised, refused_start_told("looks at plugins"):
        raise error
    assert raised.value is error
    assert no_thread_words(error) == ""


def test_a_thread_that_is_refused_is_no_fault_of_a_plugin():
    assert no_thread_words(RuntimeError("can't start new thread")).startswith("The system gives no further process")
