"""Settings come from the home folder and the environment."""

import pytest

from core.base.errors import ConfigError
from core.config.settings import load_settings


def test_a_home_without_settings_has_the_defaults(tmp_path):
    assert load_settings(tmp_path, {}).store.url is None


def test_settings_are_read_from_the_home_folder(tmp_path):
    (tmp_path / "settings.yaml").write_text("plugins: {disabled: [models/ridge]}\nstore: {url: env:DATABASE}\n")
    settings = load_settings(tmp_path, {})
    assert settings.plugins.disabled == ("models/ridge",)
    assert settings.store.url == "env:DATABASE"


def test_the_environment_goes_above_the_file_and_stays_a_reference(tmp_path):
    (tmp_path / "settings.yaml").write_text("store: {url: env:DATABASE}\n")
    settings = load_settings(tmp_path, {"QLOP_STORE_URL": "postgresql://u:secret@localhost/x"})
    assert settings.store.url == "env:QLOP_STORE_URL"
    assert "secret" not in settings.model_dump_json()


def test_an_unknown_setting_is_refused_with_the_nearest(tmp_path):
    (tmp_path / "settings.yaml").write_text("stor: {url: x}\n")
    with pytest.raises(ConfigError, match="Did you mean 'store'"):
        load_settings(tmp_path, {})


@pytest.mark.parametrize(
    "url",
    ["postgresql://me:secret@host/db", "postgresql+psycopg://me:s@host/db", "postgresql://host/db?password=secret"],
)
def test_a_url_with_a_password_is_refused_and_not_repeated(tmp_path, url):
    (tmp_path / "settings.yaml").write_text(f"store: {{url: '{url}'}}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="secrets are references: env:NAME or file:PATH") as refusal:
        load_settings(tmp_path, {})
    assert "secret@" not in str(refusal.value)
    assert "password=secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["postgresql://me@127.0.0.1:5432/db", "sqlite:////a/b.sqlite", "env:X", "file:/a/b:c@d"]
)
def test_a_url_of_this_machine_without_a_password_stands(tmp_path, url):
    (tmp_path / "settings.yaml").write_text(f"store: {{url: '{url}'}}\n", encoding="utf-8")
    assert load_settings(tmp_path, {}).store.url == url


def test_a_folders_settings_keep_no_index_on_another_machine(tmp_path):
    (tmp_path / "settings.yaml").write_text("store: {url: 'postgresql://me@db.example.org/qlop'}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="To keep the index elsewhere set QLOP_STORE_URL"):
        load_settings(tmp_path, {})


def test_a_folders_settings_send_no_run_to_another_machine(tmp_path):
    (tmp_path / "settings.yaml").write_text("relay: {url: 'wss://relay.example.org/x'}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="To send events elsewhere set QLOP_RELAY_URL"):
        load_settings(tmp_path, {})


def test_the_environment_may_name_a_relay_of_another_machine(tmp_path):
    (tmp_path / "settings.yaml").write_text("relay: {url: 'ws://127.0.0.1:9000'}\n", encoding="utf-8")
    assert load_settings(tmp_path, {}).relay.url == "ws://127.0.0.1:9000"
    elsewhere = load_settings(tmp_path, {"QLOP_RELAY_URL": "wss://relay.example.org"})
    assert elsewhere.relay.url == "wss://relay.example.org"
    with pytest.raises(ConfigError, match="QLOP_RELAY_URL is 'http://x'"):
        load_settings(tmp_path, {"QLOP_RELAY_URL": "http://x"})
