"""The folds' predictions: their columns in order, put together, and what the base rate says of the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.engine.model_columns import probability_column

if TYPE_CHECKING:
    import pandas as pd

    from core.engine.splits import Fold

__all__ = ["base_rate_predictions", "in_order", "joined_predictions", "known_base_rates"]

_PROBABILITY = "probability_"


def joined_predictions(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the folds' rows by time, then ticker, then fold; a class that a fold has not seen has probability 0."""
    import pandas as pd

    classes = _class_columns(frames)
    completed = []
    for frame in frames:
        complete = frame.copy(deep=False)
        for column in classes:
            if column not in frame:
                # Times a class that was seen, so that rows without a prediction stay NaN.
                complete[column] = frame[next(seen for seen in classes if seen in frame)] * 0.0
        completed.append(in_order(complete, classes))
    joined = pd.concat(completed)
    return joined if joined.index.is_monotonic_increasing else joined.sort_index(kind="stable")


def in_order(frame: pd.DataFrame, classes: Sequence[str] | None = None) -> pd.DataFrame:
    """Return predictions with the columns of their classes first and those of the payoff last.

    Parameters
    ----------
    frame : DataFrame
        Predictions of one fold or more.
    classes : sequence of str, optional
        The probabilities' columns in their order; by default the frame's own.
    """
    classes = _class_columns([frame]) if classes is None else list(classes)
    first = [*(["prediction"] if "prediction" in frame else []), *classes]
    rest = [str(column) for column in frame if column not in first]
    rest.sort(key=lambda column: column.startswith("payoff"))
    ordered = [*first, *rest]
    return frame if ordered == list(frame) else frame[ordered]


def known_base_rates(target: pd.Series, fold: Fold, classes: Sequence[float]) -> dict[str, float]:
    """Return what the rows that a fold could learn from predict by their base rate, by column of the predictions.

    Parameters
    ----------
    target : Series of shape (n_rows,)
        Of all rows.
    fold : Fold
        Says which rows train, stop training early, or calibrate.
    classes : sequence of float
        Empty for a regression, whose base rate is the mean.
    """
    known = target.to_numpy(dtype=np.float64)[np.concatenate((fold.train, fold.early_stopping, fold.calibration))]
    if not classes:
        return {"prediction": float(known.mean())}
    return {probability_column(label): float((known == label).mean()) for label in classes}


def base_rate_predictions(predictions: pd.DataFrame, base_rates: Sequence[dict[str, float]]) -> pd.DataFrame:
    """Return the base rates of each row's fold (of the only one that is given); 0 for a class that it has not seen."""
    import pandas as pd

    fold = predictions["fold"].to_numpy() if len(base_rates) > 1 else np.zeros(len(predictions), dtype=np.intp)
    names = list(dict.fromkeys(name for rates in base_rates for name in rates))
    columns = {name: np.array([rates.get(name, 0.0) for rates in base_rates])[fold] for name in names}
    return pd.DataFrame(columns, index=predictions.index, copy=False)


def _class_columns(frames: list[pd.DataFrame]) -> list[str]:
    found = {str(column) for frame in frames for column in frame}
    return sorted((column for column in found if column.startswith(_PROBABILITY)), key=_class_of)


def _class_of(column: str) -> float:
    return float(column.removeprefix(_PROBABILITY))
