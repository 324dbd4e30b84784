"""Only QLOP's own files are opened as the index of runs; every other file stays as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.base.errors import StoreError
from core.base.identifiers import new_run_id
from core.store.home import Home
from core.store.index_file import check_index_of_settings
from core.store.run_session import open_run
from core.store.run_store import RunStore


@pytest.fixture
def home_path(tmp_path: Path) -> Path:
    return tmp_path / "project" / ".qlop"


def made(path: Path, kind: str) -> bytes:
    """Write another program's file, and return its bytes."""
    path.parent.mkdir(exist_ok=True)
    if kind == "database":
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x');")
    else:
        path.write_bytes(b"" if kind == "empty" else b"-----BEGIN OPENSSH PRIVATE KEY-----\n" * 200)
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["database", "key", "empty"])
def test_a_file_of_another_program_is_neither_written_into_nor_put_aside(tmp_path, home_path, kind, caplog):
    other = tmp_path / "other" / "file"
    before = made(other, kind)
    home = Home(home_path, f"sqlite:///{other}").create()
    with RunStore(home) as store:
        with pytest.raises(StoreError, match=r"is no index of runs: .* It is left as it is"):
            store.reindex()
        # Lists need no index: they are read from the folders, and the log says why.
        assert store.find() == []
    assert "is no index of runs" in caplog.text
    assert other.read_bytes() == before
    assert [path.name for path in other.parent.iterdir()] == ["file"]


def test_a_link_in_the_home_leads_to_no_new_file_and_to_no_other_ones(tmp_path, home_path):
    home = Home(home_path).create()
    target = tmp_path / "authorized_keys"
    (home_path / "runs.sqlite").symlink_to(target)
    with RunStore(home) as store, pytest.raises(StoreError, match="outside of the home folder"):
        store.reindex()
    assert not target.exists()
    before = made(target, "key")
    with RunStore(home) as store, pytest.raises(StoreError, match="is no index of runs"):
        store.reindex()
    assert target.read_bytes() == before


def test_an_index_elsewhere_that_the_user_names_is_made_and_then_known(tmp_path, home_path):
    elsewhere = tmp_path / "elsewhere.sqlite"
    home = Home(home_path, f"sqlite:///{elsewhere}").create()
    with pytest.raises(StoreError, match=f"would be made at {elsewhere}"):
        check_index_of_settings(home.store_url, home)
    run_id = new_run_id()
    with open_run(home, run_id, {"mode": "train", "title": "", "seed": 7}, {}):
        pass
    with RunStore(home) as store:
        assert [record.run_id for record in store.find()] == [run_id]
    check_index_of_settings(home.store_url, home)
    with RunStore(home) as store:
        assert [record.run_id for record in store.find()] == [run_id]


@pytest.mark.parametrize("file", [".ssh/new", "", "../project/.qlop/../x.sqlite"])
def test_settings_make_no_new_index_outside_of_the_home(tmp_path, home_path, file):
    (tmp_path / ".ssh").mkdir()
    home = Home(home_path).create()
    url = f"sqlite:///{tmp_path / file}"
    with pytest.raises(StoreError, match=r"QLOP_STORE_URL|is no file"):
        check_index_of_settings(url, home)


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1/qlop", "no URL", "sqlite://"])
def test_what_names_no_file_is_the_databases_to_judge(home_path, url):
    check_index_of_settings(url, Home(home_path))


def test_settings_may_name_a_new_index_inside_of_the_home(home_path):
    check_index_of_settings(f"sqlite:///{home_path}/index.sqlite", Home(home_path))
    (home_path / "deep").mkdir(parents=True)
    (home_path / "deep" / "link.sqlite").symlink_to(home_path.parent / "outside.sqlite")
    with pytest.raises(StoreError, match="outside of the home folder"):
        check_index_of_settings(f"sqlite:///{home_path}/deep/link.sqlite", Home(home_path))
