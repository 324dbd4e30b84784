"""New plugins: each kind's file works as it stands and keeps its contract."""

import pytest

from core.base.errors import PluginError, UsageError
from core.contracts.kinds import KINDS
from core.services.conformance import check_against_contract
from core.services.python_run import run
from core.services.scaffold import write_scaffold
from core.services.workbench import open_workbench


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    """A workbench whose users' folder holds one new plugin of each kind."""
    folder = tmp_path_factory.mktemp("scaffolds")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QLOP_PLUGIN_PATH", str(folder / "mine"))
        patch.setenv("QLOP_CONFIG_DIR", str(folder / "configuration"))
        opened = open_workbench(folder / "home")
        for kind in KINDS:
            write_scaffold(opened, kind, f"my_{kind}", folder / "mine")
        yield opened


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_can_be_picked_and_keeps_its_contract(workbench, kind):
    found = check_against_contract(workbench, kind, f"my_{kind}")
    assert [(test.sentence, test.detail) for test in found.tests if not test.is_kept] == []
    assert found.verdict == "kept"
    assert len(found.tests) >= 10


def test_new_plugins_of_several_kinds_carry_a_run_together(workbench):
    outcome = run(
        {
            "mode": "backtest",
            "data": {"data_source_type": "my_data_sources"},
            "strategy": {"strategy_type": "my_strategies"},
            "broker": {"broker_type": "my_brokers"},
        },
        home=workbench.home.path,
    )
    assert outcome.status == "completed"


def test_a_new_mode_runs(workbench):
    outcome = run({"mode": "my_orchestrators", "data": {"data_source_type": "sample"}}, home=workbench.home.path)
    assert outcome.metrics["n_tickers"] == 5


def test_a_file_that_is_there_is_not_overwritten(workbench, tmp_path):
    made = write_scaffold(workbench, "models", "mine", tmp_path)
    made.path.write_text("my own work", encoding="utf-8")
    with pytest.raises(PluginError, match="is there already"):
        write_scaffold(workbench, "models", "mine", tmp_path)
    assert made.path.read_text(encoding="utf-8") == "my own work"


@pytest.mark.parametrize("name", ["", "Mine", "9lives", "a-b", "../up", "class", "x" * 61, "a b"])
def test_a_name_that_no_config_could_use_is_refused(workbench, tmp_path, name):
    with pytest.raises(UsageError, match="cannot name a plugin"):
        write_scaffold(workbench, "models", name, tmp_path)
    assert list(tmp_path.rglob("*.py")) == []


def test_an_unknown_kind_is_refused(workbench, tmp_path):
    with pytest.raises(PluginError, match="modells"):
        write_scaffold(workbench, "modells", "mine", tmp_path)


def test_the_folder_of_this_place_is_trusted_by_a_command_and_another_by_its_variable(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = write_scaffold(open_workbench(tmp_path / ".qlop"), "sinks", "mine")
    assert own.path == tmp_path / ".qlop" / "plugins" / "sinks" / "mine.py"
    assert any("qlop plugins trust" in step for step in own.next_steps)
    other = write_scaffold(open_workbench(tmp_path / ".qlop"), "sinks", "mine", tmp_path / "elsewhere")
    assert any(f"QLOP_PLUGIN_PATH={tmp_path / 'elsewhere'}" in step for step in other.next_steps)
