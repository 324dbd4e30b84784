"""Every run as one table: what it holds, what filters leave of it, and when it is another."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import create_engine

from core.base.errors import DataError
from core.base.identifiers import new_run_id
from core.services.run_list import FIGURE_COLUMNS, RunFilter, list_version, list_words, run_list
from core.services.runs import annotate_run, delete_run, list_runs, restore_run
from core.services.workbench import open_workbench
from core.store.home import Home
from core.store.run_folder import RunFolder
from core.store.run_session import open_run
from core.store.run_store import RunStore
from core.store.schema import metadata

CONFIG = {
    "mode": "train",
    "data": {"tickers": ["AAA", "BBB"], "data_source_type": "sample"},
    "model": {"model_type": "m"},
}


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


def a_run(workbench, title="", mode="train", metrics=None, **others):
    run_id = new_run_id()
    config = {**CONFIG, "title": title, "mode": mode, **others}
    with open_run(workbench.home, run_id, config, {}, owns_process=False) as session:
        session.save_metrics(metrics or {})
    return run_id


def listed(workbench, **wanted):
    return run_list(workbench, RunFilter(**wanted))["run_id"].tolist()


def test_a_home_without_runs_gives_an_empty_table_with_every_column(workbench):
    table = run_list(workbench, RunFilter())
    assert table.empty
    assert {"run_id", "title", "tags", "started_at", "duration_s", *FIGURE_COLUMNS} <= set(table.columns)
    assert str(table["started_at"].dtype) == "datetime64[us, UTC]"
    assert not workbench.home.path.exists()


def test_a_row_holds_what_the_run_holds(workbench):
    run_id = a_run(workbench, "mine", metrics={"sharpe": 1.25, "cagr": None, "other": 3.0})
    annotate_run(workbench, run_id, tags=["live", "best"], notes="Look again")
    row = run_list(workbench, RunFilter()).iloc[0]
    (record,) = (found.record for found in list_runs(workbench))
    assert row[["run_id", "title", "state", "mode"]].tolist() == [run_id, "mine", "completed", "train"]
    assert row[["tags", "notes", "tickers", "model", "strategy"]].tolist() == [
        "best, live",
        "Look again",
        "AAA, BBB",
        "m",
        "",
    ]
    assert row["sharpe"] == 1.25
    assert row[["cagr", "auc"]].isna().all()
    assert row["started_at"] == record.started_at
    ending = RunFolder.open(workbench.home, run_id).events().last_event().payload
    assert row["duration_s"] == record.duration_s == ending.elapsed_s >= 0.0


def test_a_run_that_has_not_ended_has_no_duration(workbench):
    with open_run(workbench.home, new_run_id(), CONFIG, {}, owns_process=False):
        row = run_list(workbench, RunFilter()).iloc[0]
        assert row["state"] == "running"
        assert row[["finished_at", "duration_s"]].isna().all()


def test_filters_leave_what_passes_all_of_them(workbench):
    first = a_run(workbench, "Alpha", mode="train")
    second = a_run(workbench, "Beta", mode="backtest")
    third = new_run_id()
    with pytest.raises(DataError), open_run(workbench.home, third, {**CONFIG, "title": "alpha 2"}, {}):
        raise DataError("on purpose")
    annotate_run(workbench, second, tags=["live"])
    assert listed(workbench) == [third, second, first]
    assert listed(workbench, text="ALPHA") == [third, first]
    assert listed(workbench, text="alpha", state="completed") == [first]
    assert listed(workbench, mode="backtest") == [second]
    assert listed(workbench, tag="live") == [second]
    assert listed(workbench, tag="liv") == []
    assert list_words(workbench) == (["backtest", "train"], ["live"])


def test_the_trash_is_a_list_of_its_own(workbench):
    kept, deleted = a_run(workbench), a_run(workbench)
    delete_run(workbench, deleted)
    assert listed(workbench) == [kept]
    assert listed(workbench, is_deleted=True) == [deleted]


def test_the_version_changes_with_every_change_that_a_list_shows(workbench):
    versions = [list_version(workbench)]

    def changes():
        versions.append(list_version(workbench))
        assert versions[-1] == list_version(workbench)
        return len(set(versions)) == len(versions)

    run_id = new_run_id()
    with open_run(workbench.home, run_id, CONFIG, {}, owns_process=False):
        assert changes()
    assert changes()
    annotate_run(workbench, run_id, tags=["live"])
    assert changes()
    delete_run(workbench, run_id)
    assert changes()
    other = a_run(workbench)
    assert changes()
    restore_run(workbench, run_id)
    delete_run(workbench, other)
    assert changes()


def test_many_runs_made_for_benchmarks_are_what_a_rebuilt_index_would_hold(tmp_path, make_large_store):
    ids = make_large_store(tmp_path / "home", 30)
    workbench = open_workbench(tmp_path / "home")
    before = run_list(workbench, RunFilter())
    assert before["run_id"].tolist() == ids
    with RunStore(workbench.home) as store:
        assert store.reindex().broken == {}
    assert run_list(workbench, RunFilter()).equals(before)
    metrics = json.loads((workbench.home.run_path(ids[0]) / "metrics.json").read_text())
    assert before.loc[0, "sharpe"] == metrics["sharpe"]


def test_many_runs_made_for_benchmarks_are_the_same_in_every_database(tmp_path, make_large_store, postgres_url):
    make_large_store(tmp_path / "home", 30, further_index=postgres_url)
    workbench = open_workbench(tmp_path / "home")
    before = run_list(workbench, RunFilter())
    further = replace(workbench, home=Home(workbench.home.path, postgres_url))
    try:
        assert run_list(further, RunFilter()).equals(before)
        with RunStore(further.home) as store:
            assert store.reindex().run_count == len(before)
        assert run_list(further, RunFilter()).equals(before)
    finally:
        engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
        metadata.drop_all(engine)
        engine.dispose()


def test_a_figure_a_year_of_too_few_bars_is_blank_and_what_is_true_stays(workbench):
    figures = {"cagr": -0.3999, "sharpe": -11.0, "total_return": -0.004, "max_drawdown": -0.004}
    a_run(workbench, "short", metrics={**figures, "n_bars": 59.0})
    a_run(workbench, "long", metrics={**figures, "n_bars": 60.0})
    table = run_list(workbench, RunFilter()).set_index("title")
    assert table.loc["short", ["cagr", "sharpe"]].isna().all()
    assert table.loc["short", ["total_return", "max_drawdown"]].tolist() == [-0.004, -0.004]
    assert table.loc["long", ["cagr", "sharpe"]].tolist() == [-0.3999, -11.0]
