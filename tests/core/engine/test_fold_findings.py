from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.engine.fold_findings import fold_findings


def predictions_of(*folds):
    """Rows of folds that are given by their probabilities."""
    rows = [(number, p) for number, fold in enumerate(folds) for p in fold]
    times = pd.date_range("2020-01-01", periods=len(rows), tz="UTC")
    index = pd.MultiIndex.from_arrays([times, ["A"] * len(rows)], names=["timestamp", "ticker"])
    probability = np.array([p for _, p in rows])
    return pd.DataFrame(
        {"probability_0": 1.0 - probability, "probability_1": probability, "fold": [number for number, _ in rows]},
        index=index,
    )


def scores_of(*auc):
    return pd.DataFrame({"fold": range(len(auc)), "auc": auc})


def test_folds_that_give_one_probability_to_all_rows_are_counted():
    predictions = predictions_of([0.4, 0.4, 0.4], [0.4, 0.41], [0.6, np.nan, 0.6], [0.3])
    found = fold_findings(predictions, scores_of(0.5, 0.6, 0.5, np.nan))
    assert found["n_folds_at_base_rate"] == 2.0


def test_the_mean_of_the_folds_auc_is_not_that_of_the_pooled_rows():
    """Each fold ranks its rows well, and its base rate moves against the next one's."""
    predictions = predictions_of([0.8, 0.9], [0.1, 0.2])
    found = fold_findings(predictions, scores_of(1.0, 0.5))
    assert found["auc_fold_mean"] == pytest.approx(0.75)
    assert found["n_folds_at_base_rate"] == 0.0


def test_folds_without_an_auc_are_left_out_of_the_mean():
    predictions = predictions_of([0.8, 0.9], [0.1, 0.2])
    assert fold_findings(predictions, scores_of(0.7, np.nan))["auc_fold_mean"] == pytest.approx(0.7)
    assert fold_findings(predictions, scores_of(np.nan, np.nan))["auc_fold_mean"] is None


def test_a_regression_has_no_such_findings():
    predictions = predictions_of([0.8, 0.9]).drop(columns=["probability_0", "probability_1"])
    assert fold_findings(predictions, scores_of(0.5).drop(columns="auc")) == {}
