"""A model that was just saved must come back from its own file."""

import json

import pandas as pd
import pytest

from core.base.errors import DataError, TrainingError
from core.contracts.model import TrainContext
from core.engine.example_answers import check_kept_model, other_answer
from core.engine.fitted_model import FittedModel
from core.engine.model_artifact import save_fitted_model
from core.testing.example_model import LeastSquares
from core.testing.training_rows import make_training_data


class Unreadable(LeastSquares):
    """Takes its own files for another's."""

    def load_model(self, folder):
        raise DataError(f"{folder} holds no least_squares model.")


class Forgetful(LeastSquares):
    """Does not save its intercept."""

    def save_model(self, folder):
        super().save_model(folder)
        state = json.loads((folder / "least_squares.json").read_text())
        state["coefficients"][0] = 0.0
        (folder / "least_squares.json").write_text(json.dumps(state))


def saved(model_class, folder):
    model, data = model_class("least_squares", LeastSquares.Params()), make_training_data("regression")
    model.train(data, None, TrainContext("regression"))
    fitted = FittedModel(model, "regression", tuple(data.features.columns))
    save_fitted_model(fitted, folder, example_features=data.features.iloc[:20])
    return model.untrained_copy


def test_a_model_that_comes_back_is_not_complained_of(tmp_path):
    check_kept_model(tmp_path, saved(LeastSquares, tmp_path))


@pytest.mark.parametrize(
    ("model_class", "said"),
    [
        (Unreadable, "what was saved of it cannot be read: .* holds no least_squares model"),
        (Forgetful, r"it predicts prediction .* where it was saved \(20 of 20 rows so\)"),
    ],
)
def test_one_that_does_not_is_told_and_stays_where_it_was_saved(tmp_path, model_class, said):
    make_model = saved(model_class, tmp_path)
    with pytest.raises(TrainingError, match=f"{said}.*are kept in {tmp_path}"):
        check_kept_model(tmp_path, make_model)
    assert (tmp_path / "model" / "least_squares.json").is_file()


def test_other_columns_are_another_answer():
    found, expected = pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]})
    assert other_answer(found, expected) == "predicts the columns ['a'], and predicted ['b'] where it was saved"


def test_a_missing_value_in_both_is_the_same_answer():
    frame = pd.DataFrame({"a": [1.0, float("nan")]})
    assert other_answer(frame, frame.copy()) == ""
