"""The latest runs at a glance."""

import pandas as pd
import pytest

from core.base.identifiers import new_run_id
from core.services.run_overview import equity_points, latest_runs
from core.services.workbench import open_workbench
from core.store.run_session import open_run


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


def a_run(workbench, equity=None):
    with open_run(workbench.home, new_run_id(), {"mode": "backtest"}, {}, owns_process=False) as session:
        if equity is not None:
            session.save_table("equity", pd.DataFrame({"equity": equity}))
    return session.run_id


@pytest.mark.parametrize("n_bars", [1, 2, 39, 40, 41, 1000])
def test_a_line_has_forty_points_at_most_and_keeps_both_ends(workbench, n_bars):
    points = equity_points(workbench, a_run(workbench, [100.0 + bar for bar in range(n_bars)]))
    assert len(points) == min(n_bars, 40)
    assert (points[0], points[-1]) == (100.0, 99.0 + n_bars)
    assert list(points) == sorted(points)


def test_the_latest_runs_come_newest_first_with_their_lines(workbench):
    first, second, third = a_run(workbench, [1.0, 2.0]), a_run(workbench), a_run(workbench, [3.0])
    latest = latest_runs(workbench, 2)
    assert latest["run_id"].tolist() == [third, second]
    assert latest["equity"].tolist() == [[3.0], []]
    assert latest_runs(workbench, 5)["equity"].tolist()[2] == [1.0, 2.0]
    assert first in latest_runs(workbench, 5)["run_id"].tolist()


def test_points_are_asked_for_only_where_a_run_has_ended(workbench):
    ended, asked = a_run(workbench, [1.0]), []

    def points_of(_, run_id):
        asked.append(run_id)
        return (7.0,)

    with open_run(workbench.home, new_run_id(), {"mode": "backtest"}, {}, owns_process=False):
        assert latest_runs(workbench, 5, points_of=points_of)["equity"].tolist() == [[], [7.0]]
    assert asked == [ended]


def test_a_damaged_table_leaves_the_line_out_and_the_run_in(workbench):
    run_id = a_run(workbench, [1.0, 2.0])
    (workbench.home.run_path(run_id) / "artifacts" / "equity.parquet").write_bytes(b"no table")
    assert latest_runs(workbench, 1)["equity"].tolist() == [[]]
