"""What a run says at its end holds no password, whoever raised what ended it."""

from core.base.errors import DataError
from core.store.run_ending import last_status, traceback_of

MARK = "zq9Hush7xk"
WORDS = f"Could not parse SQLAlchemy URL from string 'postgresql://u:{MARK}@h:x/d', nor 'host=h password={MARK}'"
BLOTTED = "Could not parse SQLAlchemy URL from string 'postgresql://u:***@h:x/d', nor 'host=h password=***'"


def test_the_last_status_has_stars_for_a_password():
    assert last_status("id", DataError(WORDS), "", elapsed_s=1.0).error == BLOTTED
    assert last_status("id", RuntimeError(WORDS), "", elapsed_s=1.0).error == f"RuntimeError: {BLOTTED}"


def test_a_traceback_in_the_log_has_stars_for_a_password():
    try:
        raise RuntimeError("again") from ValueError(WORDS)
    except RuntimeError as error:
        message = traceback_of(error).message
    assert f"ValueError: {BLOTTED}" in message
    assert MARK not in message
