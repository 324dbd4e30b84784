"""Shuffling a feature raises the error of a model by what the feature tells it, and says nothing of others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.contracts.model import TrainContext
from core.engine.fitted_model import FittedModel
from core.engine.permutation_importances import PERMUTATION, judged_histories, permutation_importances
from core.testing.training_rows import make_training_data
from plugins.models.linear import Linear


class Demanding(Linear):
    """Linear, but rows with missing features are left to the engine."""

    capabilities = frozenset()


def fitted(task: str, kind: type[Linear] = Linear) -> FittedModel:
    data = make_training_data(task)
    model = kind("linear", Linear.Params(penalty_strength=1e-6))
    model.train(data, None, TrainContext(task))
    classes = (0.0, 1.0) if task == "classification" else ()
    return FittedModel(model, task, tuple(data.features.columns), classes)


def test_in_a_linear_regression_the_rise_is_twice_the_variance_that_the_feature_explains() -> None:
    later = make_training_data("regression", 2_000, seed=4)
    model = fitted("regression")
    found = permutation_importances(model, later.features, later.target, seed=1)
    assert found.name == PERMUTATION
    assert found.index.tolist() == list(later.features.columns)
    # E[(y - b x')^2] - E[(y - b x)^2] = 2 b^2 var(x), as x' is drawn anew; b by the model's own coefficients.
    slopes = model.model.feature_importances().to_numpy() / make_training_data("regression").features.std().to_numpy()
    expected = 2.0 * slopes**2 * later.features.var().to_numpy()
    assert found.to_numpy()[:2] == pytest.approx(expected[:2], rel=0.15)
    assert found.to_numpy()[3:].max() < 0.02 * found.max()


def test_classes_are_judged_by_their_probabilities_and_the_same_seed_gives_the_same() -> None:
    later = make_training_data("classification", 2_500, seed=4)
    model = fitted("classification")
    first, second = (permutation_importances(model, later.features, later.target, seed=2) for _ in range(2))
    pd.testing.assert_series_equal(first, second, check_exact=True)
    assert first.nlargest(2).index.tolist() == ["momentum_20", "momentum_5"]
    assert first.ge(0.0).all()


def test_rows_that_the_model_leaves_out_are_not_judged() -> None:
    later = make_training_data("regression", 600, seed=4, missing=0.1)
    found = permutation_importances(fitted("regression", Demanding), later.features, later.target, seed=1)
    assert np.isfinite(found).all()
    assert found.idxmax() == "momentum_20"


def test_a_model_that_reads_earlier_rows_is_judged_by_the_last_rows_of_whole_tickers() -> None:
    few = np.tile([0, 1, 2, 3, 4], 1_000)
    judged = judged_histories(few)
    assert np.unique(few[judged], return_counts=True)[1].tolist() == [1_000, 1_000]
    one = judged_histories(np.zeros(5_000, dtype=np.int8))
    assert one.tolist() == list(range(3_000, 5_000))
    many = judged_histories(np.tile(np.arange(3_000), 100))
    assert len(many) == len(np.unique(many)) <= 2_000
    assert set(np.diff(many[many % 3_000 == many[0] % 3_000])) == {3_000}, "no bar of a ticker is left out"
    assert judged_histories(few[:40]).tolist() == list(range(40)), "few rows are judged by all together"
