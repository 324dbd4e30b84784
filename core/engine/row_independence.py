"""Whether a trained model predicts rows by themselves: one that looks at others sees what nobody knew at the time.

1. A model that reads a row alone is asked for a few test rows together, and for every other one of them.
2. One that reads earlier rows is asked for the first test rows, and for the first half of these: what comes later, and
   other tickers, must not count.
3. A model is refused where more than a quarter of the rows are predicted otherwise. A last digit that another number of
   rows rounds otherwise may lead one row into another leaf of a tree; a model that looks at other rows moves most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import TrainingError
from core.engine.fitted_model import predict_raw

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.contracts.model import ModelPlugin

__all__ = ["check_rows_stand_alone", "rows_to_try"]

_ALONE, _IN_A_ROW = 32, 128
_ALLOWED = 1e-5
_SHARE_OF_ROWS = 0.25
_PROBABILITY = "probability_"


def rows_to_try(model: ModelPlugin, rows: NDArray[np.intp], stretch: NDArray[np.integer] | None) -> NDArray[np.intp]:
    """Return which of a block's rows, by position, a model is tried on: few, and where it reads others all in a row."""
    if "earlier_rows" not in model.capabilities:
        return rows[np.linspace(0, len(rows) - 1, min(len(rows), _ALONE)).round().astype(np.intp)]
    return rows[:_IN_A_ROW] if stretch is None else rows[stretch == stretch[0]][:_IN_A_ROW]


def check_rows_stand_alone(model: ModelPlugin, features: pd.DataFrame) -> None:
    """Refuse a trained model whose predictions depend on rows that they may not depend on.

    Parameters
    ----------
    model : ModelPlugin
        Trained.
    features : DataFrame of shape (n_rows, n_features)
        Rows that it did not learn from, as `rows_to_try` chooses them, by time and ticker.

    Raises
    ------
    TrainingError
        If it does.
    """
    reads_earlier = "earlier_rows" in model.capabilities
    part = np.arange(len(features) // 2) if reads_earlier else np.arange(0, len(features), 2)
    if len(part) == 0 or len(part) == len(features):
        return
    together, alone = _numbers(predict_raw(model, features))[part], _numbers(predict_raw(model, features.iloc[part]))
    with np.errstate(invalid="ignore"):
        differs = np.abs(together - alone) > _ALLOWED * np.nanmax(np.abs(together), initial=0.0)
        differs |= np.isnan(together) != np.isnan(alone)
    share = float(differs.any(axis=1).mean())
    if share <= _SHARE_OF_ROWS:
        return
    others = "later rows or other tickers" if reads_earlier else "the rows asked with it"
    farthest = int(np.where(differs, np.nan_to_num(np.abs(together - alone), nan=np.inf), -1.0).argmax())
    row, column = divmod(farthest, together.shape[1])
    time, ticker = features.index[part[row]]
    raise TrainingError(
        f"Model {model.name!r} predicts a row by {others}: {ticker} at {time} gets {together[row, column]:.6g} among "
        f"{len(features)} test rows and {alone[row, column]:.6g} among {len(part)} of them, and so do {share:.0%} of "
        "the rows that were tried. Later bars would change earlier predictions, so that no score of it counts. Let "
        "predict compute each row from that row, or from earlier rows of its ticker with the capability 'earlier_rows'."
    )


def _numbers(predicted: pd.DataFrame) -> NDArray[np.float64]:
    own = [name for name in predicted.columns if str(name).startswith(_PROBABILITY)] or ["prediction"]
    return predicted[own].to_numpy(dtype=np.float64)
