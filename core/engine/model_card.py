"""model.json, the card of a saved model: what it is, what it learned from, and the SHA-256 of every other file.

1. Writing hashes all files of the folder, then the card itself.
2. Reading compares the card's own hash, its form, then every file; files that it does not name are refused.

Format 2 says under `learned` from which bars the model learned. Cards of format 1 are read too; they do not say it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from core.base.errors import DataError
from core.base.small_file import read_small_file
from core.base.validation import explain_validation_error
from core.engine.learned_span import LearnedSpan

__all__ = [
    "CARD_FILE",
    "MAX_JSON_BYTES",
    "ModelCard",
    "parsed_model_card",
    "read_json",
    "read_model_card",
    "write_json",
    "write_model_card",
]

CARD_FILE = "model.json"
MAX_JSON_BYTES = 64 * 1024**2
FORMAT_VERSION = 2
_READ_VERSIONS = (1, 2)


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
    learned : LearnedSpan or None
        From which bars it learned; None where whoever saved it did not say.
    """

    model_type: str
    model_version: str
    model_params: Mapping[str, JsonValue]
    task: Literal["classification", "regression"]
    feature_columns: tuple[str, ...]
    classes: tuple[float, ...]
    description: Mapping[str, JsonValue]
    files: Mapping[str, str]
    learned: LearnedSpan | None = None


class _Form(BaseModel):
    """The types of the card's fields."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)

    model_type: str
    model_version: str
    model_params: dict[str, JsonValue]
    task: Literal["classification", "regression"]
    feature_columns: list[str]
    classes: list[float]
    description: dict[str, JsonValue]
    files: dict[str, str]
    learned: dict[str, JsonValue] | None = None


def write_model_card(card: ModelCard, folder: Path) -> ModelCard:
    """Write the card of a folder whose other files are all there, and read it back; `files` is found anew."""
    written: dict[str, JsonValue] = {
        "format_version": FORMAT_VERSION,
        "model_type": card.model_type,
        "model_version": card.model_version,
        "model_params": dict(card.model_params),
        "task": card.task,
        "feature_columns": list(card.feature_columns),
        "classes": list(card.classes),
        "description": dict(card.description),
        "learned": None if card.learned is None else dict(card.learned.to_json()),
        "files": {name: _sha256(folder / name) for name in _files_of(folder)},
    }
    write_json(folder / CARD_FILE, {**written, "card_sha256": _card_hash(written)})
    return read_model_card(folder)


def read_model_card(folder: Path) -> ModelCard:
    """Read model.json and compare every file with it.

    Raises
    ------
    DataError
        If the card or a file is missing, altered, or not named by the card.
    """
    card = parsed_model_card(read_json(folder / CARD_FILE), folder / CARD_FILE)
    _check_files(folder, card.files)
    return card


def parsed_model_card(raw: Any, path: Path) -> ModelCard:  # noqa: ANN401 - whatever the file holds
    """Return the card that the JSON of a model.json says; no file is compared with it.

    Raises
    ------
    DataError
        If it is of another format, or was altered; the message names `path`.
    """
    found = raw.get("format_version") if isinstance(raw, dict) else type(raw).__name__
    if not isinstance(raw, dict) or found not in _READ_VERSIONS:
        allowed = " and ".join(map(str, _READ_VERSIONS))
        raise DataError(
            f"{path} has format_version {found!r}; this QLOP reads {allowed}. Install the version that wrote it, or "
            "train and export the model again here."
        )
    stated = raw.pop("card_sha256", None)
    if stated != _card_hash(raw):
        raise DataError(f"{path} was altered: its own SHA-256 does not match. Train the model again.")
    form = _form(raw, path)
    return ModelCard(
        model_type=form.model_type,
        model_version=form.model_version,
        model_params=form.model_params,
        task=form.task,
        feature_columns=tuple(form.feature_columns),
        classes=tuple(form.classes),
        description=form.description,
        files=form.files,
        learned=None if form.learned is None else LearnedSpan.from_json(form.learned),
    )


def _form(raw: Mapping[str, Any], path: Path) -> _Form:
    required = [field.name for field in fields(ModelCard) if field.name != "learned"]
    missing = [name for name in required if name not in raw]
    if missing:
        raise DataError(f"{path} lacks the field {missing[0]!r}; it is not a card that QLOP writes.")
    try:
        return _Form.model_validate(raw)
    except ValidationError as error:
        raise DataError(explain_validation_error(error, str(path))) from error


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


def write_json(path: Path, value: object) -> None:
    """Write plain JSON, keys sorted."""
    path.write_text(json.dumps(value, sort_keys=True, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Read JSON.

    Raises
    ------
    DataError
        If the file cannot be read, is no JSON, or larger than any card.
    """
    try:
        return json.loads(read_small_file(path, MAX_JSON_BYTES).decode("utf-8"), parse_constant=_refuse_constant)
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as JSON: {error!s:.200}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
