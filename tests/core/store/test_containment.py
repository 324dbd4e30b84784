from __future__ import annotations

from pathlib import Path

import pytest

from core.base.errors import StoreError
from core.store.containment import check_artifact_name, contained_path


@pytest.mark.parametrize(
    "relative", ["", ".", "..", "../x", "a/../../x", "/etc/passwd", "a/../..", "nul\x00", "link/x"]
)
def test_paths_that_lead_outside_are_refused(tmp_path: Path, relative: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(StoreError, match=r"leads outside|no usable path"):
        contained_path(root, relative)


@pytest.mark.parametrize("relative", ["a", "a/b.txt", "a/../b", "link/b"])
def test_paths_below_are_resolved(tmp_path: Path, relative: str) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "inner")
    path = contained_path(tmp_path, relative)
    assert path.is_relative_to(tmp_path)
    assert ".." not in path.parts
    assert "link" not in path.parts


@pytest.mark.parametrize("name", ["equity", "summary.txt", "_x", "A-1.b_c", "x" * 100])
def test_names_of_files_pass(name: str) -> None:
    assert check_artifact_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "-rf", "a/b", "a\\b", "a b", "é", "x" * 101, "a\n", "a\x00"]
)
def test_names_that_could_be_paths_or_options_are_refused(name: str) -> None:
    with pytest.raises(StoreError, match="is not allowed: use 1 to 100 letters"):
        check_artifact_name(name)
