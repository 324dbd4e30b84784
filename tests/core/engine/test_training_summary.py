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
    assert "4.00 % better than the base rate alone" in said
    assert "backtest them" in said


def test_scores_that_are_no_test_are_called_so_before_they_are_judged():
    said = summary_of(CLASSES, LearnedElsewhere(None, date(2020, 1, 2)))
    assert "Predictions, not known to be out of sample, 2020-01-02" in said
    assert "Verdict These scores are NO TEST: the model learned elsewhere" in said
    assert summary_of(CLASSES, LearnedElsewhere(date(2020, 1, 1), date(2020, 1, 2))) == summary_of(CLASSES)


@pytest.mark.parametrize("brier", [0.25, 0.26])
def test_a_model_that_is_not_better_than_the_base_rate_is_called_so(brier):
    assert "no better than the base rate alone" in summary_of({**CLASSES, "brier": brier})


def test_a_regression_is_scored_beside_the_mean():
    said = summary_of(VALUES)
    assert "0.05000, that of the training mean 0.04000" in said
    assert "-0.5600" in said
    assert "no better than the mean of the training rows alone" in said
    assert "Brier" not in said


def test_nothing_to_score_is_said():
    assert "There is no score" in summary_of({"n_rows": 0.0, "n_folds": 2.0, "brier": None, "base_rate_brier": None})


def test_an_export_without_a_word_on_loading_has_no_line_for_it():
    result = ExportResult(Path("model.x"), rows_compared=64, largest_difference=1e-7, tolerance=1e-6)
    options = {"model": "linear", "model_run": "r1", "file": "artifacts/export/model.x", "size_bytes": 8401}
    text = write_export_summary("T", result, **options, loading="")
    assert "artifacts/export/model.x, 8,401 bytes" in text
    assert "64 rows predicted again, largest difference 1e-07; up to 1e-06 is allowed" in text
    assert "To load it" not in text
