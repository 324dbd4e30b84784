"""Always the same leverage: the twin that any other strategy has to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import pandas as pd


class ConstantLeverage(qlop.StrategyPlugin):
    """The same target exposure on every bar, split equally over the tickers that trade.

    Formula: exposure = leverage / n, n the tickers that trade; one without a bar keeps its share (`stale_limit_bars`).
    A ticker's first exposure is decided at the close of its first bar. The target does not change while n does not:
    with `execution.rebalance: on_change` shares are bought once and held, so the account's leverage drifts; with
    `every_bar` or a schedule it is brought back.
    """

    name = "constant_leverage"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `constant_leverage`."""

        leverage: float = Field(
            default=1.0, ge=-100.0, le=100.0, description="Sum of all tickers' exposures; negative is short."
        )
        stale_limit_bars: int = Field(
            default=60,
            ge=0,
            le=1_000_000,
            description="A ticker without a bar keeps its share of the account for so many bars of the panel.",
        )

    params: Params

    def generate_signals(self, panel: pd.DataFrame, predictions: pd.DataFrame | None) -> pd.Series:  # noqa: ARG002 - rule-based
        """Return the constant exposure; predictions are not read."""
        import numpy as np
        from qlop.engine import panel_arrays, share_account

        arrays = panel_arrays(panel)
        return share_account(
            arrays,
            panel.index,
            np.full(arrays.shape, self.params.leverage),
            stale_limit_bars=self.params.stale_limit_bars,
        )
