import subprocess
import sys

import pytest

from core.base.errors import PluginError
from core.contracts.kinds import KINDS
from core.plugin.plugin_info import PluginStatus
from core.plugin.settings import builtin_folder


def test_every_built_in_file_is_listed_and_can_be_used(place):
    listed = place.registry(with_builtin=True, plugin_path=()).list()
    files = {
        f"plugins/{kind}/{path.name}"
        for kind in KINDS
        for path in (builtin_folder() / kind).glob("*.py")
        if not path.name.startswith("_")
    }
    assert {plugin.origin.shown for plugin in listed if plugin.origin.provider == "qlop"} == files
    assert [plugin for plugin in listed if plugin.status is not PluginStatus.AVAILABLE] == []


def test_a_list_is_sorted_by_kind_and_name(place):
    listed = place.registry(with_builtin=True).list()
    order = list(KINDS)
    assert listed == sorted(listed, key=lambda plugin: (order.index(plugin.kind), plugin.name))


def test_a_plugin_is_described_as_its_class_states(place, strategy):
    path = place.write(strategy(capabilities=frozenset({"fast", "quiet"})))
    (found,) = place.registry().list("strategies")
    assert (found.kind, found.name, found.version, found.requires_qlop) == (
        "strategies",
        "steady",
        "1.4.0",
        ">=0.1,<1",
    )
    assert found.capabilities == ("fast", "quiet")
    assert found.summary == "Holds the same exposure at every bar."
    assert found.documentation.endswith("More about it.")
    assert found.schema["properties"]["exposure"]["maximum"] == 3.0
    assert found.class_name == "Steady"
    assert found.origin.path == str(path)
    assert found.qualified_name == "folder:steady"
    assert found.load_seconds > 0.0


def test_several_plugins_of_one_file_are_listed_each(place, strategy):
    second = strategy("wild").split("class Steady", 1)[1]
    place.write(strategy() + "\nclass Wild" + second)
    assert [plugin.name for plugin in place.registry().list()] == ["steady", "wild"]


def test_files_that_begin_with_an_underscore_help_their_neighbours(place, strategy):
    place.write("LEVEL = 2.0\n", "_levels")
    place.write(strategy(header="from ._levels import LEVEL").replace("default=1.0", "default=LEVEL"))
    registry = place.registry()
    assert [plugin.name for plugin in registry.list()] == ["steady"]
    assert registry.create("strategies", "steady", {}).params.exposure == 2.0


def test_classes_that_begin_with_an_underscore_are_the_files_own(place, strategy):
    place.write(strategy() + "\nclass _Base(qlop.StrategyPlugin):\n    pass\n")
    assert [plugin.name for plugin in place.registry().list()] == ["steady"]


def test_an_unknown_kind_is_answered_with_the_nearest(place):
    with pytest.raises(PluginError, match=r"No plugin kind is named 'model'\. Did you mean 'models'\? Kinds: data_sou"):
        place.registry().list("model")


def test_listing_runs_no_plugin_in_this_process_and_imports_no_heavy_library(place, strategy):
    place.write(strategy(header="import numpy"))
    program = (
        "import sys; from core.plugin.registry import PluginRegistry; found = PluginRegistry().list();"
        "assert any(p.name == 'steady' for p in found) and len(found) > 20;"
        "heavy = {'numpy', 'pandas', 'pydantic', 'xgboost', 'sklearn', 'numba', 'plugins'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = {"QLOP_PLUGIN_PATH": str(place.named), "QLOP_CACHE_DIR": str(place.root / "cache"), "PATH": ""}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, cwd=place.working, capture_output=True, text=True
        )
        assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_changed_file_is_noticed_by_the_next_look(place, strategy):
    place.write(strategy())
    registry = place.registry()
    first = registry.load("strategies", "steady")
    place.write(strategy(version="2.0.0").replace("le=3.0", "le=30.0"))
    assert registry.get("strategies", "steady").version == "1.4.0"
    registry.refresh()
    assert registry.get("strategies", "steady").version == "2.0.0"
    second = registry.load("strategies", "steady")
    assert second is not first
    assert second("s", second.Params(exposure=20.0)).params.exposure == 20.0


def test_a_changed_neighbour_is_noticed_too(place, strategy):
    place.write("LEVEL = 2.0\n", "_levels")
    place.write(strategy(header="from ._levels import LEVEL").replace("default=1.0", "default=LEVEL"))
    assert place.registry().create("strategies", "steady", {}).params.exposure == 2.0
    place.write("LEVEL = 2.25\n", "_levels")
    registry = place.registry()
    assert registry.schema("strategies", "steady")["properties"]["exposure"]["default"] == 2.25
    assert registry.create("strategies", "steady", {}).params.exposure == 2.25


def test_new_and_removed_files_are_noticed_by_the_next_look(place, strategy):
    path = place.write(strategy())
    registry = place.registry()
    registry.list()
    path.unlink()
    place.write(strategy("other"), "other")
    registry.refresh()
    assert [plugin.name for plugin in registry.list()] == ["other"]


def test_spaces_and_other_scripts_in_paths_are_fine(place, strategy):
    folder = place.root / "mes stratégies 戦略"
    place.write(strategy(), "éléphant rose", folder=folder)
    registry = place.registry(plugin_path=(folder,))
    assert registry.create("strategies", "steady", {"exposure": 2}).params.exposure == 2.0


def test_a_file_whose_name_holds_a_dot_is_broken_and_not_silently_left_out(place, strategy):
    place.write(strategy(), "steady.v2")
    (found,) = place.registry().list()
    assert found.status is PluginStatus.BROKEN
