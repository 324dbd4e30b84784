from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.errors import RunCancelled
from core.jobs.signals import CancelFlag
from core.store.cancel_request import cancel_reason, request_cancel

WAIT = (
    "import sys, time; from pathlib import Path; from core.jobs.signals import CancelFlag\n"
    "with CancelFlag() as flag:\n"
    "    flag.watch(Path(sys.argv[1])); print('ready', flush=True)\n"
    "    while not flag.is_set: time.sleep(0.01)\n"
    "    print('set', flush=True)\n"
    "    {then}\n"
    "time.sleep(60)\n"
)


# Below nohup the tests' processes would ignore it.
HANG_UP_AS_USUAL = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"


def _waiter(folder: Path, then: str, **how: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HANG_UP_AS_USUAL + WAIT.format(then=then), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how)  # type: ignore[call-overload]
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_sets_the_flag_and_leaves_a_request(tmp_path: Path, number: signal.Signals) -> None:
    process = _waiter(tmp_path, "flag.check()")
    process.send_signal(number)
    output, errors = process.communicate()
    assert output == "set\n"
    reason = "Ctrl-C (SIGINT)" if number is signal.SIGINT else f"received {number.name}"
    assert f"RunCancelled: {reason}." in errors
    assert cancel_reason(tmp_path) == reason


def test_a_second_signal_ends_the_process_at_once(tmp_path: Path) -> None:
    process = _waiter(tmp_path, "time.sleep(0.4); print('again', flush=True); time.sleep(60)")
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["set\n", "again\n"]
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130


def test_one_wish_that_is_delivered_twice_is_one_wish(tmp_path: Path) -> None:
    process = _waiter(tmp_path, "flag.check()")
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCONT):  # both wait, and come together
        process.send_signal(number)
    _, errors = process.communicate()
    assert "RunCancelled: " in errors


def test_after_the_block_the_handlers_are_those_from_before(tmp_path: Path) -> None:
    process = _waiter(tmp_path, "break_out = True\nprint('out', flush=True)")
    request_cancel(tmp_path, "asked")
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["set\n", "out\n"]
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == -signal.SIGTERM


def test_after_a_last_block_a_signal_is_ignored(tmp_path: Path) -> None:
    code = WAIT.replace("CancelFlag()", "CancelFlag(is_last=True)").replace("time.sleep(60)", "input(); sys.exit(3)")
    command = [sys.executable, "-c", code.format(then="flag.set('asked')"), str(tmp_path)]
    process = subprocess.Popen([*command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    request_cancel(tmp_path, "asked")
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["ready\n", "set\n"]
    _until(lambda: _ignores(process.pid, signal.SIGTERM))
    process.send_signal(signal.SIGTERM)
    process.communicate("\n")
    assert process.returncode == 3


def _signals_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if line.startswith("Sig"))


def _ignores(pid: int, number: int) -> bool:
    return bool(int(_signals_of(pid)["SigIgn"], 16) >> (number - 1) & 1)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    command = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", sys.executable, "-c", WAIT.format(then="flag.check()")]
    process = subprocess.Popen([*command, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    assert "RunCancelled: received SIGTERM." in errors


def test_a_forked_worker_ends_by_the_signal_and_leaves_no_request(tmp_path: Path) -> None:
    with CancelFlag() as flag:
        flag.watch(tmp_path)
        readable, writable = os.pipe()
        worker = os.fork()
        if worker == 0:
            os.write(writable, b"x")
            for _ in range(6000):
                time.sleep(0.01)
            os._exit(0)
        os.read(readable, 1)  # Python drops the signals that reach a child while it is being forked
        os.close(readable)
        os.close(writable)
        os.kill(worker, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == -signal.SIGTERM
        assert not flag.is_set
    assert list(tmp_path.iterdir()) == []


def test_a_request_in_the_folder_sets_the_flag(tmp_path: Path) -> None:
    flag = CancelFlag()
    assert not flag.is_set
    request_cancel(tmp_path, "asked by a person")
    flag.watch(tmp_path)
    with pytest.raises(RunCancelled, match=r"^asked by a person\.$"):
        flag.check()


def test_a_request_in_the_folder_says_more_than_the_signal_that_follows_it(tmp_path: Path) -> None:
    with CancelFlag() as flag:
        flag.watch(tmp_path)
        request_cancel(tmp_path, "enough seen")
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(RunCancelled, match=r"^enough seen\.$"):
            flag.check()


def test_a_wish_from_before_the_run_had_a_folder_is_left_there(tmp_path: Path) -> None:
    flag = CancelFlag()
    flag.set("received SIGINT")
    flag.set("too late to be the reason")
    flag.watch(tmp_path)
    assert cancel_reason(tmp_path) == "received SIGINT"
    assert flag.is_set


@pytest.mark.parametrize("error", [ValueError("a file was blamed"), KeyboardInterrupt(), SystemExit(3)])
def test_a_wish_outranks_the_error_that_it_led_to(tmp_path: Path, error: BaseException) -> None:
    flag = CancelFlag()
    flag.watch(tmp_path)
    assert not flag.is_set
    # Right after a look: the next one that is due would come too late.
    request_cancel(tmp_path, "asked by a person")
    with pytest.raises(RunCancelled, match=r"^asked by a person\.$") as raised, flag.outranking_errors():
        raise error
    assert raised.value.__context__ is error


def test_an_error_of_which_nobody_s_wish_is_the_cause_stays_itself(tmp_path: Path) -> None:
    flag = CancelFlag()
    flag.watch(tmp_path)
    with pytest.raises(ValueError, match="the file"), flag.outranking_errors():
        raise ValueError("the file is broken")
    with flag.outranking_errors():
        request_cancel(tmp_path, "too late for a block that ended well")


def test_outside_the_main_thread_no_handler_is_touched() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    seen = []

    def enter() -> None:
        with CancelFlag():
            seen.extend(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == before
