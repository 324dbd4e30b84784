"""A home that came with a cloned repository keeps its index in the home folder, or nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.errors import StoreError
from core.services.workbench import open_workbench
from core.store.run_store import RunStore


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("QLOP_STORE_URL", raising=False)
    made = tmp_path / "clone" / ".qlop"
    made.mkdir(parents=True)
    return made


def settings(home: Path, url: str) -> None:
    (home / "settings.yaml").write_text(f"store: {{url: '{url}'}}\n")


@pytest.mark.parametrize("way", ["plain", "with a driver", "by a file"])
def test_its_settings_make_no_file_elsewhere(home: Path, tmp_path: Path, way: str) -> None:
    url = f"sqlite:///{tmp_path}/authorized_keys"
    if way == "with a driver":
        url = url.replace("sqlite:", "sqlite+pysqlite:")
    elif way == "by a file":
        (home / "url").write_text(url)
        url = f"file:{home / 'url'}"
    settings(home, url)
    with pytest.raises(StoreError, match=r"would be made at .*authorized_keys, outside of the home folder"):
        open_workbench(home)
    assert not (tmp_path / "authorized_keys").exists()


def test_its_settings_open_no_file_of_another_program(home: Path, tmp_path: Path) -> None:
    (tmp_path / "id_rsa").write_text("a key")
    settings(home, f"sqlite:///{tmp_path}/id_rsa")
    with pytest.raises(StoreError, match="id_rsa is no index of runs"):
        open_workbench(home)
    assert (tmp_path / "id_rsa").read_text() == "a key"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clone", "id_rsa"]


def test_its_settings_may_name_a_file_of_the_home(home: Path) -> None:
    settings(home, f"sqlite:///{home}/index.sqlite")
    with RunStore(open_workbench(home).home) as store:
        assert store.reindex().run_count == 0
    assert (home / "index.sqlite").exists()


def test_a_variable_of_the_users_may_name_a_new_file_anywhere(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QLOP_STORE_URL", f"sqlite:///{tmp_path}/index.sqlite")
    with RunStore(open_workbench(home).home) as store:
        assert store.reindex().run_count == 0
    monkeypatch.delenv("QLOP_STORE_URL")
    settings(home, f"sqlite:///{tmp_path}/index.sqlite")
    with RunStore(open_workbench(home).home) as store:
        assert store.reindex().run_count == 0
