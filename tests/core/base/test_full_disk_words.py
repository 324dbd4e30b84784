"""A full disk is told as that, with the next step; no other error is."""

import errno
import os

import pytest

from core.base.full_disk import full_disk_words


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_names_the_file_and_the_next_step(number):
    words = full_disk_words(OSError(number, os.strerror(number), "/data/model.zip"))
    assert words.startswith("The disk is full while /data/model.zip was written")
    assert "qlop runs prune" in words


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "no"), OSError("no number"), ValueError("x")])
def test_no_other_error_is_taken_for_one(error):
    assert full_disk_words(error) == ""
