"""A process of its own reads what may crash, hang, fill the memory or do deeds; this one only hears of it."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from core.engine.limited_process import USUAL_BOUNDS, Bounds, ask_limited_process

QUESTIONS = Path(__file__).parent


def nothing_wrong(content: bytes) -> str:
    return "" if content == bytes(range(256)) * 4_096 else f"it has {len(content)} bytes"


def crashes(_: bytes) -> str:
    ctypes.string_at(0)
    return ""


def is_ended_by_another(number: bytes) -> str:
    # A death is the same whoever sends the signal; the hook refuses os.kill.
    signal.raise_signal(int(number))
    return ""


def runs_for_ever(_: bytes) -> str:
    while True:
        pass


def sleeps_for_ever(_: bytes) -> str:
    import time

    time.sleep(600)
    return ""


def fills_the_memory(_: bytes) -> str:
    return str(len(bytearray(4 * 1024**3)))


def fails(_: bytes) -> str:
    raise KeyError("no such thing")


def prints_much(_: bytes) -> str:
    for stream in (sys.stdout, sys.stderr):
        for _line in range(2_000):
            stream.write("x" * 1_000)
    return "it is wrong"


def ends_without_a_word(code: bytes) -> str:
    ctypes.CDLL(None).exit(int(code))
    return ""


def refuses_without_a_word(_: bytes) -> str:
    return " "


def says_nothing_and_prints(_: bytes) -> str:
    print("all is well")
    return ""


def knows_secrets(_: bytes) -> str:
    return os.environ.get("ACME_KEY", "none")


def reads_on(_: bytes) -> str:
    return repr(sys.stdin.read())


def does(deed: bytes) -> str:
    name, _, path = deed.decode().partition(" ")
    deeds = {
        "system": lambda: os.system(f"touch {path}"),
        "popen": lambda: subprocess.run(["touch", path], check=False),
        "fork": os.fork,
        "write": lambda: Path(path).write_text("here"),
        "descriptor": lambda: os.write(os.open(path, os.O_WRONLY | os.O_CREAT), b"here"),
        "remove": lambda: Path(path).unlink(),
        "connect": lambda: socket.create_connection(("127.0.0.1", 9), timeout=1),
    }
    try:
        deeds[name]()
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    return "done"


def ask(question: str, content: bytes = b"", bounds: Bounds = USUAL_BOUNDS) -> str:
    return ask_limited_process(f"test_limited_process:{question}", content, bounds)


@pytest.fixture(autouse=True)
def questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process find this file; it imports from where this one does."""
    monkeypatch.syspath_prepend(str(QUESTIONS))


def test_all_bytes_arrive_and_an_empty_answer_says_that_nothing_is_wrong() -> None:
    assert ask("nothing_wrong", bytes(range(256)) * 4_096) == ""
    assert ask("nothing_wrong", b"short") == "it has 5 bytes"


def test_a_crash_is_an_answer_that_names_the_signal() -> None:
    assert ask("crashes") == "It ends the process that reads it, with signal 11 (SIGSEGV)."


@pytest.mark.parametrize(
    ("question", "bounds", "said"),
    [
        ("runs_for_ever", Bounds(processor_s=1), "had not ended after 1 seconds of processor time"),
        ("sleeps_for_ever", Bounds(wall_s=1.0), "had not ended after 1 seconds"),
        ("fills_the_memory", Bounds(memory_bytes=1 << 30), "takes more than 1,024 MiB of memory"),
    ],
)
def test_time_and_memory_are_bounded(question: str, bounds: Bounds, said: str) -> None:
    assert said in ask(question, bounds=bounds)


def test_an_error_that_nobody_expects_is_told_by_its_last_line() -> None:
    assert ask("fails") == "It ends the process that reads it, with exit code 1: KeyError: 'no such thing'."


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_process_that_was_ended_from_outside_says_nothing_of_the_file(number: signal.Signals) -> None:
    said = ask("is_ended_by_another", str(number.value).encode())
    assert said == (
        f"The process that read it was ended from outside, with signal {number.value} ({number.name}): "
        "nothing is known of it yet."
    )


@pytest.mark.parametrize("code", [0, 3])
def test_a_process_that_ends_before_it_has_answered_has_not_passed_the_file(code: int) -> None:
    said = ask("ends_without_a_word", str(code).encode())
    assert said == f"It ends the process that reads it, with exit code {code}."


def test_a_refusal_without_a_sentence_is_one() -> None:
    assert ask("refuses_without_a_word") == "It is refused by what reads it, which does not say why."


def test_what_a_library_prints_is_no_answer() -> None:
    assert ask("prints_much") == "it is wrong"
    assert ask("says_nothing_and_prints") == ""


def test_it_has_no_secrets_and_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", "hunter2")
    assert ask("knows_secrets") == "none"
    assert ask("reads_on") == "''"


@pytest.mark.parametrize("deed", ["system", "popen", "fork", "write", "descriptor", "connect"])
def test_no_deed_is_done(deed: str, tmp_path: Path) -> None:
    said = ask("does", f"{deed} {tmp_path / 'mark'}".encode())
    assert said.startswith("PermissionError: the file asks for ")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_removed(tmp_path: Path) -> None:
    (tmp_path / "mark").touch()
    assert "os.remove" in ask("does", f"remove {tmp_path / 'mark'}".encode())
    assert (tmp_path / "mark").exists()
