"""Training tells a model that reads earlier rows where its rows are parted, and asks it about each stretch by itself."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import qlop

from core.config.sections import SplitsConfig, TrainModelConfig
from core.engine.features import FeaturePipeline
from core.engine.training import TrainingResult, TrainingTask, train_model
from core.testing.example_model import LeastSquares

N_BARS, TICKERS, HORIZON = 240, ["ACME", "ZETA"], 3
SCHEMES = {
    "purged_k_fold": SplitsConfig(scheme="purged_k_fold", embargo_bars=0),
    "combinatorial_purged": SplitsConfig(scheme="combinatorial_purged", n_folds=6, n_test_folds=2),
}


class Bars(qlop.FeatureStepPlugin):
    """The number of each row's bar."""

    name = "bar"

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        return data.groupby(level="ticker").cumcount().astype("float64").to_frame(self.name)


class Noting(LeastSquares):
    """Keeps which rows it was given, and which it was asked about."""

    capabilities = frozenset({"earlier_rows", "early_stopping"})
    made: ClassVar[list[Noting]] = []

    def __init__(self, name: str, params: qlop.Params) -> None:
        super().__init__(name, params)
        self.given: list[qlop.TrainingData] = []
        self.asked: list[pd.DataFrame] = []

    def train(self, data, validation, context) -> None:
        Noting.made.append(self)
        self.given = [data, validation]
        super().train(data, validation, context)

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        self.asked.append(features)
        return super().predict(features)


class Aloof(Noting):
    capabilities = frozenset({"early_stopping"})


def result_of(model: type[Noting], splits: SplitsConfig, n_bars: int = N_BARS) -> TrainingResult:
    bars = pd.date_range("2026-11-23 14:30", periods=n_bars, freq="min", tz="UTC")
    index = pd.MultiIndex.from_product([bars, TICKERS], names=["timestamp", "ticker"])
    place = np.repeat(np.arange(n_bars), len(TICKERS)) + HORIZON
    ends = pd.Series(bars[np.minimum(place, n_bars - 1)], index=index).where(place < n_bars)
    target = np.where(place < n_bars, np.sin(place * 0.7), np.nan)
    prices = dict.fromkeys(("open", "high", "low", "close"), 100.0)
    Noting.made.clear()
    return train_model(
        TrainingTask(
            data=pd.DataFrame({**prices, "volume": 1.0}, index=index),
            labels=pd.DataFrame({"target": target, "label_end": ends, "payoff": target}, index=index),
            pipeline=FeaturePipeline([Bars("bar", Bars.Params())]),
            make_model=lambda: model(model.name, model.Params()),
            task="regression",
            splits=splits,
            model=TrainModelConfig(model_type=model.name, calibration="off"),
        )
    )


def assert_without_holes(features: pd.DataFrame) -> None:
    minutes = pd.Series(features.index.get_level_values("timestamp"), index=features.index)
    steps = minutes.groupby(level="ticker").diff().dropna()
    assert (steps == pd.Timedelta(minutes=1)).all(), "a history among these rows would leap over bars"


@pytest.mark.parametrize("splits", SCHEMES.values(), ids=SCHEMES)
def test_within_a_stretch_no_bar_is_missing_and_no_question_leaps_over_one(splits: SplitsConfig) -> None:
    result_of(Noting, splits)
    parted = 0
    for model in Noting.made:
        for data in model.given:
            assert data.stretch is None or data.stretch.index.equals(data.features.index)
            numbers = np.zeros(len(data.target)) if data.stretch is None else data.stretch.to_numpy()
            assert (np.diff(numbers) >= 0).all()
            parted += len(np.unique(numbers)) > 1
            for number in np.unique(numbers):
                assert_without_holes(data.features[numbers == number])
        for asked in model.asked:
            assert_without_holes(asked)
    assert parted > 2, "some training rows lie on either side of a test block"


@pytest.mark.parametrize("splits", SCHEMES.values(), ids=SCHEMES)
def test_predictions_are_the_same_rows_in_the_same_order_as_of_a_model_that_is_asked_once(splits: SplitsConfig) -> None:
    found = result_of(Noting, splits)
    n_questions = sum(len(model.asked) for model in Noting.made)
    expected = result_of(Aloof, splits)
    pd.testing.assert_frame_equal(found.predictions, expected.predictions, rtol=1e-12)
    n_asked_at_once = sum(len(model.asked) for model in Noting.made)
    assert (n_questions > n_asked_at_once) == (splits.scheme == "combinatorial_purged")


def test_importances_by_shuffling_are_judged_by_whole_histories() -> None:
    result_of(Noting, SplitsConfig(train_bars=2_600, test_bars=200, calibration_fraction=0.45), 2_800)
    final = Noting.made[-1]
    assert len(final.asked) == 5, "the calibration rows, and what is judged: as it is, and shuffled three times"
    assert [len(asked) for asked in final.asked] == [2_514, 1_257, 1_257, 1_257, 1_257]
    for asked in final.asked:
        assert_without_holes(asked)
