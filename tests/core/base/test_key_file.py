"""A key is made once, for its owner alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.base.errors import DataError
from core.base.key_file import key_in


def key(path: Path) -> bytes:
    return key_in(path, whose="The test's key", error=DataError)


def test_a_key_is_made_in_a_folder_of_its_own_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "configuration" / "a.key"
    first = key(path)
    assert len(first) == 32
    assert key(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_of_many_who_make_it_at_once_all_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(key, [tmp_path / "a.key"] * 32))
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_what_is_no_key_is_refused_by_its_owners_error(tmp_path: Path) -> None:
    (tmp_path / "short.key").write_text("00ff")
    (tmp_path / "short.key").chmod(0o600)
    with pytest.raises(DataError, match=r"short\.key holds no key of 32 bytes .*Remove it, and a fresh one is made"):
        key(tmp_path / "short.key")
    with pytest.raises(DataError, match=r"hexadecimal\. Ask for another\.$"):
        key_in(tmp_path / "short.key", whose="It", error=DataError, if_damaged="Ask for another.")
    key(tmp_path / "open.key")
    (tmp_path / "open.key").chmod(0o640)
    with pytest.raises(DataError, match=r"The test's key .*open\.key has mode 640; others may read it"):
        key(tmp_path / "open.key")
    with pytest.raises(DataError, match="cannot be used"):
        key(tmp_path / "open.key" / "inside")
