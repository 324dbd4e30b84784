"""What is kept of a trained network besides its weights, as plain JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from core.base.errors import DataError
from core.base.validation import explain_validation_error
from core.engine.torch_training.standardisation import Standardisation

__all__ = ["RECORD_FILE", "NetworkRecord", "read_record", "write_record"]

RECORD_FILE = "network.json"
_MOST_BYTES = 64 << 20


class NetworkRecord(BaseModel):
    """What turns features into inputs and outputs into predictions.

    Attributes
    ----------
    architecture : dict
        The parameters that say what the network looks like; a folder is loaded by a model of the same ones.
    feature_columns : tuple of str
        What it was trained on, in order.
    classes : tuple of float
        The target's classes, ascending; empty for a regression.
    standardisation : Standardisation
        From features to inputs.
    target_mean, target_scale : float
        A regression's output times the scale plus the mean is its prediction; 0 and 1 for classes.
    longest_gap_us : int or None
        A longer time between two bars of a ticker is a hole in its history; None where no history is read.
    importances : tuple of float
        By feature: how much the loss rises when the feature is shuffled among the rows, at least 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format_version: Literal[1] = 1
    architecture: dict[str, JsonValue]
    feature_columns: tuple[str, ...] = Field(min_length=1)
    classes: tuple[float, ...]
    standardisation: Standardisation
    target_mean: float
    target_scale: float = Field(gt=0.0)
    longest_gap_us: int | None
    importances: tuple[float, ...]

    @model_validator(mode="after")
    def _parts_fit(self) -> NetworkRecord:
        counts = {len(self.feature_columns), len(self.standardisation.medians), len(self.importances)}
        if len(counts) > 1 or len(self.classes) == 1 or list(self.classes) != sorted(set(self.classes)):
            raise ValueError("its columns, numbers and classes do not belong together")
        return self

    @property
    def n_outputs(self) -> int:
        """How many outputs the network has: one a class, or one."""
        return len(self.classes) or 1


def write_record(record: NetworkRecord, folder: Path) -> None:
    """Write it into a folder; equal records give equal bytes."""
    text = json.dumps(record.model_dump(mode="json"), sort_keys=True, indent=2, allow_nan=False)
    (folder / RECORD_FILE).write_text(text + "\n", encoding="utf-8")


def read_record(folder: Path, model: str) -> NetworkRecord:
    """Return what `write_record` wrote.

    Raises
    ------
    DataError
        If the file is missing, too large or no such record.
    """
    path = folder / RECORD_FILE
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{path} has {path.stat().st_size:,} bytes; a record of {model!r} has {_MOST_BYTES:,}.")
        return NetworkRecord.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise DataError(explain_validation_error(error, str(path))) from error
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} does not hold a model of {model!r}: {error!s:.300}") from error
