import os
import stat

import pytest

from core.base.errors import PluginError
from core.plugin.trust import trust_folder
from core.plugin.user_folders import FolderState


def state(registry):
    (folder,) = registry.folders()
    return folder.state


def marked(strategy, marker):
    return strategy(header=f"open({str(marker)!r}, 'a').close()")


@pytest.fixture
def local(place):
    return lambda: place.registry(plugin_path=())


def test_the_code_of_an_untrusted_folder_never_runs(place, strategy, local):
    marker = place.root / "was_run"
    place.write(marked(strategy, marker), folder=place.local)
    registry = local()
    assert registry.list() == []
    assert state(registry) is FolderState.UNTRUSTED
    with pytest.raises(PluginError, match="No strategy named 'steady'"):
        registry.create("strategies", "steady", {})
    assert not marker.exists()
    (folder,) = registry.folders()
    assert folder.notice.endswith(f"its plugins do not run. Read them, then: qlop plugins trust {place.local}")


def test_the_code_of_a_trusted_folder_runs(place, strategy, local):
    place.write(strategy(), folder=place.local)
    sealed = trust_folder(place.local, place.configuration)
    assert list(sealed.files) == ["strategies/steady.py"]
    registry = local()
    assert state(registry) is FolderState.TRUSTED
    assert registry.create("strategies", "steady", {"exposure": 3}).params.exposure == 3.0
    assert registry.list()[0].origin.shown == ".qlop/plugins/strategies/steady.py"


def test_running_a_trusted_plugin_leaves_it_trusted(place, strategy, local):
    place.write(strategy(), folder=place.local)
    trust_folder(place.local, place.configuration)
    local().create("strategies", "steady", {})
    assert state(local()) is FolderState.TRUSTED


CHANGES = {
    "edited": lambda folder: (folder / "strategies/steady.py").write_text("# another\n", encoding="utf-8"),
    "added": lambda folder: (folder / "strategies/_more.py").write_text("", encoding="utf-8"),
    "renamed": lambda folder: (folder / "strategies/steady.py").rename(folder / "strategies/steadier.py"),
    "data": lambda folder: (folder / "strategies/table.csv").write_text("1", encoding="utf-8"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_folder_that_changed_does_not_run_until_it_is_trusted_again(place, strategy, local, change):
    marker = place.root / "was_run"
    place.write(marked(strategy, marker), folder=place.local)
    trust_folder(place.local, place.configuration)
    CHANGES[change](place.local)
    registry = local()
    assert registry.list() == []
    assert state(registry) is FolderState.CHANGED
    assert "changed since you trusted it (strategies/" in registry.folders()[0].notice
    assert not marker.exists()
    trust_folder(place.local, place.configuration)
    assert state(local()) is FolderState.TRUSTED


def test_removing_a_file_is_a_change(place, strategy, local):
    place.write(strategy(), folder=place.local)
    other = place.write(strategy("other"), "other", folder=place.local)
    trust_folder(place.local, place.configuration)
    other.unlink()
    assert "(strategies/other.py is gone)" in local().folders()[0].notice


def test_byte_code_beside_a_trusted_source_is_never_run(place, strategy, local):
    import importlib.util
    import py_compile

    marker = place.root / "was_run"
    path = place.write(strategy(), folder=place.local)
    evil = place.root / "evil.py"
    evil.write_text(marked(strategy, marker), encoding="utf-8")
    cached = importlib.util.cache_from_source(str(path))
    py_compile.compile(str(evil), cached, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    trust_folder(place.local, place.configuration)
    registry = local()
    assert registry.create("strategies", "steady", {}).params.exposure == 1.0
    assert not marker.exists()


def test_a_link_inside_a_folder_cannot_be_trusted(place, strategy, local):
    place.write(strategy(), folder=place.local)
    outside = place.root / "outside.py"
    outside.write_text(strategy("outside"), encoding="utf-8")
    (place.local / "strategies" / "linked.py").symlink_to(outside)
    with pytest.raises(PluginError, match=r"linked\.py is a symbolic link, which cannot be trusted"):
        trust_folder(place.local, place.configuration)
    assert state(local()) is FolderState.UNREADABLE


def test_a_linked_folder_inside_a_folder_cannot_be_trusted(place, strategy):
    place.write(strategy(), folder=place.root / "outside")
    place.local.mkdir(parents=True)
    (place.local / "strategies").symlink_to(place.root / "outside" / "strategies")
    with pytest.raises(PluginError, match="is a symbolic link"):
        trust_folder(place.local, place.configuration)


def test_a_pipe_inside_a_folder_is_refused_and_not_read(place, strategy, local):
    path = place.write(strategy(), folder=place.local)
    os.mkfifo(path.with_name("pipe.py"))
    assert state(local()) is FolderState.UNREADABLE
    assert "no regular file" in local().folders()[0].notice


def test_a_folder_that_is_linked_elsewhere_after_it_was_trusted_does_not_run(place, strategy, local):
    good, evil = place.root / "good", place.root / "evil"
    marker = place.root / "was_run"
    place.write(strategy(), folder=good)
    place.write(marked(strategy, marker), folder=evil)
    place.local.parent.mkdir()
    place.local.symlink_to(good)
    trust_folder(place.local, place.configuration)
    assert state(local()) is FolderState.TRUSTED
    place.local.unlink()
    place.local.symlink_to(evil)
    assert local().list() == []
    assert state(local()) is FolderState.UNTRUSTED
    assert not marker.exists()


def test_a_copy_of_a_trusted_folder_is_not_trusted(place, strategy, local):
    elsewhere = place.root / "elsewhere"
    place.write(strategy(), folder=elsewhere)
    trust_folder(elsewhere, place.configuration)
    place.write(strategy(), folder=place.local)
    assert state(local()) is FolderState.UNTRUSTED


def test_a_folder_that_links_to_itself_is_unreadable_and_harms_nobody(place, strategy):
    place.local.parent.mkdir()
    place.local.symlink_to(place.local)
    place.write(strategy())
    registry = place.registry()
    assert [folder.state for folder in registry.folders()] == [FolderState.NAMED, FolderState.UNREADABLE]
    assert [plugin.name for plugin in registry.list()] == ["steady"]


@pytest.mark.parametrize("wrong", ["missing", "a_file"])
def test_a_named_folder_that_cannot_be_read_is_told_and_harms_nobody(place, strategy, wrong):
    (place.root / "a_file").write_text("", encoding="utf-8")
    place.write(strategy())
    registry = place.registry(plugin_path=(place.root / wrong, place.named))
    assert [folder.state for folder in registry.folders()] == [FolderState.UNREADABLE, FolderState.NAMED]
    assert f"QLOP_PLUGIN_PATH names {place.root / wrong}, which cannot be read" in registry.folders()[0].notice
    assert [plugin.name for plugin in registry.list()] == ["steady"]


def test_a_relative_plugin_path_is_left_out_as_it_would_trust_any_working_folder(place, strategy):
    from pathlib import Path

    place.write(strategy(), folder=place.local)
    registry = place.registry(plugin_path=(Path(".qlop/plugins"),))
    assert registry.list() == []
    assert "a relative path would trust any working folder" in registry.folders()[0].notice


def test_a_folder_that_is_both_named_and_local_is_listed_once(place, strategy):
    place.write(strategy(), folder=place.local)
    registry = place.registry(plugin_path=(place.local,))
    assert state(registry) is FolderState.NAMED
    assert [plugin.name for plugin in registry.list()] == ["steady"]


def test_trust_is_kept_where_its_user_alone_can_write(place, strategy, local):
    place.write(strategy(), folder=place.local)
    trust_folder(place.local, place.configuration)
    record = place.configuration / "trusted_folders.json"
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.configuration.stat().st_mode) == 0o700
    record.chmod(0o666)
    assert state(local()) is FolderState.UNTRUSTED
    assert "can be written by others than you (mode 0666" in local().folders()[0].notice


@pytest.mark.parametrize("damage", ["", "[]", '{"folders": [{"path": 1}]}', "\x00"])
def test_a_damaged_record_of_trust_trusts_nothing(place, strategy, local, damage):
    place.write(strategy(), folder=place.local)
    trust_folder(place.local, place.configuration)
    record = place.configuration / "trusted_folders.json"
    record.write_text(damage, encoding="utf-8")
    assert local().list() == []
    assert "is damaged; remove it and trust your folders again" in local().folders()[0].notice


def test_what_is_no_folder_of_plugins_is_refused(place):
    with pytest.raises(PluginError, match="missing is not a folder"):
        trust_folder(place.root / "missing", place.configuration)
    with pytest.raises(PluginError, match=r"holds none of the folders data_sources, .* Plugins lie in folders such as"):
        trust_folder(place.working, place.configuration)
    place.local.mkdir(parents=True)
    with pytest.raises(PluginError, match=r"Did you mean .*/\.qlop/plugins\?"):
        trust_folder(place.working, place.configuration)


def test_trust_that_cannot_be_recorded_is_told(place, strategy):
    place.write(strategy(), folder=place.local)
    blocked = place.root / "blocked"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(PluginError, match=r"Trust cannot be recorded in .* Set QLOP_CONFIG_DIR|cannot be read"):
        trust_folder(place.local, blocked)


def test_the_plugins_of_a_home_elsewhere_run_once_they_are_trusted(place, strategy):
    home = place.root / "elsewhere"
    place.write(strategy(), folder=home / "plugins")
    assert state(place.registry(plugin_path=(), home=home)) is FolderState.UNTRUSTED
    trust_folder(home / "plugins", place.configuration)
    registry = place.registry(plugin_path=(), home=home)
    assert state(registry) is FolderState.TRUSTED
    assert registry.create("strategies", "steady", {}).params.exposure == 1.0
