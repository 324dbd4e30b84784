"""A fitted model as a folder that can be checked.

    model.json           the card: what the model is, and the SHA-256 of every other file
    calibration.json     the maps from scores to probabilities
    examples.parquet     example features, and what the calibrated model predicts for them
    model/               the model's own files

1. Saving writes the model's files, the maps and the examples, then the card with their hashes and its own.
2. Loading compares every hash before the model sees a file, and refuses files that the card does not name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import DataError
from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel, PayoffMap
from core.engine.foreign_paths import config_without_folders, shown_params
from core.engine.model_card import CARD_FILE, ModelCard, read_json, read_model_card, write_json, write_model_card

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

    from core.contracts.exporter import ModelArtifact
    from core.contracts.model import ModelPlugin
    from core.engine.learned_span import LearnedSpan

__all__ = [
    "CALIBRATION_FILE",
    "ModelCard",
    "calibration_of",
    "load_example_rows",
    "load_fitted_model",
    "load_model_artifact",
    "read_model_card",
    "save_fitted_model",
]

CALIBRATION_FILE = "calibration.json"
EXAMPLES_FILE = "examples.parquet"
MODEL_FOLDER = "model"
_EXPECTED = "expected_"


def save_fitted_model(
    fitted: FittedModel,
    folder: Path,
    *,
    example_features: pd.DataFrame,
    description: Mapping[str, JsonValue] | None = None,
    learned: LearnedSpan | None = None,
) -> ModelCard:
    """Write a fitted model into an existing, empty folder; the same model gives the same bytes.

    Parameters
    ----------
    fitted : FittedModel
        What to save.
    folder : Path
        Existing and empty.
    example_features : DataFrame
        Rows that a copy is checked on later; their predictions are computed here.
    description : mapping, optional
        Plain JSON to keep in the card, such as the configs of features and label. Files that plugins' parameters name
        are named in the card without their folders.
    learned : LearnedSpan, optional
        From which bars the model learned; a model that does not say it cannot be backtested from its file.

    Raises
    ------
    DataError
        If the folder is not there or not empty.
    """
    if not folder.is_dir() or any(folder.iterdir()):
        raise DataError(f"{folder} is not an existing, empty folder; a model is saved into one.")
    (folder / MODEL_FOLDER).mkdir()
    fitted.model.save_model(folder / MODEL_FOLDER)
    write_json(folder / CALIBRATION_FILE, _maps_json(fitted))
    expected = fitted.predict(example_features).add_prefix(_EXPECTED)
    example_features.join(expected).to_parquet(folder / EXAMPLES_FILE)
    card = ModelCard(
        model_type=type(fitted.model).name,
        model_version=fitted.model.version,
        model_params=shown_params(fitted.model),
        task=fitted.task,
        feature_columns=fitted.feature_columns,
        classes=fitted.classes,
        description=config_without_folders(description or {}),
        files={},
        learned=learned,
    )
    return write_model_card(card, folder)


def load_fitted_model(folder: Path, make_model: Callable[[], ModelPlugin]) -> FittedModel:
    """Restore what `save_fitted_model` wrote.

    Parameters
    ----------
    folder : Path
        The model's folder.
    make_model : callable
        Returns a new, untrained model of the card's `model_type` with the card's `model_params`.

    Raises
    ------
    DataError
        If a file was altered, or `make_model` makes another kind of model.
    """
    card = read_model_card(folder)
    model = make_model()
    if type(model).name != card.model_type:
        raise DataError(
            f"{folder} holds a model of {card.model_type!r}, but {type(model).name!r} was asked to load it."
        )
    model.load_model(folder / MODEL_FOLDER)
    calibrators, payoff = calibration_of(read_json(folder / CALIBRATION_FILE), folder / CALIBRATION_FILE)
    return FittedModel(model, card.task, card.feature_columns, card.classes, calibrators, payoff)


def load_example_rows(folder: Path, feature_columns: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a saved model's example features, and what it predicted for them when it was saved.

    Raises
    ------
    DataError
        If the examples cannot be read, or lack a feature.
    """
    import pandas as pd

    try:
        examples = pd.read_parquet(folder / EXAMPLES_FILE).astype("float64")
    except (OSError, TypeError, ValueError) as error:
        raise DataError(f"{folder / EXAMPLES_FILE} cannot be read: {error!s:.200}") from error
    columns = list(feature_columns)
    missing = [name for name in columns if name not in examples]
    if missing:
        raise DataError(f"{folder / EXAMPLES_FILE} lacks the feature {missing[0]!r} that {CARD_FILE} names.")
    expected = examples.drop(columns=columns)
    expected.columns = pd.Index([str(name).removeprefix(_EXPECTED) for name in expected.columns])
    return examples[columns], expected


def load_model_artifact(folder: Path, make_model: Callable[[], ModelPlugin]) -> ModelArtifact:
    """Return a saved model as exporters take it; else as `load_fitted_model` and `load_example_rows`."""
    from core.contracts.exporter import ModelArtifact

    fitted = load_fitted_model(folder, make_model)
    features, expected = load_example_rows(folder, fitted.feature_columns)
    metadata = {"model_type": type(fitted.model).name, "model_version": fitted.model.version, "task": fitted.task}
    return ModelArtifact(fitted.model, folder, features, expected, metadata)


def _maps_json(fitted: FittedModel) -> dict[str, object]:
    payoff = fitted.payoff
    return {
        "calibrators": [calibrator.to_json() for calibrator in fitted.calibrators],
        "payoff": None
        if payoff is None
        else {"calibrator": payoff.calibrator.to_json(), "gain": payoff.gain, "loss": payoff.loss},
    }


def calibration_of(raw: Any, path: Path) -> tuple[tuple[Calibrator, ...], PayoffMap | None]:  # noqa: ANN401
    """Return the calibrators and the payoff map that calibration.json says.

    Raises
    ------
    DataError
        If it is not of the form that QLOP writes; the message names `path`.
    """
    try:
        calibrators = tuple(Calibrator.from_json(value) for value in raw["calibrators"])
        payoff = raw["payoff"]
        if payoff is None:
            return calibrators, None
        calibrator = Calibrator.from_json(payoff["calibrator"])
        return calibrators, PayoffMap(calibrator, float(payoff["gain"]), float(payoff["loss"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is not a calibration that QLOP writes: {error!s:.200}") from error
