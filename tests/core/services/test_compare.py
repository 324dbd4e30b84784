"""Runs compared: their figures and their data."""

import pytest

from core.base.errors import DataError, UsageError
from core.base.identifiers import new_run_id
from core.services.compare import compare_runs
from core.services.compare_verdict import comparison_verdict
from core.services.differences import Difference
from core.services.workbench import open_workbench
from core.store.run_session import open_run


@pytest.fixture
def workbench(tmp_path):
    return open_workbench(tmp_path / "home")


def a_run(workbench, metrics, fingerprint="same", tickers=("AAA",)):
    run_id = new_run_id()
    with open_run(workbench.home, run_id, {"data": {"tickers": list(tickers)}}, {}, owns_process=False) as session:
        if fingerprint:
            session.update_environment(data_fingerprint=fingerprint)
        session.save_metrics(metrics)
    return run_id


def test_figures_of_one_run_alone_are_counted_in_text_and_all_there_for_programs(workbench):
    first = a_run(workbench, {"auc": 0.5, "brier": 0.25})
    second = a_run(workbench, {"brier": 0.24, "sharpe": 0.4, "cagr": 0.1})
    compared = compare_runs(workbench, [first, second])
    text = compared.as_text()
    assert "brier" in text
    assert not any(name in text for name in ("auc", "sharpe", "cagr", "undefined"))
    assert "3 figures of one run alone are left out; --json shows all." in text
    assert [row["path"] for row in compared.as_json()["metrics"]] == ["auc", "brier", "cagr", "sharpe"]


def test_a_figure_that_is_undefined_in_a_run_that_has_it_is_shown(workbench):
    runs = [a_run(workbench, {"auc": value}) for value in (0.5, None)]
    text = compare_runs(workbench, runs).as_text()
    assert "undefined" in text
    assert "left out" not in text


def test_figures_a_year_of_too_few_bars_are_left_out_and_kept_for_programs(workbench):
    runs = [
        a_run(workbench, {"n_bars": n_bars, "cagr": -0.4, "one.n_bars": 60, "one.cagr": 0.1, "total_return": 0.02})
        for n_bars in (59, 12, 60)
    ]
    compared = compare_runs(workbench, runs)
    assert [row.path for row in compared.metrics] == ["cagr", "n_bars", "one.cagr", "one.n_bars", "total_return"]
    assert compared.metrics[0].values == (None, None, -0.4)
    assert compared.shared_metrics == {"n_bars", "one.cagr", "one.n_bars", "total_return"}
    said = f"Too short for a yearly figure: {runs[0][:8]} (59 bars), {runs[1][:8]} (12 bars)."
    assert said in compared.as_text()
    assert said in comparison_verdict(compared)
    kept = {row["path"]: row["values"] for row in compared.as_json()["metrics"]}
    assert kept["cagr"] == [-0.4, -0.4, -0.4]


def test_runs_without_a_figure_in_common_say_so(workbench):
    runs = [a_run(workbench, metrics) for metrics in ({"auc": 0.5}, {})]
    text = compare_runs(workbench, runs).as_text()
    assert "No figures in common." in text
    assert "1 figure of one run alone is left out" in text


def test_data_that_no_run_has_loaded_are_not_called_the_same(workbench):
    runs = []
    for ticker in ("AAA", "BBB"):
        runs.append(new_run_id())
        config = {"data": {"tickers": [ticker]}}
        with (
            pytest.raises(DataError),
            open_run(workbench.home, runs[-1], config, {}, owns_process=False),
        ):
            raise DataError("there is no such ticker")
    text = compare_runs(workbench, runs).as_text()
    assert "the data are the same." not in text.lower()
    assert f"Whether the data are the same is unknown: no data were loaded by {runs[0][:8]}, {runs[1][:8]}." in text


def test_equal_fingerprints_are_called_the_same_data(workbench):
    text = compare_runs(workbench, [a_run(workbench, {}), a_run(workbench, {})]).as_text()
    assert "The environments are the same." in text
    assert "The data are the same." in text
    assert "unknown" not in text


@pytest.mark.parametrize("n_runs", [0, 1, 11])
def test_fewer_than_two_and_more_than_ten_runs_are_refused(workbench, n_runs):
    with pytest.raises(UsageError, match=f"compare takes two to ten runs; found {n_runs}"):
        compare_runs(workbench, ["a" * 8] * n_runs)


def test_a_run_is_not_compared_with_itself(workbench):
    run_id = a_run(workbench, {})
    with pytest.raises(UsageError, match="compare takes each run once"):
        compare_runs(workbench, [run_id, run_id[:8]])


def test_ten_runs_stand_side_by_side_in_the_order_asked_for(workbench):
    runs = [a_run(workbench, {"sharpe": float(number)}) for number in range(10)]
    compared = compare_runs(workbench, runs[::-1])
    assert compared.run_ids == tuple(runs[::-1])
    assert compared.metrics == (Difference("sharpe", tuple(float(number) for number in range(9, -1, -1))),)


def test_what_the_runs_loaded_is_compared_apart_from_settings_and_versions(workbench):
    runs = []
    for fingerprint, facts in (
        ("one", {"n_rows": 10, "tickers": ["AAA"]}),
        ("two", {"n_rows": 12, "tickers": ["AAA"]}),
    ):
        runs.append(new_run_id())
        with open_run(workbench.home, runs[-1], {"data": {"interval": "1d"}}, {}, owns_process=False) as session:
            session.update_environment(data_fingerprint=fingerprint, python="3.11" if fingerprint == "one" else "3.12")
            session.save_json("data", facts)
    compared = compare_runs(workbench, runs)
    assert compared.config == ()
    assert compared.data == (Difference("fingerprint", ("one", "two")), Difference("n_rows", (10, 12)))
    assert compared.environment == (Difference("python", ("3.11", "3.12")),)
    assert [row["path"] for row in compared.as_json()["data"]] == ["fingerprint", "n_rows"]
    assert "Data\nfingerprint" in compared.as_text()
