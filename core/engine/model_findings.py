"""What differs between a backtest and the training of the model whose file it trades, in sentences for the log.

1. Tickers, adjustment and the broker's terms, by the configs that the file keeps.
2. Versions of the model and of the feature steps.
3. Bars before the first prediction, against what the features look back.
4. The features of the file's example rows, made anew of the backtest's prices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.prediction_origin import moment_text
from core.engine.version_findings import model_version_findings, step_version_findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from core.config.run_config import RunConfig
    from core.engine.opened_model import OpenedModel

__all__ = ["model_findings"]

_TOLERANCE = 1e-9


def model_findings(
    model: OpenedModel, config: RunConfig, features: pd.DataFrame, is_new: NDArray[np.bool_]
) -> Iterator[str]:
    """Yield what is otherwise than in the training of a file's model, one sentence each.

    Parameters
    ----------
    model : OpenedModel
        What the file says.
    config : RunConfig
        Of the backtest.
    features : DataFrame of shape (n_rows, n_features)
        Made of all bars of the backtest's prices.
    is_new : ndarray of shape (n_rows,), bool
        Which rows are predicted.
    """
    trained = model.trained_with
    strange = sorted(set(features.index.unique(level="ticker")) - set(trained.tickers))
    if strange:
        yield f"The model did not learn from {', '.join(strange)}; it learned from {', '.join(trained.tickers)}."
    if config.data is not None and config.data.adjustment != trained.data.adjustment:
        yield (
            f"data.adjustment is {config.data.adjustment}; the model learned from prices of adjustment "
            f"{trained.data.adjustment}."
        )
    if config.broker != trained.broker:
        yield "The broker's terms are others than those under which the model's label was made."
    yield from model_version_findings(model.card, model.fitted.model)
    yield from step_version_findings(model.card, model.pipeline.steps)
    before = features.index[~is_new].unique(level="timestamp")
    if len(before) < model.pipeline.lookback_bars:
        yield (
            f"The model's features look back {model.pipeline.lookback_bars} bars, and {len(before)} come before the "
            "first bar that is traded: its first predictions have less history than those it learned from. Set an "
            "earlier data.start_date."
        )
    yield from _feature_findings(model, features)


def _feature_findings(model: OpenedModel, features: pd.DataFrame) -> Iterator[str]:
    """Compare the features of the file's example rows with those made of these prices."""
    shared = model.examples.index[model.examples.index.isin(features.index)]
    if shared.empty:
        yield (
            "These prices have none of the bars of the file's example rows, so that its features cannot be compared "
            "with those that the model learned from."
        )
        return
    then = model.examples.loc[shared].to_numpy(dtype=np.float64)
    now = features.loc[shared].to_numpy(dtype=np.float64)
    # Some features of examples were made missing on purpose.
    differs = ~np.isnan(then) & ~np.isclose(now, then, rtol=_TOLERANCE, atol=_TOLERANCE)
    if differs.any():
        row, column = np.argwhere(differs)[0]
        timestamp, ticker = shared[row]
        yield (
            f"{int(differs.any(axis=1).sum())} of {len(shared)} example rows of the file have other features in these "
            f"prices, first {features.columns[column]!r} of {ticker} at {moment_text(timestamp)}: "
            f"{now[row, column]:.6g}, and {then[row, column]:.6g} in training. The "
            "prices differ, or begin too late for their windows."
        )
