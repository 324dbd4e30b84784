"""Whether a run may begin is asked of the disk that its home is on."""

from pathlib import Path

import pytest

from core.base.errors import HomeError
from core.store.disk_room import check_room, free_megabytes


def test_a_nearly_full_disk_is_refused_with_what_is_left(tmp_path):
    check_room(tmp_path / "not-there-yet", 0.0)
    with pytest.raises(HomeError, match=r"MB left, and a run begins with [\d,]+ MB at least .*prune"):
        check_room(tmp_path, free_megabytes(tmp_path) * 2)


def test_a_place_that_keeps_no_files_is_not_called_full():
    with pytest.raises(HomeError, match=r"No files can be kept in /proc/x: .*Name a folder of yours"):
        check_room(Path("/proc/x"), 1.0)
