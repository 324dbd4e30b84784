"""A model that is silent in every fold is called better by no route, however well its constants happen to fit."""

import pytest

# Prices without a pattern: calibration leaves both folds at a constant, and these fit better than the base rates.
PRICES = {"process": {"kind": "gbm"}, "n_tickers": 1, "seed": 3, "first_session": "2010-01-01"}
CONFIG = {
    "seed": 3,
    "thread_count": 1,
    "data": {"data_source_type": "synthetic", "data_source_params": {**PRICES, "last_session": "2011-12-31"}},
    "features": [{"name": "mom", "feature_step_type": "momentum", "feature_step_params": {"horizons_bars": [5]}}],
    "label": {"labeler_type": "direction", "labeler_params": {"horizon_bars": 5}},
    "model": {"model_type": "linear"},
    "splits": {"train_bars": 300, "test_bars": 150},
    "strategy": {"strategy_type": "threshold", "strategy_params": {"column": "probability_1", "enter_long": 0.5}},
    "backtest": {"baselines": {"always_1x": {"strategy_type": "constant_leverage"}}},
}


@pytest.fixture(scope="module")
def trained(modes):
    outcome = modes.run("train", CONFIG)
    assert outcome.status == "completed", outcome.error
    return outcome


def test_a_training_says_that_it_tells_no_row_from_another(trained):
    metrics, text = trained.metrics, " ".join(trained.summary.split())
    assert metrics["n_folds_at_base_rate"] == metrics["n_folds"] == 2
    assert metrics["brier"] < metrics["base_rate_brier"]
    assert (metrics["skill_low"], metrics["skill_high"]) == (0.0, 0.0)
    assert "Verdict The predictions say no more than the base rate alone: they tell no row from another." in text
    assert "better than" not in text


@pytest.mark.parametrize("mode", ["pipeline", "backtest"])
def test_the_verdict_on_its_trades_says_the_same_and_is_no_evidence(modes, trained, mode):
    by_run = {"predictions_run": trained.run_id} if mode == "backtest" else {}
    outcome = modes.run(mode, {**CONFIG, "backtest": {**CONFIG["backtest"], **by_run}})
    assert outcome.status == "completed", outcome.error
    text = " ".join(outcome.summary.split())
    assert "Can the model tell what its label asks? No: it tells no row from another (Brier 0.2481 against" in text
    assert "its predictions say no more than the base rate" in text.split("Verdict NO EVIDENCE")[1]
    assert "better than knowing" not in text
