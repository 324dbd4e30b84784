"""A run that a form starts: checked first, then a process of its own."""

import pytest

from core.base.errors import ConfigError
from core.base.events import RunState
from core.jobs.watch import follow
from core.services.submit_run import submit_run
from core.services.workbench import open_workbench
from core.store.run_folder import RunFolder

RULE = {
    "mode": "backtest",
    "data": {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2012-01-03", "end_date": "2012-06-29"},
    "strategy": {"strategy_type": "constant_leverage"},
}


@pytest.fixture
def workbench(tmp_path):
    """A home whose settings name a relay elsewhere, so that none is started."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "settings.yaml").write_text('relay: {url: "ws://127.0.0.1:9/"}\n', encoding="utf-8")
    return open_workbench(home)


def test_a_config_with_problems_is_refused_with_all_of_them_and_leaves_no_run(workbench):
    raw = {**RULE, "splits": {"train_bars": 0}, "seed": -1}
    with pytest.raises(ConfigError, match=r"seed is -1.*\nsplits\.train_bars is 0"):
        submit_run(workbench, raw)
    assert not workbench.home.runs_folder.exists()


def test_a_sound_config_runs_in_a_process_of_its_own_to_its_end(workbench):
    run_id = submit_run(workbench, RULE)
    events = list(follow(workbench.home, run_id))
    assert events[-1].payload.state is RunState.COMPLETED
    folder = RunFolder.open(workbench.home, run_id)
    assert folder.config()["strategy"] == {
        "strategy_type": "constant_leverage",
        "strategy_params": folder.config()["strategy"]["strategy_params"],
    }
    assert "--stream-to-ws" in folder.environment()["command"]
