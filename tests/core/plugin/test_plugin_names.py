import re

import pytest

from core.base.errors import PluginError
from core.plugin.plugin_info import PluginStatus


def refusal(registry, name, kind="strategies"):
    with pytest.raises(PluginError) as caught:
        registry.get(kind, name)
    return str(caught.value)


def test_a_typo_is_answered_with_the_nearest_name(place):
    assert refusal(place.registry(with_builtin=True), "xgbost", "models") == (
        "No model named 'xgbost'. Did you mean 'xgboost'? All: qlop plugins list models"
    )


def test_a_name_of_another_kind_is_told_as_such(place, strategy):
    place.write(strategy())
    assert refusal(place.registry(), "steady", "models") == (
        "No model named 'steady'. A strategy is named so: qlop plugins show strategies steady. "
        "All: qlop plugins list models"
    )


def test_two_plugins_of_one_name_are_an_error_that_names_both_and_harms_no_other(place, strategy):
    first, second = place.root / "first", place.root / "second"
    one, two = place.write(strategy(), folder=first), place.write(strategy(), folder=second)
    place.write(strategy("other"), "other", folder=second)
    registry = place.registry(plugin_path=(first, second))
    expected = f"Two plugins provide strategy 'steady': {one} and {two}. Disable one under plugins.disabled."
    assert refusal(registry, "steady") == expected
    marked = [plugin for plugin in registry.list() if plugin.status is PluginStatus.DUPLICATE]
    assert [plugin.problem for plugin in marked] == [expected, expected]
    assert registry.get("strategies", "other").status is PluginStatus.AVAILABLE


def test_a_qualified_name_selects_one_of_two(place, strategy):
    path = place.write(strategy("threshold"))
    registry = place.registry(with_builtin=True)
    assert refusal(registry, "threshold") == (
        f"Two plugins provide strategy 'threshold': plugins/strategies/threshold.py and {path}. "
        "Disable one under plugins.disabled, or name one: folder:threshold or qlop:threshold."
    )
    assert registry.get("strategies", "qlop:threshold").origin.shown == "plugins/strategies/threshold.py"
    assert registry.get("strategies", "folder:threshold").origin.path == str(path)
    assert "No strategy named 'acme:threshold'. Did you mean 'threshold'?" in refusal(registry, "acme:threshold")


@pytest.mark.parametrize("entry", ["steady", "strategies/steady", "folder:steady", "folder:strategies/steady"])
def test_a_disabled_plugin_is_listed_and_refused_by_the_entry_that_disables_it(place, strategy, entry):
    place.write(strategy())
    registry = place.registry(disabled=(entry,))
    assert [plugin.status for plugin in registry.list()] == [PluginStatus.DISABLED]
    assert f"is disabled: plugins.disabled names {entry!r}. Take that entry out" in refusal(registry, "steady")


@pytest.mark.parametrize("entry", ["models/steady", "qlop:steady", "stead"])
def test_an_entry_disables_nothing_else(place, strategy, entry):
    place.write(strategy())
    assert place.registry(disabled=(entry,)).get("strategies", "steady").name == "steady"


def test_a_file_that_is_disabled_by_its_path_is_not_even_imported(place, strategy):
    marker = place.root / "was_run"
    folder = place.working / "mine"
    path = place.write(strategy(header=f"open({str(marker)!r}, 'w').close()"), folder=folder)
    for entry in (str(path), "mine/strategies/steady.py"):
        registry = place.registry(plugin_path=(folder,), disabled=(entry,))
        assert [plugin.status for plugin in registry.list()] == [PluginStatus.DISABLED]
    assert not marker.exists()


def test_disabling_one_of_two_leaves_the_other(place, strategy):
    path = place.write(strategy("threshold"))
    registry = place.registry(with_builtin=True, disabled=("plugins/strategies/threshold.py",))
    assert registry.get("strategies", "threshold").origin.path == str(path)


def test_a_broken_namesake_does_not_stand_in_the_way(place):
    place.write("import no_such_library\n", "threshold")
    registry = place.registry(with_builtin=True)
    assert registry.get("strategies", "threshold").origin.provider == "qlop"
    assert "no_such_library" in refusal(registry, "folder:threshold")


def test_a_message_names_the_untrusted_folder_that_may_hold_what_is_missing(place, strategy):
    place.write(strategy(), folder=place.local)
    assert re.search(r"not trusted.*qlop plugins trust .*\.qlop/plugins", refusal(place.registry(), "steady"))
