"""Runs as tables: lists, figures and curves from a run's own files."""

import json

import numpy as np
import pandas as pd
import pytest

from core.base.errors import QlopError, RunError, StoreError
from core.services.python_run import run
from core.services.run_artifacts import list_artifacts, read_artifact, read_config_text
from core.services.run_list import RunFilter, run_list
from core.services.run_tables import figure_table, read_equity_curves
from core.services.runs import list_runs
from core.services.workbench import open_workbench

CONFIG = {
    "mode": "backtest",
    "title": "Twice IBM",
    "data": {"data_source_type": "sample", "tickers": ["IBM"], "start_date": "2011-01-03", "end_date": "2012-06-29"},
    "strategy": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.8}},
    "backtest": {
        "benchmark": "NASDAQ",
        "baselines": {"once": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.0}}},
    },
}


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A workbench with a completed backtest and a failed one; the completed run's id."""
    home = tmp_path_factory.mktemp("tables") / "home"
    done = run(CONFIG, home=home)
    no_prices = {**CONFIG["data"], "start_date": "1980-01-01", "end_date": "1980-12-31"}
    with pytest.raises(QlopError):
        run({**CONFIG, "data": no_prices}, home=home)
    return open_workbench(home), done.run_id


def test_the_list_has_a_row_a_run_newest_first_with_its_figures(used):
    workbench, run_id = used
    table = run_list(workbench, RunFilter())
    assert list(table["state"]) == ["failed", "completed"]
    assert table["run_id"].iloc[1] == run_id
    assert table["strategy"].iloc[1] == "constant_leverage"
    assert np.isfinite(table.loc[1, ["sharpe", "cagr", "max_drawdown", "duration_s"]].astype(float)).all()
    assert table.loc[0, ["sharpe", "cagr", "max_drawdown", "auc"]].isna().all()


def test_a_list_without_runs_has_the_same_columns_and_types(used):
    workbench, _ = used
    empty, full = run_list(workbench, RunFilter(state="queued")), run_list(workbench, RunFilter())
    assert empty.empty
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)


def test_figures_stand_side_by_side_as_in_the_file_of_metrics(used):
    workbench, run_id = used
    figures = figure_table(workbench, run_id)
    metrics = json.loads((workbench.home.run_path(run_id) / "metrics.json").read_text())
    assert list(figures.columns) == ["strategy", "once", "benchmark"]
    assert figures.loc["cagr", "strategy"] == metrics["cagr"]
    assert figures.loc["cagr", "once"] == metrics["once.cagr"]
    assert figures.loc["cagr", "benchmark"] == metrics["benchmark.cagr"]
    assert np.isnan(figures.loc["n_trades", "benchmark"])


def test_two_bars_have_a_total_return_and_no_figure_a_year(tmp_path):
    short = {**CONFIG["data"], "start_date": "2011-01-03", "end_date": "2011-01-04"}
    done = run({**CONFIG, "data": short, "backtest": {}}, home=tmp_path / "home")
    figures = figure_table(open_workbench(tmp_path / "home"), done.run_id)
    assert done.metrics["cagr"] is not None
    assert figures.loc[["cagr", "sharpe", "volatility_annual"]].isna().all(axis=None)
    assert figures.loc["total_return", "strategy"] == done.metrics["total_return"]


def test_a_run_that_failed_has_neither_figures_nor_curves(used):
    workbench, _ = used
    failed = list_runs(workbench, state="failed")[0].run_id
    assert figure_table(workbench, failed).empty
    assert read_equity_curves(workbench, failed).empty


def test_curves_end_and_fall_as_the_figures_say(used):
    workbench, run_id = used
    curves, figures = read_equity_curves(workbench, run_id), figure_table(workbench, run_id)
    assert dict(curves[["curve", "role"]].drop_duplicates().itertuples(index=False)) == {
        "strategy": "strategy",
        "once": "baseline",
        "benchmark": "benchmark",
    }
    for name, curve in curves.groupby("curve"):
        assert curve["equity"].iloc[-1] == figures.loc["final_equity", name]
        np.testing.assert_allclose(curve["drawdown"].min(), figures.loc["max_drawdown", name], rtol=1e-12)


def test_a_damaged_curve_is_named_with_what_to_do(tmp_path):
    damaged = run(CONFIG, home=tmp_path / "home")
    (damaged.folder / "artifacts" / "equity.parquet").write_bytes(b"no table")
    with pytest.raises(StoreError, match=r"equity\.parquet cannot be read.*qlop runs rerun"):
        read_equity_curves(open_workbench(tmp_path / "home"), damaged.run_id)


def test_an_artifact_is_handed_out_byte_for_byte(used):
    workbench, run_id = used
    listed = {artifact.name: artifact for artifact in list_artifacts(workbench, run_id)}
    equity = listed["equity"]
    assert equity.file_name == f"{run_id[:8]}-equity.parquet"
    assert len(read_artifact(workbench, run_id, "equity")) == equity.size_bytes


@pytest.mark.parametrize("name", ["../config.json", "config.json", "", "/etc/hostname"])
def test_what_a_run_did_not_announce_is_not_handed_out(used, name):
    workbench, run_id = used
    with pytest.raises(RunError, match="made no artifact"):
        read_artifact(workbench, run_id, name)


def test_an_artifact_that_became_a_link_out_of_the_folder_is_refused(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("not the run's")
    done = run(CONFIG, home=tmp_path / "home")
    summary = done.folder / "artifacts" / "summary.txt"
    summary.unlink()
    summary.symlink_to(secret)
    with pytest.raises(StoreError, match="leads outside"):
        read_artifact(open_workbench(tmp_path / "home"), done.run_id, "summary.txt")


def test_the_config_reads_back_as_it_was_resolved(used):
    import yaml

    workbench, run_id = used
    stored = json.loads((workbench.home.run_path(run_id) / "config.json").read_text())
    assert yaml.safe_load(read_config_text(workbench, run_id)) == stored
