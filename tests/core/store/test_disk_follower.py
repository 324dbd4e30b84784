from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from core.store.disk_follower import DiskFollower


class Duplicates:
    """Gives out descriptors of one file, and says when; each waits until it is let go on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.given: list[int] = []
        self.asked = threading.Semaphore(0)
        self.may_go_on = threading.Semaphore(0)

    def __call__(self) -> int:
        self.given.append(os.open(self._path, os.O_RDWR | os.O_CREAT))
        self.asked.release()
        assert self.may_go_on.acquire(timeout=30)
        return self.given[-1]


@pytest.fixture
def duplicates(tmp_path: Path) -> Duplicates:
    return Duplicates(tmp_path / "file")


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_what_comes_while_the_disk_is_busy_shares_the_next_turn(duplicates: Duplicates) -> None:
    follower = DiskFollower(duplicates)
    follower.ring(-1)
    assert duplicates.asked.acquire(timeout=30)
    for _ in range(1000):
        follower.ring(-1)
    duplicates.may_go_on.release()
    assert duplicates.asked.acquire(timeout=30)
    duplicates.may_go_on.release(2)
    follower.close()
    # One for the first ring and one for the thousand; closing puts the rest on disk once more at most.
    assert len(duplicates.given) in {2, 3}
    assert not any(map(is_open, duplicates.given))


def test_closing_waits_until_everything_is_on_disk(duplicates: Duplicates) -> None:
    follower = DiskFollower(duplicates)
    duplicates.may_go_on.release(10)
    follower.ring(-1)
    follower.close()
    assert len(duplicates.given) >= 1
    assert not any(thread.name == "the log's way to the disk" for thread in threading.enumerate())
    follower.close()


def test_nobody_rings_and_no_thread_is_begun() -> None:
    DiskFollower(lambda: -1).close()
    assert not any(thread.name == "the log's way to the disk" for thread in threading.enumerate())


@pytest.mark.parametrize("duplicate", [lambda: os.dup(-1), lambda: os.open(os.devnull, os.O_RDWR)])
def test_what_the_disk_refuses_is_told_to_everybody_who_asks(duplicate: Callable[[], int]) -> None:
    follower = DiskFollower(duplicate)
    assert not follower.has_failed
    follower.ring(-1)
    follower.close()
    for _ in range(2):
        with pytest.raises(OSError, match=r"Bad file descriptor|Invalid argument"):
            follower.raise_failure()
    assert follower.has_failed


def test_a_failure_of_whoever_is_alone_is_kept(duplicates: Duplicates) -> None:
    follower = DiskFollower(duplicates)
    with pytest.raises(OSError, match="Bad file descriptor"), follower.alone():
        os.dup(-1)
    with pytest.raises(OSError, match="Bad file descriptor"):
        follower.raise_failure()
