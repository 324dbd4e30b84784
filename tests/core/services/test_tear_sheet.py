"""The tear sheet from a run's own files."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from core.base.errors import RunError, StoreError
from core.services.python_run import run
from core.services.tear_sheet import read_tear_sheet, read_ticker_trades
from core.services.training_report import read_training_report
from core.services.workbench import open_workbench

CONFIG = {
    "mode": "backtest",
    "data": {
        "data_source_type": "sample",
        "tickers": ["IBM", "MSFT"],
        "start_date": "2011-01-03",
        "end_date": "2012-06-29",
    },
    "strategy": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.8}},
    "backtest": {
        "benchmark": "NASDAQ",
        "baselines": {"once": {"strategy_type": "constant_leverage", "strategy_params": {"leverage": 1.0}}},
    },
}


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A workbench with a completed backtest; the run's id and its figures."""
    home = tmp_path_factory.mktemp("tear-sheet") / "home"
    done = run(CONFIG, home=home)
    return open_workbench(home), done.run_id, done.metrics


@pytest.fixture
def copied(used, tmp_path):
    """A copy of that home to damage."""
    workbench, run_id, _ = used
    shutil.copytree(workbench.home.path, tmp_path / "home")
    return open_workbench(tmp_path / "home"), run_id


def forget_artifact(workbench, run_id, name):
    """Take an artifact out of a run, as if it were of a release that kept none."""
    log = workbench.home.run_path(run_id) / "events.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    kept = [line for line in lines if line["payload"].get("artifact_name") != name]
    log.write_text("".join(json.dumps({**line, "seq": seq}) + "\n" for seq, line in enumerate(kept, start=1)))


def test_every_part_agrees_with_the_figures_of_the_run(used):
    workbench, run_id, metrics = used
    sheet = read_tear_sheet(workbench, run_id)
    assert sheet.run_id == run_id
    assert (1.0 + sheet.monthly["year"]).prod() - 1.0 == pytest.approx(metrics["total_return"])
    assert sheet.costs["fees"].iloc[-1] == pytest.approx(metrics["cost_fees"])
    assert sheet.costs["debit_interest"].iloc[-1] == pytest.approx(metrics["cost_debit_interest"])
    assert sheet.account["leverage"].max() == pytest.approx(metrics["leverage_max"])
    assert sheet.account["margin_headroom"].min() == pytest.approx(metrics["margin_headroom_min"])
    assert sheet.distribution["n_bars"].sum() == metrics["n_bars"]
    assert len(sheet.trades) == metrics["n_trades"]
    assert sheet.evidence["sharpe"]["annual"] == pytest.approx(metrics["sharpe"])


def test_a_window_over_the_whole_curve_has_the_sharpe_ratio_of_the_run(used):
    workbench, run_id, metrics = used
    sheet = read_tear_sheet(workbench, run_id, window_bars=int(metrics["n_bars"]))
    last = sheet.rolling.groupby("curve").last()
    assert last.loc["strategy", "sharpe"] == pytest.approx(metrics["sharpe"])
    assert last.loc["strategy", "volatility"] == pytest.approx(metrics["volatility_annual"])
    assert last.loc["once", "sharpe"] == pytest.approx(metrics["once.sharpe"])
    assert last.loc["benchmark", "sharpe"] == pytest.approx(metrics["benchmark.sharpe"])


def test_exposures_add_up_to_the_leverage(used):
    workbench, run_id, _ = used
    sheet = read_tear_sheet(workbench, run_id)
    np.testing.assert_allclose(sheet.exposures.abs().sum(axis=1), sheet.account["leverage"], atol=1e-12)


def test_the_trades_of_a_ticker_come_with_its_bars(used):
    workbench, run_id, metrics = used
    found = read_ticker_trades(workbench, run_id, "MSFT")
    assert len(found.bars) == metrics["n_bars"]
    assert set(found.trips["ticker"]) == {"MSFT"}
    assert read_ticker_trades(workbench, run_id, "NOBODY") is None


@pytest.mark.parametrize(
    ("artifact", "part"),
    [
        ("prices", "exposures"),
        ("costs", "costs"),
        ("evidence", "evidence"),
        ("trades", "trades"),
        ("fills", "exposures"),
    ],
)
def test_what_a_run_did_not_keep_is_none_and_the_rest_is_there(copied, artifact, part):
    workbench, run_id = copied
    forget_artifact(workbench, run_id, artifact)
    sheet = read_tear_sheet(workbench, run_id)
    assert getattr(sheet, part) is None
    assert not sheet.curves.empty


def test_without_a_rate_sharpe_ratios_are_over_zero(copied):
    workbench, run_id = copied
    forget_artifact(workbench, run_id, "risk_free")
    sheet = read_tear_sheet(workbench, run_id)
    assert not sheet.is_over_risk_free


def test_a_run_without_a_backtest_has_no_tear_sheet(copied):
    workbench, run_id = copied
    forget_artifact(workbench, run_id, "equity")
    assert read_tear_sheet(workbench, run_id) is None


def test_a_damaged_table_is_named_with_the_way_to_mend_it(copied):
    workbench, run_id = copied
    (workbench.home.run_path(run_id) / "artifacts" / "costs.parquet").write_bytes(b"no table")
    with pytest.raises(StoreError, match=r"costs\.parquet.*qlop runs rerun"):
        read_tear_sheet(workbench, run_id)


@pytest.fixture
def ruined(copied):
    """That home, the account ruined at a bar of July 2011 and in debt from there on; the run's id and the moment."""
    workbench, run_id = copied
    path = workbench.home.run_path(run_id) / "artifacts" / "equity.parquet"
    equity = pd.read_parquet(path)
    gone = 130
    equity.loc[gone:, "equity"] = [-5000.0 - 10.0 * number for number in range(len(equity) - gone)]
    equity.to_parquet(path)
    return workbench, run_id, equity["timestamp"].iloc[gone]


def test_a_ruin_ends_months_rolling_figures_and_the_distribution(ruined):
    workbench, run_id, moment = ruined
    sheet = read_tear_sheet(workbench, run_id, window_bars=63)
    assert sheet.ruined_at == moment
    assert list(sheet.monthly.index) == [2011]
    assert sheet.monthly.loc[2011, moment.month] < -1.0
    assert sheet.monthly.loc[2011, list(range(moment.month + 1, 13))].isna().all()
    ends = sheet.rolling.dropna(subset="volatility").groupby("curve")["timestamp"].max()
    assert ends["strategy"] == moment
    assert ends["once"] == ends["benchmark"] == sheet.curves["timestamp"].max()
    assert sheet.distribution["n_bars"].sum() == 131


def test_an_account_that_lives_has_no_ruin(used):
    assert read_tear_sheet(used[0], used[1]).ruined_at is None


def test_an_artifact_outside_the_runs_folder_is_not_read(copied, tmp_path):
    workbench, run_id = copied
    pd.DataFrame({"secret": [1.0]}).to_parquet(tmp_path / "elsewhere.parquet")
    path = workbench.home.run_path(run_id) / "artifacts" / "costs.parquet"
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere.parquet")
    with pytest.raises(StoreError):
        read_tear_sheet(workbench, run_id)


def test_an_unknown_run_is_refused(used):
    with pytest.raises(RunError):
        read_tear_sheet(used[0], "5b0c9d1e-8f0a-4b7e-9b53-3f1f6f0d2a11")


def test_a_run_that_trained_nothing_has_no_report_of_training(used):
    workbench, run_id, _ = used
    assert read_training_report(workbench, run_id) is None


def test_the_same_config_keeps_the_same_bytes(used, tmp_path):
    workbench, run_id, _ = used
    again = run(CONFIG, home=tmp_path / "again")
    for name in ("prices.parquet", "risk_free.parquet", "evidence.json"):
        first = workbench.home.run_path(run_id) / "artifacts" / name
        assert first.read_bytes() == (again.folder / "artifacts" / name).read_bytes()
