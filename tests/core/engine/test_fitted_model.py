"""Scores become calibrated predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import qlop

from core.base.errors import DataError
from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel, PayoffMap


class Echo(qlop.ModelPlugin):
    """Predicts what its first features say: the probabilities of classes 0 and 1, or -1, 0 and 1."""

    name = "echo"
    columns = ("probability_0", "probability_1")

    def train(self, data: qlop.TrainingData, validation: qlop.TrainingData | None, context: qlop.TrainContext) -> None:
        raise NotImplementedError

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        frame = features.copy()
        frame.columns = pd.Index(self.columns)
        return frame.assign(prediction=features.iloc[:, 0])

    def save_model(self, folder: object) -> None:
        raise NotImplementedError

    def load_model(self, folder: object) -> None:
        raise NotImplementedError


class Trio(Echo):
    columns = ("probability_-1", "probability_0", "probability_1")


class Reversed(Echo):
    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        return super().predict(features)[::-1]


def binary(**parts: object) -> FittedModel:
    return FittedModel(Echo("echo", qlop.Params()), "classification", ("a", "b"), (0.0, 1.0), **parts)


FEATURES = pd.DataFrame({"a": [0.7, 0.5, np.nan], "b": [0.3, 0.5, 0.4]}, index=[10, 20, 30])


def test_without_calibrators_the_models_own_probabilities_pass() -> None:
    predicted = binary().predict(FEATURES)
    assert predicted["probability_1"].tolist()[:2] == [0.3, 0.5]
    assert list(predicted.columns) == ["prediction", "probability_0", "probability_1"]


def test_a_model_is_at_the_base_rate_where_every_map_is_constant() -> None:
    flat, rising = Calibrator("platt", slope=0.0), Calibrator("platt", slope=1.0)
    assert binary(calibrators=(flat,)).is_at_base_rate
    assert not binary(calibrators=(rising,)).is_at_base_rate
    assert not binary(calibrators=(flat, rising)).is_at_base_rate
    assert not binary().is_at_base_rate


def test_a_tie_goes_to_the_higher_class_and_a_row_without_features_stays_nan() -> None:
    predicted = binary().predict(FEATURES)
    assert predicted["prediction"].tolist()[:2] == [0.0, 1.0]
    assert predicted.loc[30].isna().all()
    assert predicted.index.equals(FEATURES.index)


def test_the_likeliest_class_is_that_after_calibration() -> None:
    lifted = Calibrator("platt", "probability", 1.0, 2.0)
    predicted = binary(calibrators=(lifted,)).predict(FEATURES)
    odds = 0.3 / 0.7 * np.exp(2.0)
    assert predicted["probability_1"].iloc[0] == pytest.approx(odds / (1 + odds), rel=1e-12)
    assert predicted["prediction"].iloc[0] == 1.0
    assert (predicted["probability_0"] + predicted["probability_1"]).tolist()[:2] == [1.0, 1.0]


def test_three_classes_are_scaled_to_sum_one() -> None:
    features = pd.DataFrame({"a": [0.2], "b": [0.5], "c": [0.3]})
    maps = (Calibrator(), Calibrator(), Calibrator("platt", "probability", 1.0, np.log(4.0)))
    model = FittedModel(Trio("trio", qlop.Params()), "classification", ("a", "b", "c"), (-1.0, 0.0, 1.0), maps)
    predicted = model.predict(features)
    higher = 0.3 / 0.7 * 4 / (1 + 0.3 / 0.7 * 4)
    expected = np.array([0.2, 0.5, higher]) / (0.7 + higher)
    assert predicted.iloc[0, 1:].tolist() == pytest.approx(expected.tolist(), rel=1e-12)
    assert predicted["prediction"].tolist() == [1.0]


def test_the_payoff_probability_comes_from_the_raw_score_and_gain_and_loss_are_constants() -> None:
    payoff = PayoffMap(Calibrator("platt", "probability", 2.0, 0.0), 0.04, 0.03)
    predicted = binary(calibrators=(Calibrator("platt", "probability", 1.0, 5.0),), payoff=payoff).predict(FEATURES)
    odds = (0.3 / 0.7) ** 2
    assert predicted["payoff_probability"].iloc[0] == pytest.approx(odds / (1 + odds), rel=1e-12)
    assert predicted[["payoff_gain", "payoff_loss"]].iloc[0].tolist() == [0.04, 0.03]


def test_a_regression_passes_its_value_and_maps_it_to_a_payoff() -> None:
    payoff = PayoffMap(Calibrator("platt", "value", 3.0, 0.0), 0.04, 0.03)
    model = FittedModel(Echo("echo", qlop.Params()), "regression", ("a", "b"), payoff=payoff)
    predicted = model.predict(FEATURES.iloc[:1])
    assert predicted["prediction"].tolist() == [0.7]
    assert predicted["payoff_probability"].tolist() == pytest.approx([1 / (1 + np.exp(-2.1))], rel=1e-12)


def test_a_model_that_reorders_rows_is_caught() -> None:
    model = FittedModel(Reversed("reversed", qlop.Params()), "classification", ("a", "b"), (0.0, 1.0))
    with pytest.raises(DataError, match="'reversed' returned predictions on another index"):
        model.predict(FEATURES)
