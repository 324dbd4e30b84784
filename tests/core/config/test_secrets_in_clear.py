"""A secret that stands in a config in the clear is refused by its path, wherever it stands, and never repeated."""

import traceback
from pathlib import Path

import pytest

from core.base.errors import ConfigError
from core.config.loader import load_config, parse_config
from core.config.overrides import recorded_command
from core.config.secrets_in_clear import blotted
from core.config.settings import load_settings

MARK = "zq9Hush7xk"
URL = f"postgresql://u:{MARK}@localhost/db"
DATA = {"data_source_type": "sql"}


def refused(call, *arguments):
    """Return what a person and a traceback are told."""
    with pytest.raises(ConfigError) as caught:
        call(*arguments)
    assert MARK not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"data": {**DATA, "data_source_params": {"sqlite_file": URL}}}, "data.data_source_params.sqlite_file holds"),
        ({"data": {**DATA, "data_source_params": {"x": {"y": ["", URL]}}}}, "data.data_source_params.x.y.1 holds"),
        ({"data": {**DATA, "data_source_params": {"db_password": MARK}}}, "data.data_source_params.db_password holds"),
        ({"data": {**DATA, "data_source_params": {"api_key": [MARK]}}}, "data.data_source_params.api_key.0 holds"),
        ({"data": {**DATA, "data_source_params": {"password": 90125}}}, "data.data_source_params.password holds"),
        ({"data": {**DATA, "data_source_params": {URL: 1}}}, "a name in data.data_source_params holds"),
        ({"data": {**DATA, "tickers": [URL]}}, "data.tickers.0 holds"),
        ({"data": {**DATA, "tickers": Path(f"https://u:{MARK}@h")}}, "data.tickers holds"),
        ({"data": URL}, "data holds"),
        ({"title": f"host=h password={MARK}"}, "title holds"),
        ({"features": [{"name": URL}]}, "features.0.name holds"),
        ({"seed": URL}, "seed holds"),
        ({URL: 1}, "a name in the config holds"),
        ({"mode": URL}, "mode holds"),
    ],
)
def test_a_secret_is_refused_by_its_path(raw, path):
    message = refused(parse_config, raw, "my.yaml")
    assert message.startswith(f"my.yaml: {path} a password")
    assert "env:NAME or file:PATH" in message
    assert MARK not in str(blotted(raw))


def test_every_secret_is_told_of_at_once():
    assert len(refused(parse_config, {"title": URL, "seed": URL}, "x").splitlines()) == 2


@pytest.mark.parametrize("value", ["env:THE_PASSWORD", "file:~/password", "", "***", None, True])
def test_a_reference_stands_in_a_secrets_place(value):
    raw = {"mode_params": {"password": value}}
    assert parse_config(raw, "x").mode_params == raw["mode_params"]
    assert blotted(raw) == raw


@pytest.mark.parametrize("text", ["postgresql://me@localhost/db", "the password is in the vault", "ann@example.org"])
def test_a_text_without_a_secret_stands(text):
    raw = {"title": text, "mode_params": {"x": [text]}}
    assert parse_config(raw, "x").title == text
    assert blotted(raw) == raw


def test_what_an_option_brings_is_refused_by_the_option(tmp_path):
    (tmp_path / "a.yaml").write_text("title: x\n")
    message = refused(load_config, tmp_path / "a.yaml", [f"mode_params.path={URL}"])
    assert message.startswith("--set mode_params.path: mode_params.path holds")


@pytest.mark.parametrize("override", [f"postgresql://u:{MARK}=x@h", f"title=*{MARK}", f"title=!{MARK} x"])
def test_an_option_that_cannot_be_read_is_not_repeated(tmp_path, override):
    (tmp_path / "a.yaml").write_text("title: x\n")
    assert refused(load_config, tmp_path / "a.yaml", [override]).startswith("--set")


@pytest.mark.parametrize("line", [f"a: {URL}: x", f"a: *{MARK}", f"a: !{MARK} x", f"a: '{URL}"])
def test_a_malformed_file_is_told_without_its_lines(tmp_path, line):
    (tmp_path / "a.yaml").write_text(f"{line}\n")
    assert "a.yaml: line" in refused(load_config, tmp_path / "a.yaml")


@pytest.mark.parametrize("raw", [{"data": {**DATA, "min_history_bars": MARK}}, {"sed": MARK}, {"data": [MARK]}])
def test_pydantics_own_words_in_a_traceback_hold_nothing_of_what_was_given(raw):
    with pytest.raises(ConfigError) as caught:
        parse_config(raw, "x")
    assert MARK not in str(caught.value.__cause__)


def test_a_recorded_command_has_no_value_that_a_later_option_put_aside():
    overrides = (
        f"data.data_source_params.key={MARK}",
        "seed=1",
        f'data={{"k": "{MARK}"}}',
        "data.tickers=[A]",
        "seed=2",
    )
    command = ("qlop", "run", "-s", overrides[0], f"--set={overrides[2]}", f"-s{overrides[1]}", "--set", overrides[4])
    shown = ("data.data_source_params.key=***", "--set=data=***", "-sseed=***")
    assert recorded_command(command, overrides) == ("qlop", "run", "-s", *shown, "--set", "seed=2")
    assert recorded_command(("-s", "seed=1"), ("seed=1", "title=x", "seed=1")) == ("-s", "seed=1")


@pytest.mark.parametrize(
    "text",
    [
        f"relay: {{url: 'ws://u:{MARK}@127.0.0.1:1'}}",
        f"relay: {{url: 'ws://127.0.0.1:1/x?t={MARK}'}}",
        f"relay: {{browser_url: 'wss://relay.example.org/x?t={MARK}'}}",
        f"relay: {{url: 'wss://relay.example.org/{MARK}'}}",
        f"relay: {{url: 'http://u:{MARK}@127.0.0.1:1'}}",
        f"dashboard: {{allowed_users: ['{URL}']}}",
        f"store: {{url: '{URL}'}}",
    ],
)
def test_settings_hold_no_secret_either(tmp_path, text):
    (tmp_path / "settings.yaml").write_text(f"{text}\n", encoding="utf-8")
    assert "settings.yaml" in refused(load_settings, tmp_path, {})


@pytest.mark.parametrize(
    "url",
    [f"ws://u:{MARK}@127.0.0.1:1", f"ws://127.0.0.1/?token={MARK}", f"ws://u:{MARK}", f"u:{MARK}", f"ws://[{MARK}"],
)
def test_a_relays_address_in_the_environment_is_an_address_alone(tmp_path, url):
    assert refused(load_settings, tmp_path, {"QLOP_RELAY_URL": url}).startswith("QLOP_RELAY_URL")
