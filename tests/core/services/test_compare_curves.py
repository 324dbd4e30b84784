"""The equity of several runs on one axis."""

import pandas as pd
import pytest

from core.base.errors import RunError
from core.base.identifiers import new_run_id
from core.services.compare_curves import compared_curves
from core.services.workbench import open_workbench
from core.store.run_session import open_run


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


def a_run(workbench, equity=None):
    with open_run(workbench.home, new_run_id(), {"mode": "backtest"}, {}, owns_process=False) as session:
        if equity is not None:
            days = pd.date_range("2020-01-01", periods=len(equity), tz="UTC")
            session.save_table("equity", pd.DataFrame({"timestamp": days, "equity": equity}))
    return session.run_id


def test_normalised_curves_begin_at_one_and_keep_their_growth(workbench):
    rich, poor = a_run(workbench, [1000.0, 1500.0]), a_run(workbench, [10.0, 5.0, 20.0])
    curves = compared_curves(workbench, [poor, rich], is_normalised=True)
    assert curves["run_id"].unique().tolist() == [poor, rich]
    assert curves["equity"].tolist() == [1.0, 0.5, 2.0, 1.0, 1.5]
    assert compared_curves(workbench, [rich], is_normalised=False)["equity"].tolist() == [1000.0, 1500.0]


def test_runs_without_a_backtest_are_left_out(workbench):
    done, trained = a_run(workbench, [1.0, 2.0]), a_run(workbench)
    assert set(compared_curves(workbench, [trained, done], is_normalised=True)["run_id"]) == {done}
    assert compared_curves(workbench, [trained], is_normalised=True).empty


def test_an_unknown_run_is_answered(workbench):
    with pytest.raises(RunError, match="no run"):
        compared_curves(workbench, [new_run_id()], is_normalised=True)
