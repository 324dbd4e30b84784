"""A folder travels in one zip file, and no zip file escapes the folder it is unpacked into."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest

from core.base.errors import DataError
from core.engine.model_archive import pack_model, unpack_model
from core.engine.zip_entries import MAX_FILES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    (made / "model").mkdir(parents=True)
    (made / "model.json").write_text("{}")
    (made / "model" / "booster.ubj").write_bytes(bytes(range(256)) * 400)
    return made


@pytest.fixture
def target(tmp_path: Path) -> Path:
    made = tmp_path / "target"
    made.mkdir()
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def zip_of(path: Path, *names: str, mode: int = 0o100644, content: bytes = b"x") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo("placeholder")
            entry.filename = name
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return path


def test_what_is_unpacked_is_what_was_packed(folder: Path, target: Path, tmp_path: Path) -> None:
    pack_model(folder, tmp_path / "a.zip")
    unpack_model(tmp_path / "a.zip", target)
    assert contents(target) == contents(folder)


def test_the_same_files_give_the_same_bytes_whatever_their_times_and_permissions(folder: Path, tmp_path: Path) -> None:
    pack_model(folder, tmp_path / "a.zip")
    os.utime(folder / "model.json", (1_000_000_000, 1_000_000_000))
    (folder / "model.json").chmod(0o600)
    pack_model(folder, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["model.json", "model/booster.ubj"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "model/../../outside",
        "/etc/outside",
        "C:/outside",
        "model\\..\\outside",
        "./a",
        "a//b",
        "model/",
        "",
    ],
)
def test_an_entry_that_would_leave_the_folder_is_refused_and_nothing_is_written(
    name: str, target: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    packed = zip_of(tmp_path / "a.zip", "good", name)
    with pytest.raises(DataError, match=r"which may not be unpacked|not a readable zip"):
        unpack_model(packed, target)
    assert list(target.iterdir()) == []
    assert sorted(tmp_path.iterdir()) == sorted([*before, packed])


def test_a_link_is_refused(target: Path, tmp_path: Path) -> None:
    packed = zip_of(tmp_path / "a.zip", "link", mode=stat.S_IFLNK | 0o777, content=b"/etc/passwd")
    with pytest.raises(DataError, match="'link', which may not be unpacked"):
        unpack_model(packed, target)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(target: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="names a file twice"):
        unpack_model(zip_of(tmp_path / "a.zip", "same", "same"), target)


def test_too_many_files_are_refused(target: Path, tmp_path: Path) -> None:
    packed = zip_of(tmp_path / "a.zip", *[f"f{k}" for k in range(MAX_FILES + 1)])
    with pytest.raises(DataError, match="10,001 files"):
        unpack_model(packed, target)


def test_a_damaged_file_is_refused(folder: Path, target: Path, tmp_path: Path) -> None:
    pack_model(folder, tmp_path / "a.zip")
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[200] ^= 0xFF
    (tmp_path / "b.zip").write_bytes(content)
    (tmp_path / "c.zip").write_bytes(content[:-40])
    for name in ("b.zip", "c.zip"):
        with pytest.raises(DataError, match="not a readable zip file"):
            unpack_model(tmp_path / name, target)
        for left in contents(target):
            (target / left).unlink()
