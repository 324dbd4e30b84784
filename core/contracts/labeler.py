"""The contract of labelers."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Literal

from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.broker_terms import BrokerTerms

__all__ = ["LabelerPlugin"]


class LabelerPlugin(Plugin):
    """What a model learns to predict.

    Promises: a label of bar t is decided at the close of t and depends on bars up to `label_end` only. A label that the
    data do not resolve is NaN.
    """

    @property
    @abstractmethod
    def task(self) -> Literal["classification", "regression"]:
        """What kind of model the target asks for; it may depend on the parameters."""

    @property
    def question(self) -> str:
        """What a model of this label is asked, in words for summaries: "does the price rise within 5 bars?".

        Of a classification yes is 1 and no is 0. Empty, as here, where it is not said.
        """
        return ""

    @property
    def label_side(self) -> Literal["long", "short"] | None:
        """The side of the position that the label was made for, by the parameters; None, the default, tells nothing.

        A high target, or the highest class, says that this side pays. Strategies tell which side they follow, and a
        config in which the two differ is refused.
        """
        return None

    @property
    def classes(self) -> tuple[float, ...] | None:
        """The classes that a target may have, ascending; None, the default, for values and where it is not told.

        The predictions of a model that learns it have a column `probability_<class>` for each.
        """
        return None

    @abstractmethod
    def label(self, data: pd.DataFrame, *, terms: BrokerTerms) -> pd.DataFrame:
        """Return the labels.

        Parameters
        ----------
        data : DataFrame
            The adjusted price panel, index (timestamp, ticker).
        terms : BrokerTerms
            The run's broker terms, whose rate series is aligned with the panel's timestamps.

        Returns
        -------
        DataFrame
            On the same index: `target` (float64; 0.0 and 1.0 for two classes), `label_end` (timestamp of the last bar
            the target depends on; NaT where unresolved) and, where it can be said, `payoff`: the return per unit of
            exposure of acting on the label, net of financing and costs, which sizing strategies need. Further columns
            are reported, never trained on; the report knows `position_return` (before costs) and `breach` (0 or 1).

        Raises
        ------
        DataError
            If the terms or the prices make the label meaningless.
        """
