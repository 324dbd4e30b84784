"""A small file is read whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.base.small_file import NotSmallFileError, read_small_file


def test_a_file_of_the_most_bytes_is_read_and_one_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    assert read_small_file(path, 100) == b"x" * 100
    with pytest.raises(NotSmallFileError, match="the file has 100 bytes; at most 99 may be"):
        read_small_file(path, 99)


def test_a_file_that_says_it_is_empty_is_not_read_to_its_end() -> None:
    path = Path("/proc/self/maps")
    assert path.stat().st_size == 0
    with pytest.raises(NotSmallFileError, match="the file has more than 100 bytes"):
        read_small_file(path, 100)


def test_a_pipe_that_nobody_writes_to_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotSmallFileError, match="it is a pipe"):
        read_small_file(tmp_path / "pipe", 100)


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    assert read_small_file(tmp_path / "link", 1) == b"x"


def test_what_is_not_there_or_no_path_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_small_file(tmp_path / "none", 1)
    with pytest.raises(NotSmallFileError, match="null byte"):
        read_small_file(tmp_path / "a\0b", 1)


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with pytest.raises(NotSmallFileError):
            read_small_file(tmp_path, 1)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
