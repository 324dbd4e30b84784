"""What the summaries of training and export say, from plain figures."""

from datetime import date
from pathlib import Path

import pytest

from core.contracts.exporter import ExportResult
from core.engine.export_summary import write_export_summary
from core.engine.learned_elsewhere import LearnedElsewhere
from core.engine.training_summary import TrainingFacts, write_training_summary

CLASSES = {
    "n_rows": 1200.0,
    "n_folds": 4.0,
    "base_rate": 0.55,
    "brier": 0.24,
    "base_rate_brier": 0.25,
    "auc": 0.56,
    "effective_sample_size": 200.0,
    "effective_sample_size_pooled": 100.0,
    "skill_low": 0.01,
    "skill_high": 0.07,
}
VALUES = {"n_rows": 1200.0, "n_folds": 4.0, "rmse": 0.05, "base_rmse": 0.04, "r2_out_of_sample": -0.56}


def summary_of(metrics, learned_elsewhere=None):
    first_bar, last_bar = date(2020, 1, 2), date(2021, 1, 4)
    facts = TrainingFacts("T", "linear", "direction", ("AAA",), first_bar, last_bar, metrics, learned_elsewhere)
    text = write_training_summary(facts)
    assert max(map(len, text.splitlines())) <= 96
    return " ".join(text.split())


def test_a_model_that_predicts_is_told_by_how_much_and_not_that_it_pays():
    said = summary_of(CLASSES)
    assert "0.2400, the base rate's 0.2500" in said
    assert "4.00 % better than the base rate alone, beyond chance (95 % interval 1.00 % to 7.00 %)" in said
    assert "backtest them" in said


def test_scores_that_are_no_test_are_called_so_before_they_are_judged():
    said = summary_of(CLASSES, LearnedElsewhere(None, date(2020, 1, 2)))
    assert "Predictions, not known to be out of sample, 2020-01-02" in said
    assert "Verdict These scores are NO TEST: the model learned elsewhere" in said
    assert "Whether they are so on bars that the model has not seen is not known." in said
    assert "backtest them" not in said
    assert summary_of(CLASSES, LearnedElsewhere(date(2020, 1, 1), date(2020, 1, 2))) == summary_of(CLASSES)


@pytest.mark.parametrize("brier", [0.25, 0.26])
def test_a_model_that_is_not_better_than_the_base_rate_is_called_so(brier):
    assert "no better than the base rate alone" in summary_of({**CLASSES, "brier": brier})


def test_a_regression_is_scored_beside_the_mean():
    said = summary_of(VALUES)
    assert "0.05000, that of the training mean 0.04000" in said
    assert "-0.5600" in said
    assert "no better than the training mean alone" in said
    assert "Brier" not in said


def test_a_gain_that_may_be_chance_is_called_so_and_asks_for_no_backtest():
    said = summary_of({**CLASSES, "skill_low": -0.01, "skill_high": 0.09})
    told = "That the predictions are 4.00 % better than the base rate alone may be chance"
    assert f"Verdict {told} (95 % interval -1.00 % to 9.00 %)." in said
    assert "backtest" not in said


def test_an_interval_that_leaves_the_gap_of_silent_folds_out_says_so():
    said = summary_of({**CLASSES, "n_folds_at_base_rate": 2.0, "skill_low": -0.01, "skill_high": 0.005})
    assert "(95 % interval -1.00 % to 0.50 %, counting silent folds as no gain)" in said


def test_a_model_that_is_silent_in_all_folds_is_never_called_better():
    said = summary_of({**CLASSES, "n_folds_at_base_rate": 4.0, "skill_low": 0.0, "skill_high": 0.0})
    assert "Verdict The predictions say no more than the base rate alone: they tell no row from another." in said
    assert "better than" not in said
    constant = summary_of({**VALUES, "base_rmse": 0.06, "skill_low": 0.0, "skill_high": 0.0})
    assert "Verdict The predictions say no more than the training mean alone" in constant


def test_a_model_that_is_worse_than_the_base_rate_beyond_chance_is_called_so():
    said = summary_of({**CLASSES, "brier": 0.26, "skill_low": -0.07, "skill_high": -0.01})
    assert "no better than the base rate alone, and worse beyond chance (95 % interval -7.00 % to -1.00 %)." in said


def test_nothing_to_score_is_said():
    assert "There is no score" in summary_of({"n_rows": 0.0, "n_folds": 2.0, "brier": None, "base_rate_brier": None})


def test_an_export_without_a_word_on_loading_has_no_line_for_it():
    result = ExportResult(Path("model.x"), rows_compared=64, largest_difference=1e-7, tolerance=1e-6)
    options = {"model": "linear", "model_run": "r1", "file": "artifacts/export/model.x", "size_bytes": 8401}
    text = write_export_summary("T", result, **options, loading="")
    assert "artifacts/export/model.x, 8,401 bytes" in text
    assert "64 rows predicted again, largest difference 1e-07; up to 1e-06 is allowed" in text
    assert "To load it" not in text
