"""Scores are those of scikit-learn, and of arithmetic by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn import metrics

from core.engine.prediction_scores import score_predictions


def binary(n_rows: int = 400) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(3)
    p = random.uniform(0.05, 0.95, n_rows).round(2)
    target = (random.random(n_rows) < p).astype(float)
    predictions = pd.DataFrame(
        {"prediction": (p >= 0.5).astype(float), "probability_0": 1 - p, "probability_1": p, "target": target}
    )
    return predictions, pd.DataFrame({"probability_0": 0.6, "probability_1": 0.4}, index=predictions.index)


def test_binary_scores_equal_scikit_learns() -> None:
    predictions, reference = binary()
    found = score_predictions(predictions, reference, "classification")
    y, p = predictions["target"], predictions["probability_1"]
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(y, p), rel=1e-12)
    assert found["base_rate_brier"] == pytest.approx(metrics.brier_score_loss(y, np.full(len(y), 0.4)), rel=1e-12)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, p), rel=1e-12)
    assert found["base_rate_log_loss"] == pytest.approx(metrics.log_loss(y, np.full(len(y), 0.4)), rel=1e-12)
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(y, p), rel=1e-12)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(y, predictions["prediction"]), rel=1e-12)
    assert found["base_rate"] == pytest.approx(y.mean(), rel=1e-12)
    assert found["brier_skill"] == pytest.approx(1 - found["brier"] / found["base_rate_brier"], rel=1e-12)
    assert found["n_rows"] == 400.0


def test_rows_without_target_or_prediction_are_left_out() -> None:
    predictions, reference = binary(50)
    spoiled = predictions.copy()
    spoiled.loc[0, "target"] = np.nan
    spoiled.loc[1, ["prediction", "probability_0", "probability_1"]] = np.nan
    expected = score_predictions(predictions.iloc[2:], reference.iloc[2:], "classification")
    assert score_predictions(spoiled, reference, "classification") == expected


def test_three_classes_have_the_sum_over_classes_as_brier_score() -> None:
    columns = ["probability_-1", "probability_0", "probability_1"]
    predictions = pd.DataFrame([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], columns=columns)
    predictions = predictions.assign(prediction=[-1.0, 1.0], target=[-1.0, 0.0])
    reference = pd.DataFrame(1 / 3, index=[0, 1], columns=columns)
    found = score_predictions(predictions, reference, "classification")
    # (.5 - 1)^2 + .3^2 + .2^2 = .38 and .1^2 + (.1 - 1)^2 + .8^2 = 1.46
    assert found["brier"] == pytest.approx((0.38 + 1.46) / 2, rel=1e-12)
    assert found["log_loss"] == pytest.approx(-(np.log(0.5) + np.log(0.1)) / 2, rel=1e-12)
    assert found["auc"] is None
    assert found["accuracy"] == 0.5
    assert found["base_rate"] == 0.0


def test_regression_scores_equal_scikit_learns() -> None:
    random = np.random.default_rng(4)
    target = random.normal(size=300)
    predictions = pd.DataFrame({"prediction": (0.3 * target + random.normal(size=300)).round(1), "target": target})
    reference = pd.DataFrame({"prediction": 0.1}, index=predictions.index)
    found = score_predictions(predictions, reference, "regression")
    p = predictions["prediction"]
    assert found["rmse"] == pytest.approx(metrics.root_mean_squared_error(target, p), rel=1e-12)
    assert found["base_rmse"] == pytest.approx(np.sqrt(np.mean((target - 0.1) ** 2)), rel=1e-12)
    assert found["r2_out_of_sample"] == pytest.approx(1 - (found["rmse"] / found["base_rmse"]) ** 2, rel=1e-12)
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(target, p), rel=1e-12)
    assert found["correlation"] == pytest.approx(np.corrcoef(p, target)[0, 1], rel=1e-12)
    assert found["rank_correlation"] == pytest.approx(spearmanr(p, target).statistic, rel=1e-12)
    assert found["sign_accuracy"] == pytest.approx((np.sign(p) == np.sign(target)).mean(), rel=1e-12)


def test_what_is_undefined_is_none_and_not_a_number_made_up() -> None:
    predictions, reference = binary(20)
    one_class = score_predictions(predictions.assign(target=1.0), reference, "classification")
    assert one_class["auc"] is None
    nothing = score_predictions(predictions.assign(target=np.nan), reference, "classification")
    assert nothing["n_rows"] == 0.0
    assert {value for name, value in nothing.items() if name != "n_rows"} == {None}
    constant = pd.DataFrame({"prediction": [1.0, 1.0], "target": [0.5, 2.0]})
    assert score_predictions(constant, constant, "regression")["correlation"] is None
