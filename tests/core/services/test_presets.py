"""What a form can begin with."""

import pytest

from core.base.errors import ConfigError, RunIdError
from core.services.presets import config_of_run, earlier_runs, list_presets, preset_config
from core.services.python_run import run
from core.services.workbench import open_workbench

CONFIG = {
    "mode": "backtest",
    "title": "A rule",
    "data": {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2012-01-03", "end_date": "2012-06-29"},
    "strategy": {"strategy_type": "constant_leverage"},
}


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    home = tmp_path_factory.mktemp("presets") / "home"
    return open_workbench(home), run(CONFIG, home=home).run_id


def test_every_ready_config_is_a_preset_with_its_title():
    titles = {preset.name: preset.title for preset in list_presets()}
    assert titles["leverage_opportunity"] == "Leverage opportunity, pooled stocks at 2x"
    assert preset_config("leverage_opportunity")["mode"] == "pipeline"
    with pytest.raises(ConfigError, match="No ready config is named 'nothing'"):
        preset_config("nothing")


def test_earlier_runs_are_those_of_the_modes_that_fit(used):
    workbench, run_id = used
    found = earlier_runs(workbench, ("backtest",))
    assert [run.run_id for run in found] == [run_id]
    assert found[0].label.startswith(f"A rule ({run_id[:8]}, ")
    assert earlier_runs(workbench, ("train", "pipeline")) == []


def test_the_config_of_a_run_is_found_by_the_beginning_of_its_id(used):
    workbench, run_id = used
    assert config_of_run(workbench, run_id[:8])["strategy"]["strategy_type"] == "constant_leverage"
    with pytest.raises(RunIdError):
        config_of_run(workbench, "ffffffff")


def test_looking_for_earlier_runs_creates_no_home(tmp_path):
    workbench = open_workbench(tmp_path / "none")
    assert earlier_runs(workbench, ("train",)) == []
    assert not workbench.home.path.exists()
