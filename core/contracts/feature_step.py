"""The contract of feature steps."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FeatureStepPlugin"]


class FeatureStepPlugin(Plugin):
    """One step of the feature pipeline.

    Promises: a value at time t uses data up to the close of t only. Added columns are named after the instance: its
    name, or its name, an underscore and a suffix (`mom_20`). Rows are neither added, dropped nor reordered. NaN means
    not known yet.
    """

    @property
    def lookback_bars(self) -> int:
        """How many of the ticker's bars before t a value at t depends on, at most.

        A recursive average remembers for ever; it says after how many bars older ones weigh less than 1e-9.
        """
        return 0

    @property
    def input_columns(self) -> tuple[str, ...] | None:
        """Columns it reads, the panel's and earlier steps'; None, the default, says nothing and may mean all.

        The pipeline needs it to know how far back steps that build on each other look.
        """
        return None

    @property
    def compares_tickers(self) -> bool:
        """Whether a ticker's value depends on the other tickers of its bar: with other ones it means something else."""
        return False

    def fit(self, data: pd.DataFrame) -> None:
        """Learn from training rows. Nothing, by default; called with training rows only.

        Parameters
        ----------
        data : DataFrame
            The panel's columns and those of earlier steps, index (timestamp, ticker).
        """

    @abstractmethod
    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return the new columns.

        Parameters
        ----------
        data : DataFrame
            The panel's columns and those of earlier steps, index (timestamp, ticker).

        Returns
        -------
        DataFrame
            The added columns alone, float64, on the same index in the same order.
        """
