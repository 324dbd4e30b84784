"""Which bars of the prices a backtest of predictions trades, and what of them is not predicted.

1. The first bar is that of the first prediction.
2. The last bar is the one after the last prediction: there its last decision is filled, and what is open is closed.
3. What is left out behind it, and what is traded without a prediction, is said: there nobody decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.engine.prediction_origin import moment_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["PredictedSpan", "predicted_span", "unpredicted_findings"]

_Frame = TypeVar("_Frame", pd.DataFrame, pd.Series)
_MOST_NAMED = 8


@dataclass(frozen=True)
class PredictedSpan:
    """The bars that are traded.

    Attributes
    ----------
    first, last : Timestamp
        The first and the last of them.
    n_bars_after : int
        Bars of the prices after the last.
    """

    first: pd.Timestamp
    last: pd.Timestamp
    n_bars_after: int = 0

    def cut(self, frame: _Frame) -> _Frame:
        """Return the frame's rows of these bars; it has a level "timestamp"."""
        moments = frame.index.get_level_values("timestamp")
        return frame.loc[(moments >= self.first) & (moments <= self.last)]


def predicted_span(panel: pd.DataFrame, predictions: pd.DataFrame | None) -> PredictedSpan:
    """Return the bars that predictions can be traded on; all bars of the panel where there are none.

    Parameters
    ----------
    panel : DataFrame
        Index (timestamp, ticker), sorted.
    predictions : DataFrame or None
        Index (timestamp, ticker).

    Raises
    ------
    DataError
        If the predictions begin outside of the panel.
    """
    bars = pd.DatetimeIndex(panel.index.unique(level="timestamp"))
    if predictions is None:
        return PredictedSpan(bars[0], bars[-1])
    predicted = predictions.index.get_level_values("timestamp")
    first = pd.Timestamp(predicted.min())
    if first < bars[0] or first > bars[-1]:
        raise DataError(
            f"The predictions begin at {first:%Y-%m-%d}, outside the prices of {bars[0]:%Y-%m-%d} to "
            f"{bars[-1]:%Y-%m-%d}. Backtest with the dates and the data source that the model was trained on."
        )
    place = min(int(bars.searchsorted(predicted.max(), side="right")), len(bars) - 1)
    return PredictedSpan(first, bars[place], len(bars) - 1 - place)


def unpredicted_findings(panel: pd.DataFrame, predictions: pd.DataFrame, span: PredictedSpan) -> Iterator[str]:
    """Yield what of the prices no prediction decides, one sentence each.

    Parameters
    ----------
    panel, predictions : DataFrame
        Index (timestamp, ticker).
    span : PredictedSpan
        As `predicted_span` gives it for them.
    """
    last = predictions.index.get_level_values("timestamp").max()
    if span.n_bars_after:
        are = "later bar of the prices is" if span.n_bars_after == 1 else "later bars of the prices are"
        yield (
            f"The predictions end at {moment_text(last)}: the backtest ends with the bar after it, "
            f"{moment_text(span.last)}, and {span.n_bars_after:,} {are} left out."
        )
    index = cast("pd.MultiIndex", panel.index)
    # By codes, without a copy of the rows: 10,000,000 of them leave little room.
    is_traded = _within(index.levels[0], span.first, span.last)[index.codes[0]]
    tickers = index.levels[1][np.unique(index.codes[1][is_traded])]
    idle = tickers.difference(predictions.index.unique(level="ticker"))
    if len(idle):
        more = f" and {len(idle) - _MOST_NAMED:,} more" if len(idle) > _MOST_NAMED else ""
        have = "has" if len(idle) == 1 else "have"
        yield (
            f"{len(idle):,} of {len(tickers):,} tickers {have} no prediction: {', '.join(idle[:_MOST_NAMED])}{more}. "
            "Where the strategy goes by predictions, their share of the account stays idle. Take them out of "
            "data.tickers, or train on them."
        )
    is_asked = _within(index.levels[0], span.first, last)[index.codes[0]]
    is_asked &= np.asarray(~index.levels[1].isin(idle))[index.codes[1]]
    n_asked = int(is_asked.sum())
    if n_asked > len(predictions):
        yield (
            f"{n_asked - len(predictions):,} of {n_asked:,} bars of the predicted tickers have no prediction: there "
            "the strategy keeps what it holds, or does what its parameters say of such bars."
        )


def _within(moments: pd.Index, first: pd.Timestamp, last: pd.Timestamp) -> NDArray[np.bool_]:
    return np.asarray((moments >= first) & (moments <= last))
