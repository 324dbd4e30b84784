"""The contract of brokers."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from core.contracts.plugin import Plugin

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.broker_terms import BrokerTerms

__all__ = ["BrokerPlugin"]


class BrokerPlugin(Plugin):
    """What an account costs and demands.

    Promises: terms of bar t were published before bar t ends. The same terms serve the label and the backtest.
    """

    @abstractmethod
    def terms(self, panel: pd.DataFrame) -> BrokerTerms:
        """Return the terms, with `base_rate_annual` of shape (n_bars,) for the panel's sorted unique timestamps.

        Raises
        ------
        DataError
            If the panel has no risk_free_rate_annual and the broker's parameters name no rate.
        """
