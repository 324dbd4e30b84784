"""What a stranger may bring in a config's place is refused by name, with the reason, and read no further."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from core.base.errors import ConfigError
from core.config.loader import load_config
from core.config.settings import load_settings
from core.config.store_url import resolve_secret

MODEL = "model: {model_type: m, model_params: {value: %s}}"
JSON_MODEL = '{"model": {"model_type": "m", "model_params": {"value": %s}}}'
TOML_MODEL = '[model]\nmodel_type = "m"\n[model.model_params]\n'


def placed(kind: str, path: Path) -> None:
    """Put something that is no file of modest size at `path`."""
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        bound = socket.socket(socket.AF_UNIX)
        bound.bind(str(path))
        bound.close()
    elif kind == "two gigabytes":
        path.touch()
        os.truncate(path, 2 * 1024**3)
    else:
        path.symlink_to("/dev/zero")


KINDS = {
    "folder": "it is a folder, and must be a file",
    "pipe": "it is a pipe, and must be a file",
    "socket": "it is a socket, and must be a file",
    "endless device": "it is a device, and must be a file",
    "two gigabytes": "the file has 2,147,483,648 bytes; at most",
}


@pytest.mark.parametrize("suffix", [".yaml", ".json", ".toml"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_small_file_is_refused_as_a_config(tmp_path, monkeypatch, kind, suffix):
    monkeypatch.chdir(tmp_path)  # a socket's path may have 107 bytes
    path = Path(f"config{suffix}")
    placed(kind, path)
    with pytest.raises(ConfigError, match=f"{path}: the file cannot be read: {KINDS[kind]}"):
        load_config(path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_small_file_is_refused_as_the_settings(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    placed(kind, Path("settings.yaml"))
    with pytest.raises(ConfigError, match=f"settings.yaml: the file cannot be read: {KINDS[kind]}"):
        load_settings(Path())


def test_settings_that_are_a_link_to_nothing_are_refused(tmp_path):
    (tmp_path / "settings.yaml").symlink_to(tmp_path / "none")
    with pytest.raises(ConfigError, match="there is no such file"):
        load_settings(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_small_file_is_refused_as_a_secret(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    placed(kind, Path("key"))
    with pytest.raises(ConfigError, match=f"key cannot be read: {KINDS[kind]}.*; 'file:key' refers to it"):
        resolve_secret("file:key", {})


def test_a_secret_that_is_no_text_is_refused_and_not_shown(tmp_path):
    (tmp_path / "key").write_bytes(b"hunter2\xff")
    with pytest.raises(ConfigError, match="it is not UTF-8") as refusal:
        resolve_secret(f"file:{tmp_path / 'key'}", {})
    assert "hunter2" not in str(refusal.value)


DEEP = [70, 990, 200_000]
REFUSED = {
    "yaml, a tag of Python": (
        ".yaml",
        MODEL % "!!python/object/apply:os.system [x]",
        "the tag 'tag:yaml.org,2002:python",
    ),
    "yaml, a tag of YAML's own": (".yaml", MODEL % "!!bool maybe", "the tag 'tag:yaml.org,2002:bool' is refused"),
    "yaml, a tag on a mapping": (".yaml", "!!map [1]", "the tag 'tag:yaml.org,2002:map' is refused"),
    "yaml, bytes": (".yaml", MODEL % "!!binary aGk=", "the tag 'tag:yaml.org,2002:binary' is refused"),
    "yaml, a named tag": (".yaml", "%TAG ! tag:x,2000:\n---\na: !y 1", "the tag 'tag:x,2000:y' is refused"),
    "yaml, a tag a book long": (".yaml", "a: " + "!" * 900_000, "line 1, column 4: the tag '"),
    "yaml, a merge key": (".yaml", "x: &x {seed: 1}\nsplits: {<<: *x}", "splits.<< is not a known field"),
    "yaml, two documents": (".yaml", "seed: 1\n---\nseed: 2", "but found another document"),
    "yaml, an alias to nothing": (
        ".yaml",
        "a: *x",
        "found an alias to nothing; put a text that begins with * in quotes",
    ),
    "yaml, 5,000 digits": (".yaml", MODEL % ("9" * 5_000), "Exceeds the limit (4300 digits)"),
    "yaml, beyond all floats": (".yaml", MODEL % "1e999", "value.float is inf; it must be a finite number"),
    "yaml, a NUL": (".yaml", "a: \0", "special characters are not allowed"),
    "yaml, half of a character": (".yaml", MODEL % '"\\ud800"', "holds half of a character"),
    "yaml, a key twice": (".yaml", "seed: 1\nseed: 2", "the key 'seed' stands twice"),
    "yaml, a list for a key": (".yaml", "? [a]\n: 1", "the key ['a'] is not text"),
    "yaml, a key a book long": (".yaml", f"{'a' * 1_001}: 1", "has 1,001 characters"),
    "yaml, too many fields": (
        ".yaml",
        "\n".join(f"x{n}: 1" for n in range(3_000)),
        "and 2,900 problems more.",
    ),
    "json, 5,000 digits": (".json", JSON_MODEL % ("9" * 5_000), "Exceeds the limit (4300 digits)"),
    "json, beyond all floats": (".json", JSON_MODEL % "1e999", "value.float is inf; it must be a finite number"),
    "json, half of a character": (".json", JSON_MODEL % '"\\ud800"', "holds half of a character"),
    "json, half of a character in a key": (".json", '{"\\udfff": 1}', "holds half of a character"),
    "toml, 5,000 digits": (".toml", TOML_MODEL + f"value = {'9' * 5_000}", "Exceeds the limit (4300 digits)"),
    "toml, infinity": (".toml", TOML_MODEL + "value = inf", "value.float is inf; it must be a finite number"),
    "toml, a table twice": (".toml", "[data]\n[data]\n", "Cannot declare ('data',) twice"),
    **{f"yaml, {n} deep": (".yaml", MODEL % ("[" * n + "]" * n), "nested deeper than 64 levels") for n in DEEP},
    **{f"json, {n} deep": (".json", JSON_MODEL % ("[" * n + "]" * n), "nested deeper than 64 levels") for n in DEEP},
    **{f"toml, {n} deep": (".toml", f"{TOML_MODEL}x = {'[' * n}{']' * n}", "nested deeper than 64") for n in DEEP},
    **{
        f"toml, {n} steps of a key": (".toml", f"{'a.' * n}a = 1", "line 1: a key has more than 64 steps") for n in DEEP
    },
    **{f"toml, {n} steps of a table": (".toml", f"\n[a{'.a' * n}]", "line 2: a key has more than 64") for n in DEEP},
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_config_is_refused_by_its_file_and_in_few_words(tmp_path, name):
    suffix, text, said = REFUSED[name]
    path = tmp_path / f"config{suffix}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refusal:
        load_config(path)
    message = str(refusal.value)
    assert message.startswith(str(path))
    assert said in message
    assert len(message) < 50_000


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1", "utf-16-le"])
def test_another_encoding_than_utf_8_is_refused(tmp_path, encoding):
    path = tmp_path / "config.yaml"
    path.write_bytes("title: café\n".encode(encoding))
    with pytest.raises(ConfigError, match=r"is not UTF-8|special characters are not allowed"):
        load_config(path)


def test_a_mark_of_utf_8_at_the_beginning_is_no_part_of_the_first_key(tmp_path):
    for suffix, text in ((".yaml", "seed: 3"), (".json", '{"seed": 3}'), (".toml", "seed = 3")):
        path = tmp_path / f"config{suffix}"
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
        assert load_config(path).seed == 3


def test_the_deepest_config_that_is_allowed_is_read_alike_from_all_forms(tmp_path):
    nested = "[" * 61 + "]" * 61
    for suffix, text in ((".yaml", MODEL % nested), (".json", JSON_MODEL % nested)):
        (tmp_path / f"config{suffix}").write_text(text)
        found = load_config(tmp_path / f"config{suffix}", ["seed=3"])
        assert json.loads(found.model_dump_json())["model"]["model_params"]["value"] == json.loads(nested)
    with pytest.raises(ConfigError, match="nested deeper than 64 levels"):
        load_config(tmp_path / "config.json", [f"model.model_params.value.0={nested}"])


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("model.model_params." + "a." * 70 + "a=1", "the path has 73 steps; at most 64 may be"),
        ("model.model_params." + "a." * 60_000 + "a=1", "the path has 60,003 steps"),
        ("model.model_params.x=" + "[" * 200 + "]" * 200, "nested deeper than 64 levels"),
        ("model.model_params.x=" + "[" * 60_000, "nested deeper than 64 levels"),
        ("data.tickers.²=X", "'²' is no position in a list of 1"),
        ("data.tickers." + "9" * 5_000 + "=X", "is no position in a list of 1"),
        ('title="\\ud800"', "holds half of a character"),
        ("seed=!!int 3", "the tag 'tag:yaml.org,2002:int' is refused"),
        ("seed=&a [*a]", "an alias contains itself"),
        ("x" * 100_000, "is not of the form path.to.field=value"),
    ],
)
def test_a_hostile_override_is_refused_in_few_words(tmp_path, override, said):
    path = tmp_path / "config.yaml"
    path.write_text("data: {data_source_type: s, tickers: [A]}\nmodel: {model_type: m}\n")
    with pytest.raises(ConfigError) as refusal:
        load_config(path, [override])
    message = str(refusal.value)
    assert message.startswith("--set ")
    assert said in message
    assert len(message) < 6_000


def test_a_thousand_overrides_are_applied_in_order(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("model: {model_type: m}\n")
    found = load_config(path, [f"model.model_params.p{n % 10}={n}" for n in range(1_000)])
    assert found.model.model_params == {f"p{n}": 990 + n for n in range(10)}
