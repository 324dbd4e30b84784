"""No history reaches over a test block, however short it is, and none ends at a night, a weekend or a holiday."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.config.sections import SplitsConfig
from core.engine.fitted_model import FittedModel
from core.engine.label_lives import LabelLives, label_lives
from core.engine.model_answers import rows_of_classes
from core.engine.splits import Fold, final_fold, make_folds
from core.engine.stretches import answer_by_stretch, edges_of_runs, stretches_of
from core.engine.time_blocks import chosen_rows
from core.engine.torch_training.histories import histories_of, usual_longest_gap_us
from core.testing.example_model import LeastSquares
from core.testing.parted_rows import of_two_stretches
from core.testing.training_rows import make_training_data

SEQUENCE_BARS = 20


def sessions(n_sessions: int, n_bars: int, step: str) -> pd.DatetimeIndex:
    """Bars from 14:30 on, in sessions from Thursday, 2026-11-19, on; Thanksgiving of 2026-11-26 is none of them."""
    days = pd.bdate_range("2026-11-19", periods=n_sessions + 1, tz="UTC")
    days = days[days != pd.Timestamp("2026-11-26", tz="UTC")][:n_sessions]
    bars = [pd.date_range(day + pd.Timedelta("14:30:00"), periods=n_bars, freq=step) for day in days]
    return bars[0].append(bars[1:])


MINUTES, HOURS = sessions(8, 390, "min"), sessions(60, 7, "h")
DAYS = pd.bdate_range("2024-01-01", periods=120, tz="UTC")
CASES = {
    "minutes": (MINUTES, 5, SplitsConfig(scheme="purged_k_fold")),
    "minutes, all choices": (MINUTES, 5, SplitsConfig(scheme="combinatorial_purged")),
    "hours, many folds": (HOURS, 2, SplitsConfig(scheme="purged_k_fold", n_folds=20)),
    "days, no embargo": (DAYS, 1, SplitsConfig(scheme="purged_k_fold", n_folds=60, embargo_bars=0)),
    "days, all choices, no embargo": (
        DAYS,
        1,
        SplitsConfig(scheme="combinatorial_purged", n_folds=40, n_test_folds=2, embargo_bars=0),
    ),
    "minutes, forward": (MINUTES, 5, SplitsConfig(train_bars=1_000, test_bars=500)),
}


def labels_on(bars: pd.DatetimeIndex, horizon: int) -> tuple[pd.DataFrame, LabelLives]:
    """Labels of two tickers that live for `horizon` bars."""
    index = pd.MultiIndex.from_product([bars, ["ACME", "ZETA"]], names=["timestamp", "ticker"])
    place = np.repeat(np.arange(len(bars)), 2) + horizon
    is_known = place < len(bars)
    ends = pd.Series(bars[np.minimum(place, len(bars) - 1)], index=index).where(is_known)
    labels = pd.DataFrame({"target": np.where(is_known, 1.0, np.nan), "label_end": ends}, index=index)
    return labels, label_lives(labels, bars)


def histories(fold: Fold, lives: LabelLives, index: pd.Index, rows: np.ndarray) -> list[np.ndarray]:
    """Return the bars, by number, of each row's history."""
    given = pd.DataFrame({"bar": lives.bar[rows]}, index=index[rows])
    numbers = stretches_of(fold.edges, lives, rows)
    stretch = None if numbers is None else pd.Series(numbers, index=given.index)
    found = histories_of(given, SEQUENCE_BARS, usual_longest_gap_us(given, stretch), stretch)
    bars = given["bar"].to_numpy()[found.order]
    return [bars[first : last + 1] for first, last in zip(found.first, found.last, strict=True)]


@pytest.fixture(params=CASES)
def case(request) -> tuple[list[Fold], LabelLives, pd.Index]:
    bars, horizon, config = CASES[request.param]
    labels, lives = labels_on(bars, horizon)
    folds = make_folds(labels, bars, config, lives)
    # A few of many: the first, the last, and the second, which has one block between its two where all are chosen.
    some = np.unique([1, *np.linspace(0, len(folds) - 1, 6).astype(int)])
    return [folds[k] for k in some], lives, labels.index


def test_no_history_of_a_block_reaches_over_a_bar_that_is_not_of_the_block(case) -> None:
    folds, lives, index = case
    for fold in folds:
        for rows in (fold.train, fold.early_stopping, fold.calibration, fold.test):
            for bars in histories(fold, lives, index, rows):
                assert bars[-1] - bars[0] == len(bars) - 1, (fold.number, bars)


def test_a_history_begins_anew_only_where_the_block_skips_bars(case) -> None:
    folds, lives, index = case
    for fold in folds:
        for rows in (fold.train, fold.test):
            begins = [bars[0] for bars in histories(fold, lives, index, rows) if len(bars) == 1]
            known = np.unique(lives.bar[rows])
            expected = known[np.diff(known, prepend=-9) > 1]
            assert sorted(begins) == sorted([*expected, *expected]), (fold.number, "one for each ticker")


def test_the_final_fit_has_no_edges() -> None:
    labels, lives = labels_on(DAYS, 1)
    fold = final_fold(labels, DAYS, SplitsConfig(scheme="purged_k_fold"), lives)
    assert len(fold.edges) == 0
    assert stretches_of(fold.edges, lives, fold.train) is None


def test_a_block_before_its_test_block_is_of_one_stretch() -> None:
    labels, lives = labels_on(DAYS, 1)
    fold = make_folds(labels, DAYS, SplitsConfig(train_bars=80, test_bars=30), lives)[0]
    assert fold.edges.tolist() == [80, 110]
    assert stretches_of(fold.edges, lives, fold.train) is None
    assert stretches_of(fold.edges, lives, fold.train[:0]) is None


def test_where_two_runs_touch_there_is_no_edge() -> None:
    assert edges_of_runs([(3, 5), (5, 9), (12, 14)]).tolist() == [3, 9, 12, 14]
    assert edges_of_runs([]).tolist() == []


class Counting(LeastSquares):
    """Says how many rows of the ticker it was shown up to each row."""

    asked: int = 0

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        self.asked += 1
        return features.groupby(level="ticker").cumcount().to_frame("prediction")


class Reading(Counting):
    """The same, as one that reads earlier rows; rows with a missing feature are left to the engine."""

    capabilities = frozenset({"earlier_rows"})


def test_a_model_that_reads_earlier_rows_is_asked_for_each_stretch_and_answers_in_the_order_of_the_rows() -> None:
    features = make_training_data("regression", 12).features
    model = Reading("reading", Reading.Params())
    found = answer_by_stretch(model, features, np.array([0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 0, 0], dtype=np.int16))
    assert found.index.equals(features.index)
    assert found["prediction"].tolist() == [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 2]
    assert model.asked == 2
    assert answer_by_stretch(model, features, None)["prediction"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert answer_by_stretch(model, features.iloc[:0], np.empty(0, dtype=np.int16)).empty


def test_every_other_model_is_asked_once() -> None:
    features = make_training_data("regression", 12).features
    model = Counting("counting", Counting.Params())
    answer_by_stretch(model, features, np.repeat([0, 1], 6))
    assert model.asked == 1


def test_a_row_that_lacks_a_feature_is_passed_over_and_moves_no_other_into_another_stretch() -> None:
    features = make_training_data("regression", 12).features.copy()
    features.iloc[[2, 6], 0] = np.nan
    fitted = FittedModel(Reading("reading", Reading.Params()), "regression", tuple(features.columns))
    found = fitted.predict(features, np.repeat([0, 1], 6))["prediction"]
    np.testing.assert_array_equal(found, [0, 0, np.nan, 1, 1, 2, np.nan, 0, 0, 1, 1, 2])


def test_rows_that_are_chosen_keep_their_stretches() -> None:
    data = of_two_stretches(make_training_data("classification", 20))
    for found in (chosen_rows(data, (data.target == 1.0).to_numpy()), rows_of_classes(data, [1.0])):
        assert found is not None
        pd.testing.assert_series_equal(found.stretch, data.stretch[data.target == 1.0])
