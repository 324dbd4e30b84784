"""The contract check of one plugin, whatever that plugin does."""

import pytest

from core.base.errors import PluginError, UsageError
from core.services.conformance import check_against_contract, missing_parameters
from core.services.workbench import open_workbench

HEAD = "import qlop\nclass Mine(qlop.StrategyPlugin):\n    '''Mine.'''\n    name = 'mine'\n    version = '1.0'\n"
SIGNALS = "    def generate_signals(self, panel, predictions):\n"


@pytest.fixture
def with_strategy(tmp_path, monkeypatch):
    """Gives a workbench that finds the strategy `mine` of a given body."""

    def made(body: str):
        folder = tmp_path / "mine" / "strategies"
        folder.mkdir(parents=True)
        (folder / "mine.py").write_text(HEAD + body, encoding="utf-8")
        monkeypatch.setenv("QLOP_PLUGIN_PATH", str(tmp_path / "mine"))
        return open_workbench(tmp_path / "home")

    return made


def test_a_strategy_that_looks_ahead_breaks_a_promise_that_is_named(with_strategy):
    workbench = with_strategy(
        SIGNALS + "        last = panel['close'].groupby(level='ticker').transform('last')\n"
        "        return (last > panel['close']).astype('float64').rename('exposure')\n"
    )
    found = check_against_contract(workbench, "strategies", "mine")
    assert found.verdict == "broken"
    broken = [test for test in found.tests if not test.is_kept]
    assert broken
    assert all(test.detail for test in broken)
    assert f"of {len(found.tests)} not kept" in found.in_words


def test_a_plugin_that_ends_its_process_leaves_an_unfinished_check(with_strategy):
    workbench = with_strategy(SIGNALS + "        import os\n        os._exit(3)\n")
    found = check_against_contract(workbench, "strategies", "mine")
    assert found.verdict == "unfinished"
    assert "ended with 3" in found.in_words


def test_a_plugin_that_waits_for_ever_is_stopped_at_the_limit(with_strategy):
    workbench = with_strategy(SIGNALS + "        import threading\n        threading.Event().wait()\n")
    found = check_against_contract(workbench, "strategies", "mine", limit_s=3.0)
    assert found.verdict == "unfinished"
    assert "did not end within 3 s" in found.in_words


def test_a_parameter_without_a_default_is_asked_for(tmp_path):
    workbench = open_workbench(tmp_path / "home")
    assert missing_parameters(workbench, "feature_steps", "cross_sectional_rank") == ["column"]
    with pytest.raises(UsageError, match="'column' of 'cross_sectional_rank' has no default"):
        check_against_contract(workbench, "feature_steps", "cross_sectional_rank")


def test_parameters_that_are_given_are_used(tmp_path):
    found = check_against_contract(
        open_workbench(tmp_path / "home"), "feature_steps", "cross_sectional_rank", {"column": "close"}
    )
    assert found.verdict == "kept", [test for test in found.tests if not test.is_kept]


def test_a_sink_writes_into_the_folder_that_its_test_gives(tmp_path):
    assert check_against_contract(open_workbench(tmp_path / "home"), "sinks", "json").verdict == "kept"


def test_an_unknown_plugin_is_refused(tmp_path):
    with pytest.raises(PluginError, match="nothing"):
        check_against_contract(open_workbench(tmp_path / "home"), "models", "nothing")
