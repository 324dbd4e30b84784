"""Predictions where a strategy needs them: on the bars of its panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from core.base.errors import DataError
from core.engine.index_parts import is_part_in_order

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.engine.panel import PanelArrays

__all__ = ["predictions_on_panel"]


def predictions_on_panel(
    arrays: PanelArrays, index: pd.Index, predictions: pd.DataFrame | None, columns: Sequence[str], asker: str
) -> NDArray[np.float64]:
    """Return columns of the predictions as arrays over the panel's bars.

    Parameters
    ----------
    arrays : PanelArrays
        The panel as arrays.
    index : Index
        The panel's.
    predictions : DataFrame or None
        Index (timestamp, ticker), each row once; rows that the panel does not have are left out.
    columns : sequence of str
        The columns asked for.
    asker : str
        Who asks, for messages, such as "Strategy 'threshold'".

    Returns
    -------
    ndarray of shape (n_columns, n_bars, n_assets)
        NaN where there is no prediction.

    Raises
    ------
    DataError
        If there are no predictions, a column is missing or not a number, a row comes twice, or none is in the panel.
    """
    if predictions is None:
        raise DataError(
            f"{asker} needs predictions and was given none. Name a trained run under backtest.predictions_run, or use "
            "mode pipeline, which trains first."
        )
    _check_columns(predictions, columns, asker)
    known = _known_rows(predictions, index, asker)
    cells = arrays.locate(cast("pd.MultiIndex", predictions.index[known]))
    wide = np.full((len(columns), *arrays.shape), np.nan)
    for number, column in enumerate(columns):
        wide[number][cells] = predictions[column].to_numpy(dtype=np.float64)[known]
    return wide


def _known_rows(predictions: pd.DataFrame, index: pd.Index, asker: str) -> slice | NDArray[np.bool_]:
    if is_part_in_order(predictions.index, index):
        return slice(None)
    _check_rows(predictions, asker)
    known: NDArray[np.bool_] = predictions.index.isin(index)
    if not known.any():
        raise DataError(
            f"{asker}: none of the {len(predictions)} predictions is for a bar of the panel ({len(index)} bars). "
            "Use the data source, tickers and dates that the model was trained on."
        )
    return known


def _check_columns(predictions: pd.DataFrame, columns: Sequence[str], asker: str) -> None:
    missing = [column for column in columns if column not in predictions]
    if not missing:
        return
    hint = (
        "Train with a labeler that gives a payoff, such as leverage_opportunity, and with splits.calibration_fraction "
        "above 0; or use strategy 'threshold'."
        if any(column.startswith("payoff_") for column in missing)
        else "Name one of them."
    )
    raise DataError(
        f"{asker} needs the predictions' columns {', '.join(columns)}; {', '.join(missing)} is missing. They have "
        f"{', '.join(map(str, predictions.columns))}. {hint}"
    )


def _check_rows(predictions: pd.DataFrame, asker: str) -> None:
    twice = predictions.index.duplicated()
    if twice.any():
        timestamp, ticker = predictions.index[int(np.argmax(twice))]
        raise DataError(
            f"{asker}: {ticker} is predicted twice at {timestamp:%Y-%m-%d} ({int(twice.sum())} rows too many); it "
            "needs one prediction a bar. Of combinatorial_purged splits choose one `path`."
        )
