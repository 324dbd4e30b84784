"""Figures a year of a short backtest are told to nobody."""

import pytest

from core.base.events import RunState
from core.base.identifiers import new_run_id
from core.base.yearly_figures import told_figures
from core.services.runs import list_runs, show_run
from core.services.workbench import open_workbench
from core.store.run_session import open_run


def test_each_curve_goes_by_its_own_bars():
    metrics = {
        "n_bars": 10,
        "cagr": 1.0,
        "a.b.n_bars": 60,
        "a.b.cagr": 0.1,
        "benchmark.n_bars": 2,
        "benchmark.sharpe": 9.0,
    }
    assert told_figures(metrics) == {"n_bars": 10, "a.b.n_bars": 60, "a.b.cagr": 0.1, "benchmark.n_bars": 2}


def test_figures_without_bars_to_judge_them_by_are_told():
    assert told_figures({"cagr": 0.1, "auc": 0.5}) == {"cagr": 0.1, "auc": 0.5}


@pytest.mark.parametrize(
    ("n_bars", "shown"),
    [
        (59, "total_return -0.0100, max_drawdown -0.0200"),
        (60, "sharpe -3.1250, cagr -0.4000, max_drawdown -0.0200"),
    ],
)
def test_a_list_of_runs_tells_the_total_return_of_a_short_one_instead(tmp_path, n_bars, shown):
    workbench = open_workbench(tmp_path / "home")
    metrics = {"n_bars": n_bars, "cagr": -0.4, "sharpe": -3.125, "max_drawdown": -0.02, "total_return": -0.01}
    with open_run(workbench.home, new_run_id(), {}, {}, owns_process=False) as session:
        session.save_metrics(metrics)
    (row,) = list_runs(workbench)
    assert row.state == RunState.COMPLETED
    assert row.key_figures == shown
    assert ("cagr" in show_run(workbench, row.run_id).as_text()) is (n_bars == 60)
    assert row.as_json()["metrics"] == metrics
