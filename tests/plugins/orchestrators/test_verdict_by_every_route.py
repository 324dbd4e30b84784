"""One verdict on the same predictions, whoever made them: a pipeline, a trained run, or a model's file."""

import re

import numpy as np
import pandas as pd
import pytest

# A price that rises whatever a model says: who holds it is better than who is short, beyond luck.
SHORT = {"strategy_type": "constant_leverage", "strategy_params": {"leverage": -0.5}}
ALWAYS = {"strategy_type": "threshold", "strategy_params": {"column": "probability_1", "enter_long": 0.0}}


@pytest.fixture(scope="module")
def rising(tmp_path_factory):
    """A file of prices that rise at random."""
    rng, days = np.random.default_rng(5), pd.bdate_range("2010-01-01", periods=700)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0015, 0.006, len(days))))
    opened = np.append(100.0, close[:-1])
    table = pd.DataFrame({"date": days.strftime("%Y-%m-%d"), "ticker": "UP", "open": opened, "close": close})
    table = table.assign(high=np.maximum(opened, close), low=np.minimum(opened, close), volume=1e5)
    path = tmp_path_factory.mktemp("rising") / "up.csv"
    table.to_csv(path, index=False)
    return path


def learning(rising):
    """What trains on those prices, a strategy and a baseline beside."""
    source = {"data_source_type": "files", "data_source_params": {"path": str(rising), "no_corporate_actions": True}}
    return {
        "seed": 3,
        "thread_count": 1,
        "data": source,
        "features": [
            {"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5, 20]}}
        ],
        "model": {"model_type": "linear"},
        "broker": {"broker_params": {"base_rate_annual": 0.0}},
        "label": {"labeler_type": "direction", "labeler_params": {"horizon_bars": 5}},
        "splits": {"train_bars": 300, "test_bars": 150},
        "strategy": ALWAYS,
        "backtest": {"baselines": {"short": SHORT}},
    }


@pytest.fixture
def config(rising):
    """The same as plain data, to be changed freely."""
    return learning(rising)


@pytest.fixture(scope="module")
def trained_on_it(modes, rising):
    """A run that has trained on those prices."""
    outcome = modes.run("train", learning(rising))
    assert outcome.status == "completed", outcome.error
    return outcome


def said(modes, mode, config, **backtest):
    outcome = modes.run(mode, {**config, "backtest": {**config["backtest"], **backtest}})
    assert outcome.status == "completed", outcome.error
    return " ".join(outcome.summary.split()), outcome


def verdict(text):
    return text.split("Verdict ")[1].split(" In money")[0]


def predicted(text):
    return text.split("Predictions, ")[1].split("Backtest, net")[0]


def skill(text):
    """Return what is said of the predictions' main score, and the answer to the question."""
    measured = re.search(r"(Brier score|RMSE) [^:]*: .*? alone", predicted(text)).group()
    return measured, text.split("Can the model tell what its label asks?")[1].split(").")[0]


def test_a_pipeline_and_a_backtest_of_a_trained_run_judge_the_same_predictions_alike(modes, config, trained_on_it):
    whole, _ = said(modes, "pipeline", config)
    by_parts, _ = said(modes, "backtest", config, predictions_run=trained_on_it.run_id)
    assert trained_on_it.metrics["brier"] >= trained_on_it.metrics["base_rate_brier"]
    assert verdict(whole).startswith("NO EVIDENCE that threshold adds anything: its predictions are no better than")
    assert verdict(by_parts) == verdict(whole)
    assert predicted(by_parts) == predicted(whole)


def test_a_regression_is_judged_alike_by_both_routes(modes, config):
    config["label"] = {"labeler_type": "forward_return"}
    config["strategy"] = {"strategy_type": "threshold", "strategy_params": {"column": "prediction", "enter_long": -1.0}}
    whole, outcome = said(modes, "pipeline", config)
    by_parts, _ = said(modes, "backtest", config, predictions_run=outcome.run_id)
    is_better = outcome.metrics["rmse"] < outcome.metrics["base_rmse"]
    assert ("no better than the training mean" in verdict(whole)) == (not is_better)
    assert f"R2 {outcome.metrics['r2_out_of_sample']:.4f}, out of sample" in predicted(whole)
    assert (verdict(by_parts), predicted(by_parts)) == (verdict(whole), predicted(whole))


VALUE = {"strategy_type": "threshold", "strategy_params": {"column": "prediction", "enter_long": -1.0}}
BY_LABEL = {
    "direction": (ALWAYS, {"brier", "base_rate_brier", "auc", "log_loss", "base_rate"}),
    "forward_return": (VALUE, {"rmse", "base_rmse", "r2_out_of_sample", "rank_correlation", "n_predictions"}),
}


def model_file(modes, config, end_date):
    """Train until a date, and export the model that is kept."""
    trained = modes.run("train", {**config, "data": {**config["data"], "end_date": end_date}})
    exported = modes.run("export", {"export": {"model_run": trained.run_id}})
    return exported.folder / "artifacts" / "export" / "model.qlop.zip"


@pytest.mark.parametrize("labeler", BY_LABEL)
def test_a_model_files_predictions_are_scored_as_a_run_scores_the_same_rows(modes, config, labeler):
    strategy, scores = BY_LABEL[labeler]
    config |= {"label": {"labeler_type": labeler}, "strategy": strategy}
    file = model_file(modes, config, "2012-01-31")
    # A run whose only fold learns from all that the file's model learned from, and is tested on the rows after it.
    n_learned = len(pd.bdate_range("2010-01-01", "2012-01-31"))
    once = {**config, "splits": {"train_bars": n_learned, "test_bars": 700 - n_learned}}
    text, of_file = said(modes, "backtest", config, model_file=str(file))
    whole, of_run = said(modes, "pipeline", once)
    sizes = {"n_rows", "effective_sample_size", "effective_sample_size_pooled", "label_out_of_sample.target_mean"}
    found, wanted = ({name: run.metrics[name] for name in scores | sizes} for run in (of_file, of_run))
    assert found == pytest.approx(wanted, rel=1e-12)
    assert verdict(text) == verdict(whole)
    assert skill(text) == skill(whole)
    scored = pd.read_parquet(of_file.folder / "artifacts" / "model_predictions.parquet")
    assert scored["target"].notna().sum() == of_file.metrics["n_rows"]


def test_whether_a_model_files_predictions_beat_the_base_rate_is_not_known_before_their_outcomes(modes, config):
    file = model_file(modes, config, "2012-01-31")
    config["data"] = {**config["data"], "end_date": "2012-02-06"}
    text, outcome = said(modes, "backtest", config, model_file=str(file))
    assert not verdict(text).startswith("EVIDENCE")
    assert "Scores none: the prices end before the outcome of any prediction is known, so that it is not" in text
    assert "Can the model tell what its label asks? Not known: nobody has scored these predictions" in text
    assert "Question does the return of a long over 5 bars exceed 0 %?" in text
    assert "brier" not in outcome.metrics


def test_the_question_is_the_traded_models_and_not_that_of_a_label_named_beside_it(modes, config, trained_on_it):
    config["label"] = {"labeler_type": "leverage_opportunity", "labeler_params": {"leverage": 1.5, "horizon_bars": 60}}
    text, _ = said(modes, "backtest", config, predictions_run=trained_on_it.run_id)
    assert "Question does the return of a long over 5 bars exceed 0 %?" in text
    assert "60 bars" not in text


def test_a_rule_is_asked_no_question_whatever_label_stands_beside_it(modes, config):
    config["strategy"] = {"strategy_type": "constant_leverage"}
    text, _ = said(modes, "backtest", config)
    assert "Question" not in text
    assert "Can the model" not in text
    # What goes by its rule needs no predictions to be evidence.
    assert verdict(text).startswith("EVIDENCE: constant_leverage is better than short")


@pytest.mark.parametrize("n_bars", [2, 19, 29, 30])
def test_a_backtest_of_few_bars_with_a_baseline_and_a_benchmark_says_that_they_are_too_few(modes, config, n_bars):
    config["strategy"] = {"strategy_type": "constant_leverage"}
    config["data"] = {**config["data"], "end_date": f"{pd.bdate_range('2010-01-01', periods=n_bars)[-1]:%Y-%m-%d}"}
    text, outcome = said(modes, "backtest", config, benchmark="UP")
    assert f"{n_bars} bars are too few to judge, 60 the fewest" in verdict(text)
    assert outcome.metrics["n_bars"] == n_bars


def test_idle_cash_that_earns_interest_is_no_skill(modes, config):
    account = {"base_rate_annual": 0.05, "credit_spread_annual": 0.0, "fee_bps": 0.0}
    config |= {"broker": {"broker_params": account}, "execution": {"rebalance": "every_bar"}}
    config["strategy"] = {"strategy_type": "constant_leverage"}
    config["strategy"]["strategy_params"] = {"leverage": 0.0}
    text, idle = said(modes, "backtest", config)
    assert idle.metrics["final_equity"] > 100_000.0
    assert (idle.metrics["sharpe"], idle.metrics["sortino"]) == (None, None)
    assert "deflated" not in text
    assert verdict(text).startswith("NO EVIDENCE that constant_leverage adds anything: ")
    assert "it has taken no risk" in verdict(text)
    assert "Sharpe ratios are over the risk-free rate" in text
    config["strategy"]["strategy_params"] = {"leverage": 0.1}
    _, little = said(modes, "backtest", config)
    config["strategy"]["strategy_params"] = {"leverage": 1.0}
    _, much = said(modes, "backtest", config)
    # Nine tenths of it are cash, whose interest adds nothing: the ratio is that of the price over cash.
    assert little.metrics["sharpe"] == pytest.approx(much.metrics["sharpe"], rel=0.02)
