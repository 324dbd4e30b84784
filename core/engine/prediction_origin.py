"""Where the predictions of a backtest come from, and whether they were made for its prices.

1. Predictions for bars that the prices do not have were made for other prices: refused.
2. Where the bars are all there and the data differ all the same (more bars, other values), the run says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError
from core.engine.text_layout import paragraph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PredictionOrigin", "check_predicted_bars"]


@dataclass(frozen=True)
class PredictionOrigin:
    """The run that made the predictions.

    Attributes
    ----------
    run_id, model : str
        The run, and its model's name.
    has_these_prices : bool
        Whether it trained on the very data of the backtest.
    """

    run_id: str
    model: str
    has_these_prices: bool

    @property
    def sentence(self) -> str:
        """The origin in words."""
        words = "it had these prices" if self.has_these_prices else "its data differ from these prices"
        return f"Predictions come from run {self.run_id} (model {self.model}); {words}."

    def stated_in(self, summary: str) -> str:
        """Return the summary with the origin between its title and its first block."""
        title, gap, rest = summary.partition("\n\n")
        return "\n".join([title, "", *paragraph(self.sentence)]) + gap + rest


def check_predicted_bars(predictions: pd.DataFrame, panel: pd.DataFrame, run_id: str) -> None:
    """Refuse predictions for bars that the panel does not have.

    Parameters
    ----------
    predictions, panel : DataFrame
        Index (timestamp, ticker).
    run_id : str
        The run that made them, for the message.

    Raises
    ------
    DataError
        If a predicted row is not in the panel.
    """
    foreign = ~predictions.index.isin(panel.index)
    if not foreign.any():
        return
    timestamp, ticker = predictions.index[int(np.argmax(foreign))]
    raise DataError(
        f"backtest.predictions_run: run {run_id} predicts {ticker} at {timestamp:%Y-%m-%d %H:%M}, and the prices have "
        f"no such bar ({int(foreign.sum())} of its {len(predictions)} predictions are so). Its data are other data: "
        "backtest with the data source, tickers and dates that it was trained on."
    )
