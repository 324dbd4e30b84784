"""A run's config, started once more."""

import json

import pytest

from core.base.errors import RunIdError
from core.jobs.watch import follow
from core.services.python_run import run
from core.services.run_again import run_again
from core.services.workbench import open_workbench

CONFIG = {
    "mode": "backtest",
    "title": "Again",
    "seed": 11,
    "data": {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2012-01-03", "end_date": "2012-06-29"},
    "strategy": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.0}},
}


def test_an_unknown_run_is_not_started(tmp_path):
    with pytest.raises(RunIdError, match="no run"):
        run_again(open_workbench(tmp_path / "home"), "5b0c9d1e-8f0a-4b7e-9b53-3f1f6f0d2a11")


def test_a_run_begins_again_with_its_config_and_seed_and_without_its_sinks(tmp_path, monkeypatch):
    # A relay that is named is not started; that nobody listens there is no matter to the run.
    monkeypatch.setenv("QLOP_RELAY_URL", "ws://127.0.0.1:9")
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "configuration"))
    sinks = [{"sink_type": "csv", "sink_params": {"folder": str(tmp_path / "sink")}}]
    first = run({**CONFIG, "sinks": sinks}, home=tmp_path / "home")
    workbench = open_workbench(tmp_path / "home")
    again = run_again(workbench, first.run_id[:8])
    assert again != first.run_id
    last = list(follow(workbench.home, again))[-1]
    assert last.payload.state == "completed"
    configs = [
        json.loads((workbench.home.run_path(run_id) / "config.json").read_text()) for run_id in (first.run_id, again)
    ]
    assert configs[0].pop("sinks")
    assert configs[1].pop("sinks") == []
    assert configs[0] == configs[1]
