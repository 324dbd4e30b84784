from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.base.errors import StoreError
from core.store.atomic import (
    is_temporary,
    new_staging_folder,
    publish_folder,
    remove_leftovers,
    staged_file,
    write_bytes,
    write_json,
    write_new_text,
    write_text,
)


def test_what_is_written_replaces_what_was_there_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "one\r\n")
    write_text(tmp_path / "a.txt", "zwei é\n")
    assert (tmp_path / "a.txt").read_bytes() == "zwei é\n".encode()
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"old")

    def fail_midway() -> None:
        with staged_file(tmp_path / "a") as temporary:
            temporary.write_bytes(b"new, but onl")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_midway()
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_reader_meets_one_whole_content_or_the_other(tmp_path: Path) -> None:
    contents = [b"a" * 3_000_000, b"b" * 1_000_000]
    write_bytes(tmp_path / "a", contents[0])
    has_ended = threading.Event()

    def write_in_turn() -> None:
        for number in range(60):
            write_bytes(tmp_path / "a", contents[number % 2])
        has_ended.set()

    writer = threading.Thread(target=write_in_turn)
    writer.start()
    seen = set()
    while not has_ended.is_set():
        seen.add((tmp_path / "a").read_bytes())
    writer.join()
    assert seen <= set(contents)


def test_a_value_without_json_form_leaves_the_old_content(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"x": 1})
    with pytest.raises(StoreError, match=r"\$\.x is a object"):
        write_json(tmp_path / "a.json", {"x": object()})
    assert (tmp_path / "a.json").read_text() == '{\n  "x": 1\n}\n'


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"absent/a cannot be written: No such file or directory"):
        write_text(tmp_path / "absent" / "a", "x")


def test_a_new_file_never_replaces(tmp_path: Path) -> None:
    write_new_text(tmp_path / "a", "first")
    with pytest.raises(FileExistsError):
        write_new_text(tmp_path / "a", "second")
    assert (tmp_path / "a").read_text() == "first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_folder_is_published_whole_and_once(tmp_path: Path) -> None:
    staging = new_staging_folder(tmp_path / "model")
    (staging / "deep").mkdir()
    (staging / "deep" / "m.json").write_text("{}")
    assert not (tmp_path / "model").exists()
    publish_folder(staging, tmp_path / "model")
    assert (tmp_path / "model" / "deep" / "m.json").read_text() == "{}"
    again = new_staging_folder(tmp_path / "model")
    with pytest.raises(FileExistsError):
        publish_folder(again, tmp_path / "model")
    assert (tmp_path / "model" / "deep" / "m.json").exists()


def test_a_folder_does_not_take_the_place_of_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    staging = new_staging_folder(tmp_path / "model")
    with pytest.raises(FileExistsError):
        publish_folder(staging, tmp_path / "model")


def test_leftovers_of_a_killed_process_are_recognised_and_removed(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from core.store.atomic import *\n"
        "new_staging_folder(Path(sys.argv[1]) / 'folder').joinpath('x').write_text('x')\n"
        "with staged_file(Path(sys.argv[1]) / 'file') as t:\n"
        "    t.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    left = {entry.name for entry in tmp_path.iterdir()}
    assert len(left) == 2
    assert all(is_temporary(name) for name in left)
    assert {entry.name for entry in remove_leftovers(tmp_path)} == left
    assert list(tmp_path.iterdir()) == []


def test_files_of_living_writers_and_other_files_are_no_leftovers(tmp_path: Path) -> None:
    (tmp_path / ".hidden.tmp").write_text("mine")
    (tmp_path / "plain").write_text("mine")
    with staged_file(tmp_path / "file") as temporary:
        temporary.write_text("at work")
        assert remove_leftovers(tmp_path) == []
    assert (tmp_path / "file").read_text() == "at work"


def test_another_machines_files_are_leftovers_only_after_a_week(tmp_path: Path) -> None:
    foreign = tmp_path / ".config.json.00000000-1-0a0b0c0d.tmp"
    foreign.write_text("")
    assert remove_leftovers(tmp_path) == []
    week_and_a_day_ago = foreign.stat().st_mtime - 8 * 24 * 3600
    os.utime(foreign, (week_and_a_day_ago, week_and_a_day_ago))
    assert remove_leftovers(tmp_path) == [foreign]


def test_leftovers_of_a_folder_that_is_not_there_are_none(tmp_path: Path) -> None:
    assert remove_leftovers(tmp_path / "absent") == []


def test_names_as_long_as_the_system_allows_can_be_written(tmp_path: Path) -> None:
    write_text(tmp_path / ("n" * 255), "x")
    assert (tmp_path / ("n" * 255)).read_text() == "x"
