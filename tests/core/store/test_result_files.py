from __future__ import annotations

import pytest

from core.base.errors import DataError
from core.contracts.folder_sink_params import FolderSinkParams
from core.store.result_files import check_result_files, write_result_files


def test_one_file_that_is_there_keeps_all_from_being_written(tmp_path):
    (tmp_path / "b.txt").write_text("mine")
    with pytest.raises(DataError, match=r"b.txt is there already \(1 of 2 files\); nothing was written.*replace"):
        write_result_files({"a.txt": b"1", "b.txt": b"2"}, FolderSinkParams(folder=str(tmp_path)))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"b.txt": "mine"}


def test_replacing_leaves_other_files_alone(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "other.txt").write_text("mine")
    write_result_files({"a.txt": b"new"}, FolderSinkParams(folder=str(tmp_path), replace=True))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "new", "other.txt": "mine"}


def test_the_home_folders_sign_is_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    paths = write_result_files({"a.txt": b"1"}, FolderSinkParams(folder="~/out"))
    assert paths == [tmp_path / "out" / "a.txt"]


def test_what_the_system_refuses_is_said_with_the_next_step(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot be written into .*file.*Name a folder that can be written"):
        write_result_files({"a.txt": b"1"}, FolderSinkParams(folder=str(tmp_path / "file" / "in")))


def test_a_check_refuses_what_is_known_before_anything_is_made(tmp_path):
    (tmp_path / "equity.csv").write_text("mine")
    params = FolderSinkParams(folder=str(tmp_path), tables=("equity",))
    with pytest.raises(DataError, match=r"equity.csv is there already \(1 of 2 files\); nothing was written"):
        check_result_files(".csv", params)
    check_result_files(".json", params)
    check_result_files(".csv", params.model_copy(update={"replace": True}))
    with pytest.raises(DataError, match=r"cannot be written into .*: .*equity.csv is no folder"):
        check_result_files(".csv", FolderSinkParams(folder=str(tmp_path / "equity.csv" / "inside")))
    check_result_files(".csv", FolderSinkParams(folder=str(tmp_path / "new" / "folder")))
    assert [path.name for path in tmp_path.iterdir()] == ["equity.csv"]
