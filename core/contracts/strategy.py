"""The contract of strategies."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal

from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["StrategyPlugin"]


class StrategyPlugin(Plugin):
    """How exposure follows from prices and predictions.

    Promises: the exposure of bar t is decided at the close of t from data up to t. A strategy whose
    `needs_predictions` is false works without a model.
    """

    needs_predictions: ClassVar[bool] = False

    @property
    def looks_ahead(self) -> bool:
        """Whether, by its parameters, exposures use data after their bar; such a strategy is kept out of verdicts."""
        return False

    @property
    def label_side(self) -> Literal["long", "short"] | None:
        """The side that a label must have been made for, so that exposure rises, or a short grows, where it pays.

        By the parameters; None, the default, tells nothing.
        """
        return None

    @property
    def needed_columns(self) -> tuple[str, ...]:
        """The columns of the predictions that it reads, by its parameters; none, the default, tells nothing.

        A config whose predictions will not have them is refused before the run.
        """
        return ()

    @abstractmethod
    def generate_signals(self, panel: pd.DataFrame, predictions: pd.DataFrame | None) -> pd.Series:
        """Return target exposures.

        Parameters
        ----------
        panel : DataFrame
            The adjusted price panel, index (timestamp, ticker). Where splits are left in the prices, it is in shares of
            each ticker's first bar, so that no split looks like a loss.
        predictions : DataFrame or None
            Out-of-sample predictions on part of that index: `prediction`, `probability_<class>`, `fold`, `target`,
            `label_end` and, where the labeler gives a payoff, `payoff_probability`, `payoff_gain`, `payoff_loss`.

        Returns
        -------
        Series
            Named "exposure", on the panel's index: signed fraction of the account's equity for each ticker. NaN keeps
            the shares held. Over the tickers of a bar the sum of absolute values is the account's leverage.

        Raises
        ------
        DataError
            If predictions lack what the strategy needs.
        """
