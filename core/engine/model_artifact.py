"""A fitted model as a folder that can be checked.

    model.json           the card: what the model is, and the SHA-256 of every other file
    calibration.json     the maps from scores to probabilities
    examples.parquet     example features, and what the calibrated model predicts for them
    model/               the model's own files

1. Saving writes the model's files, the maps and the examples, then the card with their hashes and its own.
2. Loading compares every hash before the model sees a file, and refuses files that the card does not name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.base.errors import DataError
from core.engine.calibration import Calibrator
from core.engine.fitted_model import FittedModel, PayoffMap

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

    from core.contracts.exporter import ModelArtifact
    from core.contracts.model import ModelPlugin

__all__ = ["ModelCard", "load_fitted_model", "load_model_artifact", "read_model_card", "save_fitted_model"]

CARD_FILE = "model.json"
CALIBRATION_FILE = "calibration.json"
EXAMPLES_FILE = "examples.parquet"
MODEL_FOLDER = "model"
FORMAT_VERSION = 1
_EXPECTED = "expected_"


@dataclass(frozen=True)
class ModelCard:
    """What model.json says.

    Attributes
    ----------
    model_type, model_version : str
        The plugin that made the model, and its version.
    model_params : mapping
        Its parameters, as JSON.
    task : str
        "classification" or "regression".
    feature_columns : tuple of str
        What to feed it, in order.
    classes : tuple of float
        The target's classes; empty for a regression.
    description : mapping
        What the run wanted remembered: the features' and the label's config, say.
    files : mapping of str to str
        Each file's SHA-256, by its path in the folder.
    """

    model_type: str
    model_version: str
    model_params: Mapping[str, JsonValue]
    task: Literal["classification", "regression"]
    feature_columns: tuple[str, ...]
    classes: tuple[float, ...]
    description: Mapping[str, JsonValue]
    files: Mapping[str, str]


def save_fitted_model(
    fitted: FittedModel,
    folder: Path,
    *,
    example_features: pd.DataFrame,
    description: Mapping[str, JsonValue] | None = None,
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
        Plain JSON to keep in the card, such as the configs of features and label.

    Raises
    ------
    DataError
        If the folder is not there or not empty.
    """
    if not folder.is_dir() or any(folder.iterdir()):
        raise DataError(f"{folder} is not an existing, empty folder; a model is saved into one.")
    (folder / MODEL_FOLDER).mkdir()
    fitted.model.save_model(folder / MODEL_FOLDER)
    _write_json(folder / CALIBRATION_FILE, _maps_json(fitted))
    expected = fitted.predict(example_features).add_prefix(_EXPECTED)
    example_features.join(expected).to_parquet(folder / EXAMPLES_FILE)
    card: dict[str, JsonValue] = {
        "format_version": FORMAT_VERSION,
        "model_type": type(fitted.model).name,
        "model_version": fitted.model.version,
        "model_params": fitted.model.params.model_dump(mode="json"),
        "task": fitted.task,
        "feature_columns": list(fitted.feature_columns),
        "classes": list(fitted.classes),
        "description": dict(description or {}),
        "files": {name: _sha256(folder / name) for name in _files_of(folder)},
    }
    _write_json(folder / CARD_FILE, {**card, "card_sha256": _card_hash(card)})
    return read_model_card(folder)


def read_model_card(folder: Path) -> ModelCard:
    """Read model.json and compare every file with it.

    Raises
    ------
    DataError
        If the card or a file is missing, altered, or not named by the card.
    """
    raw = _read_json(folder / CARD_FILE)
    if not isinstance(raw, dict) or raw.get("format_version") != FORMAT_VERSION:
        found = raw.get("format_version") if isinstance(raw, dict) else type(raw).__name__
        raise DataError(f"{folder / CARD_FILE} has format_version {found!r}; this QLOP reads {FORMAT_VERSION}.")
    stated = raw.pop("card_sha256", None)
    if stated != _card_hash(raw):
        raise DataError(f"{folder / CARD_FILE} was altered: its own SHA-256 does not match. Train the model again.")
    missing = [field.name for field in fields(ModelCard) if field.name not in raw]
    if missing:
        raise DataError(f"{folder / CARD_FILE} lacks the field {missing[0]!r}; it is not a card that QLOP writes.")
    _check_files(folder, raw["files"])
    return ModelCard(
        model_type=raw["model_type"],
        model_version=raw["model_version"],
        model_params=raw["model_params"],
        task=raw["task"],
        feature_columns=tuple(raw["feature_columns"]),
        classes=tuple(float(label) for label in raw["classes"]),
        description=raw["description"],
        files=raw["files"],
    )


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
    calibrators, payoff = _maps_of(_read_json(folder / CALIBRATION_FILE), folder)
    return FittedModel(model, card.task, card.feature_columns, card.classes, calibrators, payoff)


def load_model_artifact(folder: Path, make_model: Callable[[], ModelPlugin]) -> ModelArtifact:
    """Return a saved model as exporters take it; else as `load_fitted_model`."""
    import pandas as pd

    from core.contracts.exporter import ModelArtifact

    fitted = load_fitted_model(folder, make_model)
    examples = pd.read_parquet(folder / EXAMPLES_FILE)
    columns = list(fitted.feature_columns)
    expected = examples.drop(columns=columns)
    expected.columns = pd.Index([str(name).removeprefix(_EXPECTED) for name in expected.columns])
    metadata = {"model_type": type(fitted.model).name, "model_version": fitted.model.version, "task": fitted.task}
    return ModelArtifact(fitted.model, folder, examples[columns], expected, metadata)


def _maps_json(fitted: FittedModel) -> dict[str, object]:
    payoff = fitted.payoff
    return {
        "calibrators": [calibrator.to_json() for calibrator in fitted.calibrators],
        "payoff": None
        if payoff is None
        else {"calibrator": payoff.calibrator.to_json(), "gain": payoff.gain, "loss": payoff.loss},
    }


def _maps_of(raw: Any, folder: Path) -> tuple[tuple[Calibrator, ...], PayoffMap | None]:  # noqa: ANN401
    try:
        calibrators = tuple(Calibrator.from_json(value) for value in raw["calibrators"])
        payoff = raw["payoff"]
        if payoff is None:
            return calibrators, None
        calibrator = Calibrator.from_json(payoff["calibrator"])
        return calibrators, PayoffMap(calibrator, float(payoff["gain"]), float(payoff["loss"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{folder / CALIBRATION_FILE} is not a calibration that QLOP writes: {error!s:.200}") from error


def _check_files(folder: Path, stated: Mapping[str, str]) -> None:
    found = set(_files_of(folder))
    for name, sha256 in sorted(stated.items()):
        if name not in found:
            raise DataError(f"{folder} lacks the file {name!r} that {CARD_FILE} names.")
        actual = _sha256(folder / name)
        if actual != sha256:
            raise DataError(
                f"{folder / name} was altered: its SHA-256 is {actual[:12]}..., {CARD_FILE} says {sha256[:12]}.... "
                "Train the model again, or fetch the file again."
            )
    unknown = sorted(found - set(stated))
    if unknown:
        raise DataError(f"{folder} holds the file {unknown[0]!r} that {CARD_FILE} does not name; it is not loaded.")


def _files_of(folder: Path) -> list[str]:
    """Return all files but the card, as paths with forward slashes."""
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if path != CARD_FILE)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _card_hash(card: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(card, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, sort_keys=True, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _read_json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as JSON: {error!s:.200}") from error
