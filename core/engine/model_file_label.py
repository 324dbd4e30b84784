"""What a model's file says of its predictions, without unpacking it: the label behind them, and their columns.

1. Of the archive only its list of entries, the card and the calibration are read, within limits of their size.
2. The card must bear its own hash, and the calibration the one that the card names.
3. Where anything is not as QLOP writes it nothing is told: the run reads all of the file, and says what is wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812 - zlib's own name is no class name

from core.base.errors import DataError
from core.config.sections import LabelConfig
from core.engine.model_artifact import CALIBRATION_FILE
from core.engine.model_card import CARD_FILE, ModelCard, parsed_model_card
from core.engine.model_columns import probability_column
from core.engine.strategy_checks import PAYOFF_COLUMNS, PredictedLabel
from core.engine.zip_entries import check_directory, checked_entries

__all__ = ["label_of_model_file"]

_MOST_BYTES = 4 * 1024**2


def label_of_model_file(path: Path) -> PredictedLabel | None:
    """Return the label behind a model file's predictions, and their columns; None where the file does not tell.

    Parameters
    ----------
    path : Path
        Of a file that the exporter `native` wrote, or of any other that `check_model_file` lets pass.
    """
    try:
        check_directory(path)
        with ZipFile(path) as archive:
            checked_entries(archive, path)
            raw = json.loads(_content(archive, CARD_FILE))
            card = parsed_model_card(raw, path)
            calibration = _content(archive, CALIBRATION_FILE)
        if hashlib.sha256(calibration).hexdigest() != card.files.get(CALIBRATION_FILE):
            return None
        has_payoff = json.loads(calibration)["payoff"] is not None
        label = LabelConfig.model_validate(card.description.get("label"))
    # ValueError: JSON, UTF-8 and pydantic; RuntimeError: a secret word is asked for, or nested too deeply.
    except (DataError, OSError, BadZipFile, ZlibError, EOFError, KeyError, TypeError, ValueError, RuntimeError):
        return None
    return PredictedLabel(label, path.name, tuple(_columns(card, has_payoff=has_payoff)))


def _content(archive: ZipFile, name: str) -> bytes:
    entry = archive.getinfo(name)
    if entry.file_size > _MOST_BYTES:
        raise DataError(f"{name} has {entry.file_size:,} bytes.")
    return archive.read(entry)


def _columns(card: ModelCard, *, has_payoff: bool) -> Iterator[str]:
    """Yield the columns that `FittedModel.predict` gives."""
    yield "prediction"
    if card.task == "classification":
        yield from map(probability_column, card.classes)
    if has_payoff:
        yield from PAYOFF_COLUMNS
