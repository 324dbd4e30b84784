"""Runs from the command line: what they print, leave behind and exit with."""

import json
from pathlib import Path

import pandas as pd
import pytest


def test_a_pipeline_ends_with_one_line_of_json_that_names_its_artifacts(used):
    _, outcome = used
    assert outcome["mode"] == "pipeline"
    assert outcome["status"] == "completed"
    assert {"sharpe", "brier", "always_1x.sharpe", "benchmark.cagr", "label.base_rate"} <= set(outcome["metrics"])
    assert {"predictions", "equity", "trades", "fills", "costs", "baselines", "model/model.json"} <= set(
        outcome["artifacts"]
    )
    assert all(Path(path).is_file() for path in outcome["artifacts"].values())


def test_only_out_of_sample_predictions_reach_the_backtest(used):
    _, outcome = used
    predictions = pd.read_parquet(outcome["artifacts"]["predictions"])
    equity = pd.read_parquet(outcome["artifacts"]["equity"])
    fold_scores = pd.read_parquet(outcome["artifacts"]["fold_scores"])
    first_tested = fold_scores["test_start"].min()
    assert predictions.index.get_level_values("timestamp").min() == first_tested
    assert equity["timestamp"].min() == first_tested


def test_the_run_folder_says_what_ran_with_what_on_what(used):
    qlop, outcome = used
    folder = qlop.home / "runs" / outcome["run_id"]
    config = json.loads((folder / "config.json").read_text())
    environment = json.loads((folder / "environment.json").read_text())
    assert config["model"]["model_params"]["penalty_strength"] == 10.0
    assert environment["seed"] == 3
    assert environment["thread_count"] == 1
    assert len(environment["data_fingerprint"]) == 64
    assert {"qlop", "numpy", "pandas"} <= set(environment["libraries"])
    assert environment["plugins"]["models/linear"] == "1.0.0 (plugins/models/linear.py)"
    assert {"data_sources/sample", "orchestrators/pipeline", "brokers/flat"} <= set(environment["plugins"])


def test_metrics_json_holds_neither_run_id_nor_wall_time(used):
    qlop, outcome = used
    text = (qlop.home / "runs" / outcome["run_id"] / "metrics.json").read_text()
    assert outcome["run_id"] not in text
    assert "2026" not in text


def test_a_rerun_gives_the_same_bytes_and_says_so(used):
    qlop, outcome = used
    report = qlop.json("runs", "rerun", outcome["run_id"])
    assert report["is_identical"]
    assert set(report["artifacts"]) == set(outcome["artifacts"])
    assert set(report["artifacts"].values()) == {"identical"}


def test_train_then_backtest_gives_the_books_of_the_pipeline(used):
    qlop, pipeline = used
    trained = qlop.json("train-model", "--config", qlop.config)
    tested = qlop.json("backtest", "--config", qlop.config, "--run", trained["run_id"])
    first = pd.read_parquet(pipeline["artifacts"]["equity"])
    again = pd.read_parquet(tested["artifacts"]["equity"])
    pd.testing.assert_frame_equal(first, again)


def test_an_export_is_read_back_and_predicts_as_the_original(used):
    qlop, outcome = used
    exported = qlop.json("export-model", "--run", outcome["run_id"])
    assert exported["metrics"]["largest_difference"] == 0.0
    assert exported["metrics"]["rows_compared"] > 0
    assert Path(exported["artifacts"]["export/model.qlop.zip"]).stat().st_size > 0


TASK_ID = "5b0c9d1e-8f0a-4b7e-9b53-3f1f6f0d2a11"


@pytest.fixture(scope="module")
def asked(shared_qlop):
    """A backtest with a seed, overrides, a qualified name and an id that was given: its arguments and its JSON."""
    arguments = (
        "backtest", "-c", shared_qlop.config, "--seed", 9, "--stream-to-ws", TASK_ID,
        "--set", "strategy.strategy_type=qlop:constant_leverage", "--set", "execution.initial_cash=5000",
    )  # fmt: skip
    return arguments, shared_qlop.json(*arguments)


def test_overrides_and_seed_reach_the_config(shared_qlop, asked):
    _, outcome = asked
    config = json.loads((shared_qlop.home / "runs" / outcome["run_id"] / "config.json").read_text())
    assert config["seed"] == 9
    assert config["execution"]["initial_cash"] == 5000.0


def test_a_streamed_run_bears_the_given_id_once_only(shared_qlop, asked):
    arguments, outcome = asked
    assert outcome["run_id"] == TASK_ID
    again = shared_qlop.call(*arguments)
    assert again.returncode == 2
    assert "is used already" in again.stderr
    assert len(shared_qlop.run_folders()) == 1


def test_a_qualified_name_picks_the_built_in(asked):
    _, outcome = asked
    assert outcome["status"] == "completed"


def test_a_run_without_json_says_where_its_results_lie(qlop):
    done = qlop.call("backtest", "-c", qlop.config, "--set", "strategy.strategy_type=constant_leverage")
    assert done.returncode == 0, done.stderr
    assert f"its results lie in {qlop.home / 'runs'}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train-model",), "--config is missing"),
        (("train-model", "--config", "none.yaml"), "none.yaml: there is no such file"),
        (("export-model",), "export-model needs --run RUN_ID"),
        (("export-model", "--run", "latest"), "trained a model"),
        (("run", "pipline", "-c", "small.yaml"), "Did you mean 'pipeline'?"),
        (("run", "pipeline", "-c", "small.yaml", "--set", "model.model_type=xgbost"), "Did you mean 'xgboost'?"),
        (
            ("run", "pipeline", "-c", "small.yaml", "--set", "model.model_params.penalty=1"),
            "model.model_params: penalty is not a known field. Did you mean 'penalty_strength'?",
        ),
        (
            ("run", "pipeline", "-c", "small.yaml", "--set", "model.model_params.penalty_strength=-1"),
            "penalty_strength is -1; it must be greater than 0",
        ),
        (("run", "pipeline", "-c", "small.yaml", "--set", "label=null"), "mode 'pipeline' needs the section 'label'"),
        (("run", "backtest", "-c", "small.yaml"), "strategy.strategy_type is 'leverage_opportunity', which needs pred"),
        (
            ("run", "pipeline", "-c", "small.yaml", "--set", "splits.scheme=purged_k_fold"),
            "train on bars after the test block",
        ),
        (("run", "pipeline", "-c", "small.yaml", "--set", "broker.broker_type=per_share"), "allow_adjusted_shares"),
        (("backtest", "-c", "small.yaml", "--stream-to-ws", "../x"), "is not a UUID4"),
        (("backtest", "-c", "small.yaml", "--home", "/dev/null/x"), "/dev/null/x"),
    ],
)
def test_wrong_calls_are_refused_before_anything_is_written(qlop, arguments, said):
    done = qlop.call(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not qlop.run_folders()


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("data.tickers=[AAPL, IMB]",), "IBM"),
        (("data.start_date=1980-01-01", "data.end_date=1980-12-31"), "2000-03-01"),
        (("label.labeler_params.leverage=2.0",), "the label is refused by the broker's terms"),
        (("data.start_date=2009-06-01",), "train_bars"),
    ],
)
def test_a_run_that_cannot_go_on_fails_with_the_reason_and_keeps_it(qlop, overrides, said):
    arguments = [part for override in overrides for part in ("--set", override)]
    done = qlop.call("run", "pipeline", "-c", qlop.config, *arguments, "--json")
    assert done.returncode == 1, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    outcome = json.loads(done.stdout.splitlines()[-1])
    assert outcome["status"] == "failed"
    assert said in outcome["error"]
    shown = qlop.json("runs", "show", outcome["run_id"])
    assert shown["state"] == "failed"
    assert said in shown["error"]
    last = json.loads((qlop.run_folders()[0] / "events.jsonl").read_text().splitlines()[-1])["payload"]
    assert last["next_step"].startswith("Mend the cause and start the run again, with the mended config")


def test_sinks_write_the_results_outside_the_run_folder(qlop):
    out = qlop.folder / "out"
    sinks = f"sinks=[{{sink_type: csv, sink_params: {{folder: {out}}}}}]"
    strategy = "strategy.strategy_type=moving_average_cross"
    qlop.json("backtest", "-c", qlop.config, "--set", strategy, "--set", sinks)
    assert (out / "equity.csv").read_text().startswith("timestamp,equity")
    assert (out / "metrics.csv").is_file()


def test_a_plugin_disabled_in_the_settings_cannot_be_picked(qlop):
    qlop.home.mkdir()
    (qlop.home / "settings.yaml").write_text("plugins: {disabled: [models/linear]}\n", encoding="utf-8")
    done = qlop.call("train-model", "-c", qlop.config)
    assert done.returncode == 2
    assert "disabled" in done.stderr


def test_a_run_that_a_limit_ends_by_force_says_so_as_any_failed_run(qlop):
    """50 MB are less than Python and its libraries take: there is no time left to ask the run to end."""
    done = qlop.call("run", "pipeline", "-c", qlop.config, "--set", "limits.memory_mb=50", "--json")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["status"] == "failed"
    assert "memory" in told["error"]
    assert f"Run {told['run_id']} failed" in done.stderr
    assert f"qlop: {told['error']}" in done.stderr
    assert [folder.name for folder in qlop.run_folders()] == [told["run_id"]]
