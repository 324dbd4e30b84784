"""Copies of a model are compared on many rows, and every difference is found and named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import ExportError
from core.contracts.exporter import ModelArtifact
from core.contracts.model import TrainContext
from core.engine.comparison_rows import compare_copy, compare_predictions, comparison_rows, fitted_model_of
from core.engine.fitted_model import FittedModel
from core.engine.model_artifact import load_model_artifact, save_fitted_model
from core.testing.example_model import LeastSquares
from core.testing.training_rows import make_training_data
from plugins.models.linear import Linear


@pytest.fixture
def artifact(tmp_path: Path) -> ModelArtifact:
    model, data = Linear("linear", Linear.Params()), make_training_data("classification")
    model.train(data, None, TrainContext("classification"))
    fitted = FittedModel(model, "classification", tuple(data.features.columns), (0.0, 1.0))
    (tmp_path / "model").mkdir()
    save_fitted_model(fitted, tmp_path / "model", example_features=data.features.iloc[:40])
    return load_model_artifact(tmp_path / "model", lambda: Linear("linear", Linear.Params()))


def probabilities(*higher: float) -> pd.DataFrame:
    share = np.array(higher)
    return pd.DataFrame({"prediction": share.round(), "probability_0": 1.0 - share, "probability_1": share})


def test_the_rows_are_the_same_for_the_same_artifact_and_others_for_another_seed(artifact: ModelArtifact) -> None:
    rows = comparison_rows(artifact, 500)
    pd.testing.assert_frame_equal(rows, comparison_rows(artifact, 500), check_exact=True)
    assert not rows.equals(comparison_rows(artifact, 500, seed=1))


def test_the_rows_bear_the_examples_columns_and_continue_their_bars_in_order(artifact: ModelArtifact) -> None:
    rows = comparison_rows(artifact, 501)
    assert list(rows.columns) == list(artifact.example_features.columns)
    assert (rows.index.names, len(rows)) == (["timestamp", "ticker"], 501)
    assert rows.index.is_unique
    assert rows.index.is_monotonic_increasing
    assert rows.index[0][0] > artifact.example_features.index[-1][0]
    assert set(rows.index.get_level_values("ticker")) == set(artifact.example_features.index.get_level_values(1))


def test_a_fifth_of_the_values_are_examples_to_the_bit_and_a_few_lie_beyond_both_ends(artifact: ModelArtifact) -> None:
    rows, examples = comparison_rows(artifact), artifact.example_features
    for name in rows:
        known = rows[name].dropna()
        assert 0.15 < known.isin(examples[name]).mean() < 0.25
        assert 0.002 < (known < examples[name].min()).mean() < 0.03
        assert 0.002 < (known > examples[name].max()).mean() < 0.03


def test_one_value_in_twenty_is_missing_and_half_of_the_rows_are_complete(artifact: ModelArtifact) -> None:
    missing = comparison_rows(artifact).isna()
    assert 0.045 < missing.to_numpy().mean() < 0.055
    assert not missing.iloc[::2].to_numpy().any()


def test_a_model_that_takes_no_missing_values_gets_none(artifact: ModelArtifact) -> None:
    strict = replace(artifact, model=LeastSquares("least_squares", LeastSquares.Params()))
    assert not comparison_rows(strict, 500).isna().to_numpy().any()


def test_a_column_of_one_value_is_left_to_both_sides_of_it_and_an_unknown_one_stays_unknown(
    artifact: ModelArtifact,
) -> None:
    examples = artifact.example_features.assign(momentum_5=2.0, weekday=np.nan)
    rows = comparison_rows(replace(artifact, example_features=examples))
    assert rows["momentum_5"].min() < 2.0 < rows["momentum_5"].max()
    assert rows["weekday"].isna().all()


def test_an_artifact_without_examples_cannot_be_compared(artifact: ModelArtifact) -> None:
    with pytest.raises(ExportError, match="no example rows"):
        comparison_rows(replace(artifact, example_features=artifact.example_features.iloc[:0]))


def test_the_largest_difference_is_a_share_of_its_columns_largest_value() -> None:
    expected = pd.DataFrame({"prediction": [1.0, 400.0, -200.0]})
    found = pd.DataFrame({"prediction": [1.0, 400.0, -200.2]})
    assert compare_predictions(found, expected, 1e-3) == pytest.approx(0.2 / 400.0)
    with pytest.raises(ExportError, match=r"predicts prediction -200\.2 in row 2 \(2\); the original predicts -200\.0"):
        compare_predictions(found, expected, 1e-4)


def test_the_message_names_the_row_by_its_bar_and_ticker() -> None:
    index = pd.MultiIndex.from_tuples([(pd.Timestamp("2020-01-02", tz="UTC"), "AAPL")], names=["timestamp", "ticker"])
    expected, found = (pd.DataFrame({"prediction": [value]}, index=index) for value in (1.0, 2.0))
    with pytest.raises(ExportError, match=r"in row 0 \(2020-01-02 00:00:00\+00:00, AAPL\)"):
        compare_predictions(found, expected, 1e-9)


@pytest.mark.parametrize("found", [[np.nan, 0.5], [0.2, np.inf]])
def test_a_value_that_is_missing_or_infinite_on_one_side_alone_is_refused(found: list[float]) -> None:
    with pytest.raises(ExportError, match="the original predicts"):
        compare_predictions(pd.DataFrame({"x": found}), pd.DataFrame({"x": [0.2, 0.5]}), 0.1)


def test_values_missing_on_both_sides_are_equal() -> None:
    both = pd.DataFrame({"x": [np.nan, 0.5]})
    assert compare_predictions(both, both.copy(), 0.0) == 0.0


def test_columns_are_told_apart_by_name_and_not_by_place() -> None:
    expected = probabilities(0.2, 0.9)
    assert compare_predictions(expected[["probability_1", "prediction", "probability_0"]], expected, 0.0) == 0.0
    with pytest.raises(ExportError, match="expected were 2 rows of"):
        compare_predictions(expected.drop(columns="probability_0"), expected, 0.0)
    with pytest.raises(ExportError, match="predicts 1 rows"):
        compare_predictions(expected.iloc[:1], expected, 0.0)


def test_of_two_classes_as_likely_as_each_other_either_may_be_called_the_likeliest() -> None:
    expected, found = probabilities(0.5), probabilities(0.5)
    found["prediction"] = 1.0 - expected["prediction"]
    assert compare_predictions(found, expected, 1e-9) == 0.0
    with pytest.raises(ExportError, match="predicts prediction"):
        compare_predictions(probabilities(0.6).assign(prediction=0.0), probabilities(0.6), 1e-9)


def test_a_copy_is_compared_on_the_examples_and_the_drawn_rows(artifact: ModelArtifact) -> None:
    compared = compare_copy(artifact, fitted_model_of(artifact).predict, 0.0)
    assert (compared.n_rows, compared.largest_difference) == (10_040, 0.0)


def test_a_copy_that_errs_on_missing_values_alone_is_found(artifact: ModelArtifact) -> None:
    fitted = fitted_model_of(artifact)
    assert artifact.example_features.notna().all(axis=None)
    with pytest.raises(ExportError, match="the original predicts"):
        compare_copy(artifact, lambda features: fitted.predict(features.fillna(9.0)), 1e-6)


def test_a_drawn_row_is_not_told_as_if_it_were_a_bar(artifact: ModelArtifact) -> None:
    fitted = fitted_model_of(artifact)

    def predict(features: pd.DataFrame) -> pd.DataFrame:
        found = fitted.predict(features)
        found.iloc[50] += 1e6
        return found

    with pytest.raises(
        ExportError, match=r"in drawn row 10, which is made of the examples' values and is no ticker's b"
    ):
        compare_copy(artifact, predict, 1e-6)


def test_an_example_row_is_told_by_its_bar(artifact: ModelArtifact) -> None:
    fitted = fitted_model_of(artifact)

    def predict(features: pd.DataFrame) -> pd.DataFrame:
        found = fitted.predict(features)
        found.iloc[7] += 1e6
        return found

    with pytest.raises(ExportError, match=r"in row 7 of the examples \(\d{4}-\d{2}-\d{2} .*, "):
        compare_copy(artifact, predict, 1e-6)


def test_examples_that_were_saved_otherwise_are_found(artifact: ModelArtifact) -> None:
    wrong = replace(artifact, expected_predictions=artifact.expected_predictions + 1e-3)
    with pytest.raises(ExportError, match="the original predicts"):
        compare_copy(wrong, fitted_model_of(artifact).predict, 1e-6)


def test_an_altered_folder_is_an_export_error(artifact: ModelArtifact) -> None:
    (artifact.folder / "calibration.json").write_text("{}")
    with pytest.raises(ExportError, match=r"cannot be read back .*calibration\.json was altered"):
        fitted_model_of(artifact)
