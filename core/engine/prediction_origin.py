"""Where the predictions of a backtest come from, and whether they were made for its prices.

1. Predictions for bars that the prices do not have were made for other prices: refused.
2. Where the bars are all there and the data differ all the same (more bars, other values), the run says so.
3. A model's file predicts only bars after those that its model learned from; the run says which these are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError
from core.engine.index_parts import is_part_in_order
from core.engine.text_layout import paragraph

if TYPE_CHECKING:
    import pandas as pd

    from core.config.sections import LabelConfig
    from core.contracts.run_result import MetricValue
    from core.engine.learned_elsewhere import LearnedElsewhere
    from core.engine.learned_span import LearnedSpan

__all__ = ["ModelFileOrigin", "PredictionOrigin", "check_predicted_bars", "moment_text"]


class _Origin(ABC):
    """Where predictions come from."""

    @property
    @abstractmethod
    def sentence(self) -> str:
        """The origin in words."""

    def stated_in(self, summary: str) -> str:
        """Return the summary with the origin between its title and its first block."""
        title, gap, rest = summary.partition("\n\n")
        return "\n".join([title, "", *paragraph(self.sentence)]) + gap + rest


@dataclass(frozen=True)
class PredictionOrigin(_Origin):
    """The run that made the predictions.

    Attributes
    ----------
    run_id, model : str
        The run, and its model's name.
    has_these_prices : bool
        Whether it trained on the very data of the backtest.
    learned_elsewhere : LearnedElsewhere or None
        Of a model that had come there with what it knows.
    """

    run_id: str
    model: str
    has_these_prices: bool
    learned_elsewhere: LearnedElsewhere | None = None

    @property
    def sentence(self) -> str:
        """The origin in words."""
        words = "it had these prices" if self.has_these_prices else "its data differ from these prices"
        return f"Predictions come from run {self.run_id} (model {self.model}); {words}."


@dataclass(frozen=True)
class ModelFileOrigin(_Origin):
    """The file whose model made the predictions.

    Attributes
    ----------
    file_name, sha256, model : str
        The file's name and hash, and its model's name.
    learned : LearnedSpan
        From which bars the model learned.
    label : LabelConfig
        What it learned to predict.
    n_bars : int
        Bars of the prices after these, all of them predicted.
    first_bar, last_bar : Timestamp
        The first and the last of them.
    learned_elsewhere : LearnedElsewhere or None
        Of a model that came into its training with what it knows: `learned` is not all that it learned from.
    scores : mapping
        How the predictions came out, by name; empty where that is not known.
    unscored : str
        Why it is not known; empty where it is.
    """

    file_name: str
    sha256: str
    model: str
    learned: LearnedSpan
    label: LabelConfig
    n_bars: int
    first_bar: pd.Timestamp
    last_bar: pd.Timestamp
    learned_elsewhere: LearnedElsewhere | None = None
    scores: Mapping[str, MetricValue] = field(default_factory=dict)
    unscored: str = ""

    @property
    def sentence(self) -> str:
        """The origin in words."""
        return (
            f"Predictions come from the model file {self.file_name} (model {self.model}, SHA-256 {self.sha256[:12]}), "
            f"which learned from bars of {moment_text(self.learned.first_bar)} to {moment_text(self.learned.until)}, "
            f"its labels' ends included. Only the {self.n_bars:,} bars after them, {moment_text(self.first_bar)} to "
            f"{moment_text(self.last_bar)}, are out of sample and traded."
        )


def moment_text(moment: pd.Timestamp) -> str:
    """Return a bar's moment: its day, and its time where it is not midnight in UTC."""
    return f"{moment:%Y-%m-%d}" if moment == moment.normalize() else f"{moment:%Y-%m-%d %H:%M}"


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
    if is_part_in_order(predictions.index, panel.index):
        return
    foreign = ~predictions.index.isin(panel.index)
    if not foreign.any():
        return
    timestamp, ticker = predictions.index[int(np.argmax(foreign))]
    raise DataError(
        f"backtest.predictions_run: run {run_id} predicts {ticker} at {timestamp:%Y-%m-%d %H:%M}, and the prices have "
        f"no such bar ({int(foreign.sum())} of its {len(predictions)} predictions are so). Its data are other data: "
        "backtest with the data source, tickers and dates that it was trained on."
    )
