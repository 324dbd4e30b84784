"""Many threads append to one log at once: each is told the truth about its own lines, and none waits for ever.

The faults are those of the operating system's calls (os.write), and real signals.
"""

from __future__ import annotations

import errno
import os
import random
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from core.base.errors import StoreError
from core.base.events import Event, LogPayload, Payload, RunState, StatusPayload
from core.store.event_log import FileEventLog

N_THREADS = 4
CANCELLED = StatusPayload(state=RunState.CANCELLED, current_status="cancelled")


def _said(thread: int, number: int) -> LogPayload:
    return LogPayload(level="info", message=f"{thread} {number}")


def _told(thread: int, number: int) -> StatusPayload:
    return StatusPayload(state=RunState.RUNNING, current_status=f"{thread} {number}")


@contextmanager
def _threads(work: Callable[[int], object], n_threads: int = N_THREADS) -> Iterator[None]:
    """Let threads work, each with its number, while the block runs, and see all of them end."""
    failures: list[BaseException] = []

    def watched(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=watched, args=(number,), daemon=True) for number in range(n_threads)]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert not failures


def _until_refused(log: FileEventLog, appended: list[Event], payload: Callable[[int], Payload]) -> StoreError:
    """Append until the log takes no more, and return what it says."""
    for number in range(100_000):
        try:
            appended.append(log.append(payload(number)))
        except StoreError as error:
            return error
    raise AssertionError("the log takes lines without end")


def _assert_stand_in_the_log(log: FileEventLog, appended: list[list[Event]]) -> list[Event]:
    """Assert that the log holds each acknowledged event, in its place, and each thread's in their order."""
    events = list(log.read())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    moments = [event.timestamp_utc for event in events]
    assert moments == sorted(moments)
    for own in appended:
        assert [event.seq for event in own] == sorted(event.seq for event in own)
        assert [events[event.seq - 1] for event in own] == own
    return events


def test_lines_and_statuses_of_many_threads_stand_in_the_order_of_their_numbers(log: FileEventLog) -> None:
    appended: list[list[Event]] = [[] for _ in range(N_THREADS)]

    def work(thread: int) -> None:
        for number in range(200):
            payload = _told(thread, number) if number % 50 == thread else _said(thread, number)
            appended[thread].append(log.append(payload))

    with _threads(work):
        pass
    assert len(_assert_stand_in_the_log(log, appended)) == N_THREADS * 200


def test_a_status_of_many_threads_is_on_disk_before_its_thread_goes_on(
    log: FileEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, synced = os.fsync, 0
    shortfalls = []

    def fsync_and_remember(descriptor: int) -> None:
        nonlocal synced
        size = os.fstat(descriptor).st_size
        fsync(descriptor)
        synced = size

    def work(thread: int) -> None:
        for number in range(10):
            log.append(_said(thread, number))
            seq = log.append(_told(thread, number)).seq
            on_disk = log.path.read_bytes()[:synced].count(b"\n")
            shortfalls.append(max(0, seq - on_disk))

    monkeypatch.setattr(os, "fsync", fsync_and_remember)
    with _threads(work):
        pass
    assert shortfalls == [0] * N_THREADS * 10


def test_nothing_of_any_thread_follows_a_terminal_status(log: FileEventLog) -> None:
    appended: list[list[Event]] = [[] for _ in range(N_THREADS)]
    errors: list[StoreError] = []

    def work(thread: int) -> None:
        errors.append(_until_refused(log, appended[thread], lambda number: _said(thread, number)))

    with _threads(work):
        time.sleep(0.05)
        last = log.append(CANCELLED)
    assert ["nothing follows a terminal status" in str(error) for error in errors] == [True] * N_THREADS
    events = _assert_stand_in_the_log(log, appended)
    assert events[-1] == last
    assert len(events) == sum(map(len, appended)) + 1


@pytest.mark.parametrize("n_bytes", [0, 40])
def test_what_the_disk_refuses_is_told_to_the_thread_whose_line_it_was(
    log: FileEventLog, monkeypatch: pytest.MonkeyPatch, n_bytes: int
) -> None:
    write = os.write
    told = []
    appended: list[list[Event]] = [[] for _ in range(N_THREADS)]

    def write_a_part_of_some(descriptor: int, line: bytes) -> int:
        if b' 7"' not in line:
            return write(descriptor, line)
        write(descriptor, line[:n_bytes])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def work(thread: int) -> None:
        for number in range(15):
            try:
                appended[thread].append(log.append(_said(thread, number)))
            except StoreError as error:
                told.append((thread, number, "No space left on device" in str(error)))

    monkeypatch.setattr(os, "write", write_a_part_of_some)
    with _threads(work):
        pass
    assert sorted(told) == [(thread, 7, True) for thread in range(N_THREADS)]
    assert len(_assert_stand_in_the_log(log, appended)) == sum(map(len, appended)) == N_THREADS * 14


def test_after_a_failure_of_the_disk_no_thread_appends_but_the_one_that_tells_it(
    log: FileEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    appended: list[list[Event]] = [[] for _ in range(N_THREADS)]
    errors: list[StoreError] = []

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def work(thread: int) -> None:
        errors.append(_until_refused(log, appended[thread], lambda number: _said(thread, number)))

    monkeypatch.setattr(os, "fdatasync", refuse)
    with _threads(work):
        pass
    assert ["Input/output error" in str(error) for error in errors] == [True] * N_THREADS
    assert log.append(CANCELLED) == _assert_stand_in_the_log(log, appended)[-1]


@contextmanager
def _interrupts_amid_appending(after_s: Callable[[], float]) -> Iterator[list[bool]]:
    """Interrupt this thread again and again, wherever it is in an append; say of each whether it was amid a line."""
    were_amid_a_line: list[bool] = []
    is_over = threading.Event()
    main = threading.get_ident()

    def interrupt(_signal: int, frame: FrameType | None) -> None:
        files = [Path(each.f_code.co_filename).name for each, _ in traceback.walk_stack(frame)]
        # Elsewhere, as in what is called when an object is collected, nobody would be told of it.
        if files[0] in {"log_writer.py", "log_end.py", "event_line.py", "disk_follower.py"}:
            were_amid_a_line.append("log_end.py" in files)
            raise KeyboardInterrupt

    def send() -> None:
        while not is_over.wait(after_s()):
            signal.pthread_kill(main, signal.SIGINT)

    before = signal.signal(signal.SIGINT, interrupt)
    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield were_amid_a_line
    finally:
        is_over.set()
        sender.join()
        signal.signal(signal.SIGINT, before)


def test_a_thread_that_is_interrupted_again_and_again_loses_and_doubles_nobodys_lines(log: FileEventLog) -> None:
    appended: list[list[Event]] = [[] for _ in range(N_THREADS)]
    is_over = threading.Event()
    chance = random.Random(1)

    def work(thread: int) -> None:
        while not is_over.is_set():
            appended[thread].append(log.append(_said(thread, len(appended[thread]))))

    tried = 0
    own = appended[-1]
    with _threads(work, N_THREADS - 1):
        with _interrupts_amid_appending(lambda: chance.uniform(0, 0.01)) as were_amid_a_line:
            while sum(were_amid_a_line) < 5:
                tried += 1
                try:
                    own.append(log.append(_said(N_THREADS - 1, tried)))
                except KeyboardInterrupt:
                    continue
        is_over.set()
    events = _assert_stand_in_the_log(log, appended)
    lines = [event.payload.message for event in events]
    assert len(set(lines)) == len(lines)
    of_others = sum(map(len, appended[:-1]))
    assert len(own) <= len(events) - of_others <= tried


def test_a_thread_interrupted_while_another_one_writes_has_written_nothing(
    log: FileEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes, may_write, write = threading.Event(), threading.Event(), os.write

    def write_slowly(descriptor: int, line: bytes) -> int:
        writes.set()
        assert may_write.wait(30)
        return write(descriptor, line)

    monkeypatch.setattr(os, "write", write_slowly)
    with _threads(lambda thread: log.append(_said(thread, 0)), 1):
        assert writes.wait(30)
        with _interrupts_amid_appending(lambda: 0.02), pytest.raises(KeyboardInterrupt):
            log.append(_said(1, 0))
        may_write.set()
    assert log.append(_said(1, 1)).seq == 2
    assert [event.payload for event in log.read()] == [_said(0, 0), _said(1, 1)]


def test_a_thread_that_logs_now_and_then_comes_to_its_turn_among_those_that_log_without_end(log: FileEventLog) -> None:
    is_over = threading.Event()

    def work(thread: int) -> None:
        while not is_over.is_set():
            log.append(_said(thread, 0))

    with _threads(work):
        own = [log.append(_said(N_THREADS, number)) for number in range(10)]
        is_over.set()
    _assert_stand_in_the_log(log, [own])


def test_a_child_forked_while_threads_append_is_refused_and_does_not_hang(log: FileEventLog) -> None:
    is_over = threading.Event()
    appended: list[list[Event]] = [[] for _ in range(N_THREADS)]

    def work(thread: int) -> None:
        while not is_over.is_set():
            appended[thread].append(log.append(_said(thread, len(appended[thread]))))

    codes = []
    with _threads(work):
        for _ in range(5):
            child = os.fork()
            if child == 0:
                signal.alarm(20)  # ends a child that hangs
                try:
                    log.append(CANCELLED)
                except StoreError:
                    log.close()
                    os._exit(7)
                finally:
                    os._exit(1)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        is_over.set()
    assert codes == [7] * 5
    assert len(_assert_stand_in_the_log(log, appended)) == sum(map(len, appended))
