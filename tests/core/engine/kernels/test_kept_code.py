"""Machine code on disk: found again, refused where others could have written it, and no fault of it ends anything."""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numba
import pytest

from core.engine.kernels.kept_code import CodeFolder, KeptCode

ADVICE = "Name another folder."


def add(a: int, b: int) -> int:
    return a + b


class Kernel:
    """A small kernel, as a fresh process has it."""

    def __init__(self, folder: Path) -> None:
        self.cache = CodeFolder(folder, ADVICE)
        self._compiled = numba.njit(add)
        self._compiled._cache = KeptCode(add, self.cache)

    def call(self) -> int:
        return self._compiled(2, 3)

    @property
    def is_from_disk(self) -> bool:
        return sum(self._compiled.stats.cache_hits.values()) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kernels" / "hash"


@pytest.fixture
def kept(folder: Path) -> Path:
    """The file of the kernel."""
    assert Kernel(folder).call() == 5
    (file,) = folder.iterdir()
    return file


def test_machine_code_is_found_again_by_its_argument_types(folder: Path, kept: Path, caplog) -> None:
    again = Kernel(folder)
    assert again.call() == 5
    assert again.is_from_disk
    assert again._compiled(2.5, 3.0) == 5.5
    assert len(list(folder.iterdir())) == 2
    assert not caplog.records


def zeroed_in_the_middle(content: bytes) -> bytes:
    half = len(content) // 2
    return content[:half] + bytes(512) + content[half + 512 :]


DAMAGES = {
    "empty": lambda _content: b"",
    "shorter than its sum": lambda content: content[:20],
    "cut off": lambda content: content[: len(content) // 2],
    "all zeros": lambda content: bytes(len(content)),
    "zeros in the middle": zeroed_in_the_middle,
    "of another cache": lambda _content: b"\x80\x05\x8c\x060.68.1.",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_told_of_compiled_anew_and_mended(folder: Path, kept: Path, damage, caplog) -> None:
    kept.write_bytes(damage(kept.read_bytes()))
    kernel = Kernel(folder)
    assert kernel.call() == 5
    assert not kernel.is_from_disk
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        f"The compiled kernel {kept} is not used: it is damaged, as after a power cut. It is compiled anew; results are the same."
    )
    again = Kernel(folder)
    assert again.call() == 5
    assert again.is_from_disk
    assert len(caplog.records) == 1


def test_a_file_that_others_may_write_is_replaced_unread(folder: Path, kept: Path, caplog) -> None:
    kept.chmod(0o666)
    kernel = Kernel(folder)
    assert kernel.call() == 5
    assert not kernel.is_from_disk
    assert "others than you may write it (mode 0666" in caplog.text
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_folder_in_the_place_of_a_file_is_told_of(folder: Path, kept: Path, caplog) -> None:
    kept.unlink()
    kept.mkdir()
    assert Kernel(folder).call() == 5
    assert "Is a directory" in caplog.text


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770])
def test_a_folder_that_others_may_write_is_neither_read_nor_written(
    folder: Path, kept: Path, mode: int, caplog
) -> None:
    folder.chmod(mode)
    before = kept.stat().st_mtime_ns
    kernel = Kernel(folder)
    assert kernel.call() == 5
    assert not kernel.is_from_disk
    assert kept.stat().st_mtime_ns == before
    (record,) = caplog.records
    assert record.getMessage() == (
        f"Compiled kernels cannot be kept in {folder}: others than you may write it (mode {mode:04o}, owner {folder.stat().st_uid}). "
        f"Each run that needs them compiles them in memory, which takes about 20 s; results are the same. {ADVICE}"
    )


def test_a_folder_of_its_own_is_made_for_its_user_alone(folder: Path) -> None:
    assert not CodeFolder(folder, ADVICE).fault
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_told_of_once(tmp_path: Path, caplog) -> None:
    (tmp_path / "blocked").write_text("a file, not a folder", encoding="utf-8")
    kernel = Kernel(tmp_path / "blocked" / "hash")
    assert kernel.call() == 5
    assert kernel._compiled(2.5, 3.0) == 5.5
    (record,) = caplog.records
    assert f"cannot be kept in {tmp_path / 'blocked' / 'hash'}: Not a directory." in record.getMessage()


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 kB, or, where none may be mounted, a folder that the kernel's file is too long for."""
    place = tmp_path / "disk"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(place)]
    if shutil.which("mount") and subprocess.run(mounting, capture_output=True, check=False).returncode == 0:
        yield place
        subprocess.run(["umount", "--lazy", str(place)], check=True)
    else:
        import resource

        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
        yield place
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_of_once_and_nothing_half_written_is_left(full_disk: Path, caplog) -> None:
    kernel = Kernel(full_disk / "hash")
    assert kernel.call() == 5
    assert kernel._compiled(2.5, 3.0) == 5.5
    (record,) = caplog.records
    assert f"cannot be kept in {full_disk / 'hash'}: " in record.getMessage()
    assert ("No space left" in record.getMessage()) or ("File too large" in record.getMessage())
    assert list((full_disk / "hash").iterdir()) == []
