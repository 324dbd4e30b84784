import os
from pathlib import Path

import pytest

from core.plugin.registry import PluginRegistry, RegistrySettings
from core.plugin.settings import builtin_folder


@pytest.fixture
def settings(monkeypatch, tmp_path):
    def made(**environment):
        for name in ("QLOP_PLUGIN_PATH", "QLOP_CONFIG_DIR", "QLOP_CACHE_DIR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        return RegistrySettings()

    return made


def test_folders_come_from_the_environment(settings, tmp_path):
    found = settings(
        QLOP_PLUGIN_PATH=os.pathsep.join((str(tmp_path / "a"), "", str(tmp_path / "b c"))),
        QLOP_CONFIG_DIR=str(tmp_path / "configuration"),
        QLOP_CACHE_DIR=str(tmp_path / "cache"),
    )
    assert found.plugin_path == (tmp_path / "a", tmp_path / "b c")
    assert (found.configuration, found.cache) == (tmp_path / "configuration", tmp_path / "cache")
    assert found.working_folder == tmp_path


def test_without_an_environment_they_are_the_platforms_own(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg-config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg-cache"))
    found = settings()
    assert (found.configuration, found.cache) == (tmp_path / "xdg-config" / "qlop", tmp_path / "xdg-cache" / "qlop")
    assert found.plugin_path == ()


def test_a_tilde_is_the_users_home(settings, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert settings(QLOP_PLUGIN_PATH="~/plugins").plugin_path == (Path("/home/somebody/plugins"),)


def test_built_in_plugins_are_found_beside_core_and_not_in_the_working_folder(settings, tmp_path):
    (tmp_path / "plugins" / "models").mkdir(parents=True)
    (tmp_path / "plugins" / "models" / "intruder.py").write_text("raise SystemExit", encoding="utf-8")
    registry = PluginRegistry(settings(QLOP_CACHE_DIR=str(tmp_path / "cache")))
    assert {Path(plugin.origin.path).parent.parent for plugin in registry.list()} == {builtin_folder()}
