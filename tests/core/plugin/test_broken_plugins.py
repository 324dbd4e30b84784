import pytest

from core.base.errors import PluginError
from core.plugin.plugin_info import PluginStatus

BROKEN = {
    "needs_library": ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library'"),
    "bad_syntax": ("class Broken(:\n", "SyntaxError: invalid syntax (bad_syntax.py, line 1)"),
    "exits": ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
    "interrupts": ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    "ends_the_process": ("import os\nos._exit(7)\n", "Its import ended the process (exit code 7)."),
    "kills_itself": ("import os\nos.kill(os.getpid(), 9)\n", "Its import ended the process (signal 9)."),
    "never_ends": ("while True:\n    pass\n", "Its import took longer than 3 s and was ended."),
    "waits_for_input": ("input()\n", "EOFError: EOF when reading a line"),
    "empty": ("", "It defines no public class that inherits qlop.StrategyPlugin."),
}


def test_every_broken_file_is_listed_with_its_error_and_harms_no_other(place, strategy):
    for stem, (source, _) in BROKEN.items():
        place.write(source, stem)
    place.write(strategy("alpha"), "alpha")
    place.write(strategy("omega"), "omega")
    registry = place.registry(scan_limit_s=3.0)
    found = {plugin.name: plugin for plugin in registry.list()}
    assert found.keys() == {*BROKEN, "alpha", "omega"}
    for stem, (_, problem) in BROKEN.items():
        assert found[stem].status is PluginStatus.BROKEN
        assert problem in found[stem].problem
    assert registry.create("strategies", "alpha", {}).params.exposure == 1.0
    assert found["omega"].status is PluginStatus.AVAILABLE


def test_a_traceback_begins_in_the_plugins_own_file(place):
    path = place.write("def helper():\n    raise ValueError('no luck')\n\nhelper()\n", "unlucky")
    (found,) = place.registry().list()
    lines = found.traceback.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].strip().startswith(f'File "{path}", line 4')
    assert lines[-1] == "ValueError: no luck"


def test_what_a_plugin_prints_reaches_nobodys_output(place, strategy, capfd):
    place.write(strategy(header="import os; print('{\"begin\": 5}'); os.write(1, b'noise')"))
    assert [plugin.status for plugin in place.registry().list()] == [PluginStatus.AVAILABLE]
    assert capfd.readouterr() == ("", "")


def test_asking_for_a_broken_plugin_tells_its_error_and_where_to_look(place):
    path = place.write("import no_such_library\n", "needs_library")
    with pytest.raises(PluginError) as caught:
        place.registry().create("strategies", "needs_library", {})
    assert str(caught.value) == (
        f"Strategy 'needs_library' ({path}) is broken: ModuleNotFoundError: No module named 'no_such_library' "
        "See: qlop plugins show strategies needs_library"
    )


def test_asking_for_a_plugin_that_failed_before_tries_once_more(place, strategy, tmp_path):
    needed = tmp_path / "needed.txt"
    place.write(strategy(header=f"open({str(needed)!r}).close()"))
    assert place.registry().list()[0].status is PluginStatus.BROKEN
    needed.write_text("here now", encoding="utf-8")
    assert place.registry().list()[0].status is PluginStatus.BROKEN
    assert place.registry().create("strategies", "steady", {}).params.exposure == 1.0


def test_an_import_that_somebody_ended_is_tried_again_when_somebody_looks(place, strategy, tmp_path):
    """Who cancels a run ends the process that looks at plugins for it."""
    ended = tmp_path / "ended"
    once = f"import os; os.path.exists({str(ended)!r}) or (open({str(ended)!r}, 'w').close(), os.kill(os.getpid(), 15))"
    place.write(strategy(header=once))
    place.write("import os\nos._exit(7)\n", "exits")
    first = {plugin.name: plugin for plugin in place.registry().list()}
    assert first["steady"].problem.startswith("Its import was ended with signal 15 (SIGTERM), by which processes are")
    assert first["exits"].status is PluginStatus.BROKEN
    registry = place.registry()
    assert {plugin.name: plugin.status for plugin in registry.list()} == {
        "steady": PluginStatus.AVAILABLE,
        "exits": PluginStatus.BROKEN,
    }
    assert (registry.remembered, registry.scanned) == (1, 1)


def test_a_plugin_that_fails_only_here_is_told_as_such(place, strategy):
    place.write(strategy(header="import sys; assert 'pytest' not in sys.modules, 'only without pytest'"))
    registry = place.registry()
    assert registry.get("strategies", "steady").status is PluginStatus.AVAILABLE
    with pytest.raises(PluginError, match="cannot be imported: AssertionError: only without pytest"):
        registry.load("strategies", "steady")


def test_a_plugin_that_refuses_to_be_made_is_told_as_such(place, strategy):
    place.write(strategy() + "    def __init__(self, name, params):\n        raise RuntimeError('not today')\n")
    with pytest.raises(PluginError, match=r"Strategy 'steady' cannot be made .* RuntimeError: not today"):
        place.registry().create("strategies", "steady", {})
