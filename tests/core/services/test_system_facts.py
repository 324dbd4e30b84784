"""Settings and their origins, disk use, alerts."""

from dataclasses import replace

from core.base.identifiers import new_run_id
from core.plugin.plugin_info import Origin, PluginInfo, PluginStatus
from core.services.disk_use import DiskUse, disk_use
from core.services.machine_load import machine_load, process_loads
from core.services.python_run import run
from core.services.settings_origins import shown_settings
from core.services.system_alerts import disk_alerts, index_alerts, plugin_alerts
from core.services.versions import installed_versions
from core.services.workbench import open_workbench

GIB = 1024**3
HEALTHY = PluginInfo("models", "well", Origin("folder", "well.py", "well", ""), PluginStatus.AVAILABLE)


def test_a_variable_counts_more_than_the_file_and_says_so(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / "settings.yaml").write_text("store: {url: 'env:ELSEWHERE'}\n", encoding="utf-8")
    monkeypatch.setenv("ELSEWHERE", "sqlite:///elsewhere.sqlite")
    settings = {setting.name: setting for setting in shown_settings(open_workbench(home), {})}
    assert settings["store.url"].origin == f"file: {home / 'settings.yaml'}"
    assert settings["store.url"].value == "env:ELSEWHERE"
    settings = {setting.name: setting for setting in shown_settings(open_workbench(home), {"QLOP_STORE_URL": "x"})}
    assert settings["store.url"].origin == "environment: QLOP_STORE_URL"


def test_the_number_of_runs_in_force_is_shown_where_none_is_set(tmp_path):
    def concurrent_runs():
        found = {setting.name: setting for setting in shown_settings(open_workbench(tmp_path), {})}
        return found["jobs.concurrent_runs"]

    at_once = str(open_workbench(tmp_path).settings.jobs.most_at_once)
    by_default = "the cores less one, at least one"
    assert (concurrent_runs().value, concurrent_runs().origin) == (at_once, f"default: {by_default}")
    (tmp_path / "settings.yaml").write_text("jobs: {concurrent_runs: 7}\n", encoding="utf-8")
    assert (concurrent_runs().value, concurrent_runs().origin) == ("7", f"file: {tmp_path / 'settings.yaml'}")


def test_who_named_the_home_is_told(tmp_path, monkeypatch):
    def origin(home=None):
        return shown_settings(open_workbench(home), {})[0].origin

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QLOP_HOME", raising=False)
    monkeypatch.setenv("QLOP_HOME_ORIGIN", "option: --home")
    assert origin() == "default"
    assert origin(tmp_path / "home") == "option: --home"
    monkeypatch.setenv("QLOP_HOME", str(tmp_path / "home"))
    assert origin() == "option: --home"
    monkeypatch.delenv("QLOP_HOME_ORIGIN")
    assert origin() == "environment: QLOP_HOME"


def test_files_are_counted_and_links_are_not_followed(tmp_path):
    workbench = open_workbench(tmp_path / "home")
    folder = workbench.home.runs_folder / "one"
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(b"x" * 1000)
    (folder / "out").symlink_to(tmp_path)
    runs = next(place for place in disk_use(workbench).places if place.name == "Runs")
    assert runs.n_files == 2
    assert 1000 <= runs.size_bytes < 2000


def test_an_empty_home_has_no_places_of_its_own(tmp_path):
    names = {place.name for place in disk_use(open_workbench(tmp_path / "nowhere" / "home")).places}
    assert names <= {"Cache of plugin scans", "Compiled kernels"}


def test_little_left_on_the_disk_is_a_warning():
    assert [alert.level for alert in disk_alerts(DiskUse((), 1 * GIB, 500 * GIB))] == ["warning"]
    assert [alert.level for alert in disk_alerts(DiskUse((), 10 * GIB, 500 * GIB))] == ["warning"]
    assert disk_alerts(DiskUse((), 100 * GIB, 500 * GIB)) == []


def test_plugins_that_cannot_be_used_are_named_and_disabled_ones_are_not():
    broken = replace(HEALTHY, name="broken", status=PluginStatus.BROKEN)
    disabled = replace(HEALTHY, name="off", status=PluginStatus.DISABLED)
    (alert,) = plugin_alerts([HEALTHY, broken, disabled])
    assert "1 plugin cannot be used: models/broken." in alert.text
    assert plugin_alerts([HEALTHY, disabled]) == []


def test_an_index_in_step_says_nothing_and_a_folder_that_cannot_be_read_is_told(tmp_path):
    workbench = open_workbench(tmp_path / "home")
    assert index_alerts(workbench) == []
    run({"mode": "inspect_data", "data": {"data_source_type": "sample", "tickers": ["FB"]}}, home=tmp_path / "home")
    assert index_alerts(workbench) == []
    stranger = workbench.home.run_path(new_run_id())
    stranger.mkdir()
    (stranger / "events.jsonl").write_text("", encoding="utf-8")
    (alert,) = index_alerts(workbench)
    assert f"1 folder of runs cannot be read, and no list shows these runs: {stranger.name}." in alert.text
    assert "qlop runs reindex" in alert.text
    assert index_alerts(workbench) == [alert]
    stranger.rename(tmp_path / "elsewhere")
    assert index_alerts(workbench) == []


def test_this_process_has_memory_and_threads(tmp_path):
    (own,) = process_loads(open_workbench(tmp_path / "home"), [])
    assert own.name == "Dashboard"
    assert own.memory_bytes > 0
    assert own.n_threads >= 1
    assert machine_load().cores_for_us >= 1


def test_versions_begin_with_python_and_name_what_is_installed():
    names = [name for name, _ in installed_versions()]
    assert names[:2] == ["Python", "qlop"]
