"""A model as a joblib file with a signature behind it: whoever unpickles a file runs what is in it.

    joblib's bytes       a dictionary of plain values and the library's own trained object
    the signature        JSON: the signer's public key, and the signature over the bytes before
    eight bytes          the length of that JSON, big-endian
    QLOP-SIGNED-1        the mark, to the end of the file

1. Reading takes all bytes into memory once, and refuses a file that is not signed, was altered, or was signed by a key
   that does not count. Only then, and only from those bytes, is anything unpickled.
2. What comes out must predict the example rows that travel in it as it did where it was written.
joblib.load(path) alone reads the file as well, since it stops where its own bytes end; it checks nothing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core.base.errors import DataError, ExportError
from core.engine.comparison_rows import compare_predictions
from core.engine.fitted_model import FittedModel
from core.engine.library_model import LibraryModel
from core.engine.model_artifact import CALIBRATION_FILE, calibration_of
from core.engine.model_card import read_json, read_model_card
from core.engine.signature import Signature, sign, signed_by

if TYPE_CHECKING:
    from core.contracts.exporter import ModelArtifact
    from core.contracts.model import ModelPlugin

__all__ = ["SignedModel", "read_signed_joblib", "write_signed_joblib"]

PURPOSE = "joblib"
_MARK = b"QLOP-SIGNED-1"
_LENGTH_BYTES = 8
_LONGEST_SIGNATURE = 4_096
_TOLERANCE = 1e-6
_FORMAT = 1
_LIBRARIES = ("scikit-learn", "xgboost-cpu", "xgboost", "lightgbm", "numpy", "joblib")


@dataclass(frozen=True, eq=False)
class SignedModel:
    """What a signed joblib file holds.

    Attributes
    ----------
    fitted : FittedModel
        Predicts with its calibration; the model in it is a LibraryModel.
    library_object : object
        The library's own trained object: a pipeline of scikit-learn, a booster.
    model_type, model_version : str
        The plugin that trained it.
    fingerprint : str
        Of the key that signed the file.
    """

    fitted: FittedModel
    library_object: Any
    model_type: str
    model_version: str
    fingerprint: str


def write_signed_joblib(artifact: ModelArtifact, path: Path) -> None:
    """Write an artifact's model to `path`, signed with the user's own key.

    Raises
    ------
    ExportError
        If the model has no object of a library to write, or the key cannot be used.
    OSError
        If the file cannot be written.
    """
    import joblib

    trained = artifact.model.library_object()
    if trained is None:
        raise ExportError(
            f"Model {type(artifact.model).name!r} has no trained object of a library, such as scikit-learn's, that "
            "joblib could keep. Use the exporter native or bundle."
        )
    buffer = io.BytesIO()
    joblib.dump(_kept(artifact, trained), buffer)
    content = buffer.getvalue()
    told = json.dumps(sign(content, PURPOSE).to_json(), sort_keys=True).encode()
    path.write_bytes(content + told + len(told).to_bytes(_LENGTH_BYTES, "big") + _MARK)


def read_signed_joblib(path: Path, *, trusted: Collection[str] = ()) -> SignedModel:
    """Read what the exporter joblib wrote, after its signature was checked.

    Parameters
    ----------
    path : Path
        The file.
    trusted : collection of str
        Fingerprints of keys that count besides the user's own: whoever has one of these may run code here.

    Raises
    ------
    DataError
        If the file cannot be read, is not signed, was altered, or was signed by a key that does not count, and then
        before a byte of it is unpickled; or if its model predicts its example rows otherwise here.
    """
    import joblib

    try:
        content, signature = _parts(path.read_bytes())
        fingerprint = signed_by(content, PURPOSE, signature, trusted=trusted)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    except DataError as error:
        raise DataError(f"{path} is not loaded: {error}. {_NEXT}") from error
    kept = joblib.load(io.BytesIO(content))
    fitted = _fitted(kept, path)
    _check_examples(fitted, kept, path)
    return SignedModel(fitted, kept["library_object"], kept["model_type"], kept["model_version"], fingerprint)


_NEXT = (
    "Fetch it again from whoever made it; if you know them and their key, name its fingerprint as trusted. A file of "
    "this kind runs code when it is loaded."
)


def _kept(artifact: ModelArtifact, trained: object) -> dict[str, Any]:
    card = read_model_card(artifact.folder)
    examples = artifact.example_features
    return {
        "format": _FORMAT,
        "model_type": card.model_type,
        "model_version": card.model_version,
        "model_params": dict(card.model_params),
        "task": card.task,
        "feature_columns": list(card.feature_columns),
        "classes": list(card.classes),
        "takes_missing_values": "missing_values" in artifact.model.capabilities,
        "calibration": read_json(artifact.folder / CALIBRATION_FILE),
        "learned": None if card.learned is None else dict(card.learned.to_json()),
        "library_object": trained,
        "library_versions": _versions(),
        "example_features": examples.to_numpy(dtype="float64"),
        "example_predictions": {
            str(name): values.to_numpy(dtype="float64") for name, values in artifact.expected_predictions.items()
        },
    }


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _parts(content: bytes) -> tuple[bytes, Signature]:
    """Return the signed bytes and the signature behind them."""
    if not content.endswith(_MARK):
        raise DataError("it is not signed, and joblib files run code when they are loaded")
    end = len(content) - len(_MARK) - _LENGTH_BYTES
    length = int.from_bytes(content[end : end + _LENGTH_BYTES], "big") if end >= 0 else 0
    if not 0 < length <= min(_LONGEST_SIGNATURE, end):
        raise DataError("its signature cannot be read")
    try:
        told = json.loads(content[end - length : end])
    except (ValueError, RecursionError) as error:
        raise DataError("its signature cannot be read") from error
    return content[: end - length], Signature.from_json(told)


def _fitted(kept: Mapping[str, Any], path: Path) -> FittedModel:
    try:
        columns, classes = tuple(kept["feature_columns"]), tuple(kept["classes"])
        capabilities = frozenset({"missing_values"} if kept["takes_missing_values"] else ())
        model = LibraryModel(kept["library_object"], kept["model_type"], columns, classes, capabilities)
        calibrators, payoff = calibration_of(kept["calibration"], path)
        return FittedModel(cast("ModelPlugin", model), kept["task"], columns, classes, calibrators, payoff)
    except (KeyError, TypeError) as error:
        raise DataError(f"{path} is signed, and is no model that QLOP writes: {error!r:.200}.") from error


def _check_examples(fitted: FittedModel, kept: Mapping[str, Any], path: Path) -> None:
    import pandas as pd

    features = pd.DataFrame(kept["example_features"], columns=list(fitted.feature_columns))
    try:
        compare_predictions(fitted.predict(features), pd.DataFrame(kept["example_predictions"]), _TOLERANCE)
    except ExportError as error:
        then = ", ".join(f"{name} {version}" for name, version in kept["library_versions"].items())
        raise DataError(f"{path}: {error} It was written with {then}; install these versions.") from error
