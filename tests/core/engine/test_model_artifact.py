"""A saved model predicts the same bits after loading, and an altered one is refused with the reason."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import qlop

from core.base.errors import DataError
from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel, PayoffMap
from core.engine.learned_span import LearnedSpan
from core.engine.model_artifact import load_fitted_model, load_model_artifact, read_model_card, save_fitted_model
from core.engine.model_example import example_rows
from plugins.models.linear import Linear
from plugins.models.xgboost import XGBoost


def rows(n_rows: int = 300) -> tuple[pd.DataFrame, pd.Series]:
    random = np.random.default_rng(2)
    timestamps = pd.date_range("2020-01-01", periods=n_rows, tz="UTC")
    index = pd.MultiIndex.from_product([timestamps, ["AAPL"]], names=["timestamp", "ticker"])
    features = pd.DataFrame(random.normal(size=(n_rows, 3)), index=index, columns=["mom_5", "mom_20", "vol"])
    return features, (features["mom_5"] + random.normal(size=n_rows) > 0).astype(float)


def make_xgboost() -> XGBoost:
    return XGBoost("xgboost", XGBoost.Params(n_estimators=20, min_child_weight=1.0))


@pytest.fixture
def fitted() -> FittedModel:
    features, target = rows()
    model = make_xgboost()
    model.train(qlop.TrainingData(features, target), None, qlop.TrainContext("classification"))
    raw = model.predict(features)["probability_1"]
    platt = Calibrator.fit(raw, target == 1.0, method="platt")
    isotonic = Calibrator.fit(raw, target == 1.0, method="isotonic")
    payoff = PayoffMap(isotonic, 0.031, 0.027)
    return FittedModel(model, "classification", tuple(features.columns), (0.0, 1.0), (platt,), payoff)


@pytest.fixture
def folder(fitted: FittedModel, tmp_path: Path) -> Path:
    made = tmp_path / "saved"
    made.mkdir()
    examples = example_rows(rows()[0], accepts_missing=True)
    save_fitted_model(fitted, made, example_features=examples, description={"label": {"labeler_type": "direction"}})
    return made


def test_a_loaded_model_predicts_every_bit_as_the_original(fitted: FittedModel, folder: Path) -> None:
    features, _ = rows()
    loaded = load_fitted_model(folder, make_xgboost)
    pd.testing.assert_frame_equal(loaded.predict(features), fitted.predict(features), check_exact=True)
    assert loaded.payoff == fitted.payoff


def test_the_card_says_what_the_model_is(folder: Path) -> None:
    card = read_model_card(folder)
    assert (card.model_type, card.model_version, card.task) == ("xgboost", XGBoost.version, "classification")
    assert card.feature_columns == ("mom_5", "mom_20", "vol")
    assert card.classes == (0.0, 1.0)
    assert card.model_params["n_estimators"] == 20
    assert card.description == {"label": {"labeler_type": "direction"}}
    assert sorted(card.files) == ["calibration.json", "examples.parquet", "model/booster.ubj", "model/xgboost.json"]


def test_the_artifact_holds_examples_and_what_is_expected_of_them(fitted: FittedModel, folder: Path) -> None:
    artifact = load_model_artifact(folder, make_xgboost)
    assert artifact.example_features.isna().any(axis=None)
    expected = fitted.predict(artifact.example_features)
    pd.testing.assert_frame_equal(artifact.expected_predictions, expected, check_exact=True)
    assert artifact.metadata == {"model_type": "xgboost", "model_version": "1.0.0", "task": "classification"}


@pytest.mark.parametrize("name", ["calibration.json", "examples.parquet", "model/booster.ubj", "model/xgboost.json"])
def test_an_altered_file_is_refused_by_its_name(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 0x01
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{name} was altered: its SHA-256 is"):
        load_fitted_model(folder, make_xgboost)


def test_an_altered_card_is_refused(folder: Path) -> None:
    card = json.loads((folder / "model.json").read_text())
    card["feature_columns"] = ["vol", "mom_5", "mom_20"]
    (folder / "model.json").write_text(json.dumps(card))
    with pytest.raises(DataError, match=r"model\.json was altered"):
        load_fitted_model(folder, make_xgboost)


def with_card(folder: Path, **changes: object) -> None:
    """Write another card whose own hash is right; a change to ... leaves the field out."""
    card = {**json.loads((folder / "model.json").read_text()), **changes, "card_sha256": ...}
    card = {name: value for name, value in card.items() if value is not ...}
    sha256 = hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
    (folder / "model.json").write_text(json.dumps({**card, "card_sha256": sha256}))


def test_a_model_of_the_first_format_is_loaded_and_does_not_say_what_it_learned_from(
    fitted: FittedModel, folder: Path
) -> None:
    with_card(folder, format_version=1, learned=...)
    features, _ = rows()
    loaded = load_fitted_model(folder, make_xgboost)
    pd.testing.assert_frame_equal(loaded.predict(features), fitted.predict(features), check_exact=True)
    assert read_model_card(folder).learned is None


def test_the_card_keeps_from_which_bars_the_model_learned(fitted: FittedModel, tmp_path: Path) -> None:
    learned = LearnedSpan(pd.Timestamp("2020-01-05", tz="UTC"), pd.Timestamp("2020-09-01 14:30", tz="UTC"), 240)
    (tmp_path / "spanned").mkdir()
    card = save_fitted_model(fitted, tmp_path / "spanned", example_features=rows()[0].iloc[:9], learned=learned)
    assert card.learned == learned
    assert json.loads((tmp_path / "spanned" / "model.json").read_text())["format_version"] == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"feature_columns": "mom_5"}, "feature_columns is 'mom_5'; it must be a list"),
        ({"classes": ["up"]}, "classes.0 is 'up'; it must be a number"),
        ({"files": []}, "files is .*; it must be a mapping"),
        ({"learned": {"until": "2020-01-01"}}, "is no span of bars"),
        ({"learned": {"first_bar": "2020-01-01", "until": "2020-02-01", "n_rows": 1}}, "is no span of bars"),
        (
            {"learned": {"first_bar": "2020-02-01T00:00Z", "until": "2020-01-01T00:00Z", "n_rows": 1}},
            "learned.until is 2020-01-01 .* before learned.first_bar",
        ),
    ],
)
def test_a_card_of_other_types_is_refused_by_the_field(folder: Path, changes: dict[str, object], said: str) -> None:
    with_card(folder, **changes)
    with pytest.raises(DataError, match=said):
        read_model_card(folder)


def test_a_missing_and_an_unknown_file_are_refused(folder: Path) -> None:
    (folder / "model" / "extra.py").write_text("print()")
    with pytest.raises(DataError, match=r"holds the file 'model/extra\.py'"):
        load_fitted_model(folder, make_xgboost)
    (folder / "model" / "extra.py").unlink()
    (folder / "model" / "booster.ubj").unlink()
    with pytest.raises(DataError, match=r"lacks the file 'model/booster\.ubj'"):
        load_fitted_model(folder, make_xgboost)


def test_a_card_that_lacks_a_field_is_refused_even_where_its_hash_is_right(folder: Path) -> None:
    card = {"format_version": 1, "files": {}}
    sha256 = hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
    (folder / "model.json").write_text(json.dumps({**card, "card_sha256": sha256}))
    with pytest.raises(DataError, match="lacks the field 'model_type'"):
        read_model_card(folder)


@pytest.mark.parametrize("content", ["", "[]", '{"format_version": 99}', "{", '{"a": NaN}', "[" * 100_000])
def test_a_card_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / "model.json").write_text(content)
    with pytest.raises(DataError, match=r"model\.json (cannot be read as JSON|has format_version)"):
        load_fitted_model(folder, make_xgboost)


def test_another_kind_of_model_may_not_load_it(folder: Path) -> None:
    with pytest.raises(DataError, match="holds a model of 'xgboost', but 'linear' was asked"):
        load_fitted_model(folder, lambda: Linear("linear", Linear.Params()))


def test_a_model_is_saved_into_an_empty_folder_only(fitted: FittedModel, folder: Path) -> None:
    for place in (folder, folder / "nowhere"):
        with pytest.raises(DataError, match="not an existing, empty folder"):
            save_fitted_model(fitted, place, example_features=rows()[0])


def test_example_rows_are_spread_over_the_history_and_some_lack_a_feature() -> None:
    features, _ = rows(1_000)
    examples = example_rows(features, accepts_missing=True)
    assert len(examples) == 64
    assert (examples.index[0], examples.index[-1]) == (features.index[0], features.index[-1])
    assert examples.isna().any(axis=1).sum() == 16
    assert examples.isna().sum().min() >= 5


def test_example_rows_have_no_hole_where_the_model_takes_none() -> None:
    features, _ = rows(10)
    features.iloc[3, 1] = np.nan
    examples = example_rows(features, accepts_missing=False)
    assert len(examples) == 9
    assert examples.notna().all(axis=None)
