"""A trained model that looks at rows which it may not look at is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import qlop
from qlop.testing import make_training_data

from core.base.errors import TrainingError
from core.engine.row_independence import check_rows_stand_alone, rows_to_try
from core.testing.example_model import LeastSquares

if TYPE_CHECKING:
    import pandas as pd

ROWS = make_training_data("regression", seed=2).features


class Demeaning(LeastSquares):
    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        return super().predict(features - features.mean())


class Unknown(LeastSquares):
    """Knows nothing of a row beside few others."""

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        return super().predict(features) * (1.0 if len(features) > 20 else np.nan)


class Rounding(LeastSquares):
    """The last digit depends on the number of rows, and in one row of ten a leaf on the last digit."""

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        predicted = super().predict(features) * (1.0 + 1e-9 * len(features))
        predicted.iloc[::10] += 0.1 * (len(features) % 3)
        return predicted


class Earlier(LeastSquares):
    """The mean of the ticker's rows so far."""

    capabilities = frozenset({"earlier_rows"})

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        return super().predict(features.groupby(level="ticker").expanding().mean().droplevel(0).reindex(features.index))


class Later(LeastSquares):
    capabilities = frozenset({"earlier_rows"})

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        predicted = super().predict(features)
        return predicted - predicted.groupby(level="ticker").transform("last")


def trained(kind: type[LeastSquares]) -> LeastSquares:
    model = kind("mine", kind.Params())
    model.train(make_training_data("regression"), None, qlop.TrainContext("regression"))
    return model


def check(kind: type[LeastSquares], rows: pd.DataFrame = ROWS) -> None:
    model = trained(kind)
    check_rows_stand_alone(model, rows.iloc[rows_to_try(model, np.arange(len(rows)), None)])


@pytest.mark.parametrize("kind", [LeastSquares, Rounding, Earlier])
def test_what_predicts_a_row_by_what_it_may_is_taken(kind: type[LeastSquares]) -> None:
    check(kind)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            Demeaning,
            r"Model 'mine' predicts a row by the rows asked with it: T0. at 20.* among 32 test rows .* 16 of them",
        ),
        (Unknown, r"by the rows asked with it: .* and nan among 16 of them, and so do 100% of the rows"),
        (Later, r"by later rows or other tickers: .* among 128 test rows .* 64 of them"),
    ],
)
def test_what_looks_at_other_rows_is_refused_by_name(kind: type[LeastSquares], said: str) -> None:
    with pytest.raises(TrainingError, match=said):
        check(kind)


@pytest.mark.parametrize("n_rows", [0, 1])
def test_where_there_is_nothing_to_compare_nothing_is_refused(n_rows: int) -> None:
    check(Demeaning, ROWS.iloc[:n_rows])


def test_rows_of_one_stretch_are_tried_where_a_history_may_not_cross() -> None:
    stretch = np.repeat([1, 2, 1], [30, 40, 500])
    chosen = rows_to_try(trained(Earlier), np.arange(1_000, 1_570), stretch)
    assert (len(chosen), chosen[29], chosen[30], chosen[-1]) == (128, 1_029, 1_070, 1_167)
