import json
import os

import pytest

from core.plugin.plugin_info import PluginStatus


def cache_file(place):
    (found,) = (place.root / "cache").glob("plugin_scans_*.json")
    return found


@pytest.fixture
def count(place):
    """How often the plugin's file was run by scans."""
    path = place.root / "count"
    return path, lambda: len(path.read_bytes()) if path.exists() else 0


@pytest.fixture
def counted(place, strategy, count):
    path, _ = count
    header = f"with open({str(path)!r}, 'ab') as file: file.write(b'x')"
    return place.write(strategy(header=header))


def test_what_was_scanned_is_not_run_again_to_be_listed(place, counted, count):
    first = place.registry().list()
    assert place.registry().list() == first
    assert count[1]() == 1


def test_a_file_that_was_touched_is_scanned_again(place, counted, count):
    place.registry().list()
    os.utime(counted, ns=(1, 1))
    place.registry().list()
    assert count[1]() == 2


DAMAGE = {
    "empty": lambda text: "",
    "torn": lambda text: text[: len(text) // 2],
    "another_form": lambda text: "[1, 2]",
    "another_version": lambda text: json.dumps({**json.loads(text), "key": "0.0.1"}),
    "entries_of_another_form": lambda text: json.dumps({**json.loads(text), "entries": dict.fromkeys(json.loads(text)["entries"], 1)}),
    "outcomes_of_another_form": lambda text: text.replace('"class_name"', '"klass"'),
    "deeply_nested": lambda text: "[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_costs_time_alone(place, counted, count, damage):
    first = place.registry().list()
    path = cache_file(place)
    path.write_text(DAMAGE[damage](path.read_text(encoding="utf-8")), encoding="utf-8")
    assert place.registry().list() == first
    assert count[1]() == 2
    assert place.registry().list() == first
    assert count[1]() == 2


def test_a_cache_that_cannot_be_written_costs_time_alone(place, counted, count):
    (place.root / "cache").write_text("a file where a folder should be", encoding="utf-8")
    for run in (1, 2):
        assert [plugin.name for plugin in place.registry().list()] == ["steady"]
        assert count[1]() == run


def test_a_failed_import_is_tried_again_once_something_was_installed(place, strategy, monkeypatch):
    installed = place.root / "site"
    installed.mkdir()
    monkeypatch.syspath_prepend(str(installed))
    place.write(strategy(header="import late_library"))
    assert place.registry().list()[0].status is PluginStatus.BROKEN
    (installed / "late_library.py").write_text("", encoding="utf-8")
    assert place.registry().list()[0].status is PluginStatus.AVAILABLE


def test_the_cache_is_its_users_alone(place, counted):
    place.registry().list()
    assert cache_file(place).stat().st_mode & 0o777 == 0o600
