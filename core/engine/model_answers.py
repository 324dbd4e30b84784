"""What models of one kind share: the classes to learn, the frame to answer with, and the card beside a model's file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.base.errors import DataError, TrainingError
from core.engine.model_columns import classes_of, probability_column
from core.engine.time_blocks import chosen_rows

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.contracts.model import TrainContext, TrainingData

__all__ = ["answer_frame", "classes_to_learn", "read_columns_card", "rows_of_classes", "write_columns_card"]


def classes_to_learn(data: TrainingData, context: TrainContext, model: str) -> tuple[float, ...]:
    """Return the classes of the target, ascending; none for a regression.

    Raises
    ------
    TrainingError
        If a classifier would see a single class.
    """
    if context.task == "regression":
        return ()
    classes = classes_of(data.target)
    if len(classes) == 1:
        raise TrainingError(
            f"Model {model!r}: all {len(data.target)} training rows are of class {classes[0]:g}; a classifier needs "
            "two. Lengthen splits.train_bars or loosen the label."
        )
    return classes


def rows_of_classes(validation: TrainingData | None, classes: Sequence[float]) -> TrainingData | None:
    """Return the rows without those of a class that training has not seen; None where none are left."""
    if validation is None or not classes:
        return validation
    known = chosen_rows(validation, validation.target.isin(list(classes)).to_numpy(dtype=bool))
    return known if len(known.target) else None


def answer_frame(values: NDArray[np.float64], classes: Sequence[float], index: pd.Index) -> pd.DataFrame:
    """Return what `predict` answers.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), or (n_rows, n_classes)
        The values of a regression; with two classes the probability of the higher one, or a column for each class.
    classes : sequence of float
        Ascending; empty for a regression.
    index : Index
        Of the rows.
    """
    import pandas as pd

    if not classes:
        return pd.DataFrame({"prediction": values}, index=index)
    probabilities = np.column_stack((1.0 - values, values)) if values.ndim == 1 else values
    frame = pd.DataFrame(probabilities, index=index, columns=[probability_column(label) for label in classes])
    frame.insert(0, "prediction", np.asarray(classes)[probabilities.argmax(axis=1)])
    return frame


def write_columns_card(path: Path, columns: Sequence[str], classes: Sequence[float]) -> None:
    """Write the card that stands beside a model's file: its columns in order, and its classes."""
    card = {"classes": list(classes), "feature_columns": list(columns)}
    path.write_text(json.dumps(card, sort_keys=True, indent=2) + "\n", encoding="utf-8")


def read_columns_card(path: Path, model: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Return the columns and the classes that `write_columns_card` wrote.

    Raises
    ------
    DataError
        If the card is missing or holds anything else.
    """
    try:
        card: Any = json.loads(path.read_text(encoding="utf-8"))
        columns = tuple(str(column) for column in card["feature_columns"])
        classes = tuple(float(label) for label in card["classes"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path.parent} does not hold a model of {model!r}: {error!s:.300}") from error
    if not columns or len(set(columns)) != len(columns) or list(classes) != sorted(set(classes)) or len(classes) == 1:
        raise DataError(f"{path} does not hold a model of {model!r}: its columns or classes are not in order.")
    return columns, classes
