"""A full folder for temporary files is told as that, with the next step."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from core.base.errors import StoreError
from core.base.temporary_folder import full_disk_named, temporary_folder


def test_a_temporary_folder_is_gone_when_its_block_ends():
    with temporary_folder("qlop-test-") as folder:
        (folder / "file").write_text("text")
        assert folder.name.startswith("qlop-test-")
    assert not folder.exists()


def test_a_full_disk_of_a_temporary_folder_names_it_its_free_room_and_the_next_step():
    with (
        temporary_folder("qlop-test-") as folder,
        pytest.raises(StoreError) as told,
        full_disk_named(folder),
    ):
        Path("/dev/full").write_text("text")
    free = r"\(No space left on device; [0-9,.]+ MB are free\)"
    told.match(
        rf"^The folder for temporary files, {tempfile.gettempdir()}, is full {free}\. Make room there, or name .* with TMPDIR\.$"
    )


def test_a_used_up_quota_is_told_alike(tmp_path):
    with pytest.raises(StoreError, match="Disk quota exceeded; "), full_disk_named(tmp_path):
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))


def test_the_full_disk_of_another_folder_is_named_by_that_folder():
    with (
        pytest.raises(StoreError, match=r"^The disk of / is full \(No space left.*\)\. Make room there\.$"),
        full_disk_named(Path("/")),
    ):
        Path("/dev/full").write_text("text")


def test_every_other_error_passes(tmp_path):
    with pytest.raises(FileNotFoundError), full_disk_named(tmp_path):
        (tmp_path / "none").read_text()


def test_a_temporary_folder_that_cannot_be_made_is_told_with_the_next_step(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with (
        pytest.raises(StoreError, match=r"^No folder for temporary files can be made: .*No such file.*TMPDIR\.$"),
        temporary_folder("qlop-test-"),
    ):
        pass
