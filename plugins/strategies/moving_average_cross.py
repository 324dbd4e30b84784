"""Long while a fast average of closes is above a slow one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qlop
from pydantic import Field, model_validator

if TYPE_CHECKING:
    import pandas as pd


class MovingAverageCross(qlop.StrategyPlugin):
    """An exposure above the cross of two simple moving averages, another below it.

    Averages are over the ticker's own closes, the current one included. Exposure is `long_exposure` where the fast
    average is above the slow one, `short_exposure` where it is below, 0 where they are equal, each over the number of
    tickers that trade. The first decision falls on a ticker's `slow_bars`-th bar; before it, NaN.
    """

    name = "moving_average_cross"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `moving_average_cross`."""

        fast_bars: int = Field(default=50, ge=1, le=10_000, description="Bars of the fast average.")
        slow_bars: int = Field(default=200, ge=2, le=10_000, description="Bars of the slow average.")
        long_exposure: float = Field(
            default=1.0, ge=-100.0, le=100.0, description="Exposure while the fast average is above the slow one."
        )
        short_exposure: float = Field(
            default=0.0, ge=-100.0, le=100.0, description="Exposure while it is below; negative is short, 0 is out."
        )
        stale_limit_bars: int = Field(
            default=60,
            ge=0,
            le=1_000_000,
            description="A ticker without a bar keeps its share of the account for so many bars of the panel.",
        )

        @model_validator(mode="after")
        def _fast_is_faster(self) -> MovingAverageCross.Params:
            if self.fast_bars >= self.slow_bars:
                raise ValueError(f"fast_bars {self.fast_bars} must be less than slow_bars {self.slow_bars}")
            return self

    params: Params

    def generate_signals(self, panel: pd.DataFrame, predictions: pd.DataFrame | None) -> pd.Series:  # noqa: ARG002 - rule-based
        """Return the exposure of the side that each ticker is on; predictions are not read."""
        import numpy as np
        from qlop.engine import own_bars, panel_arrays, rolling_mean, rows_to_panel, share_account

        bars = own_bars(panel)
        close = bars.wide(panel["close"])
        # Differences of running sums carry rounding errors; averages this close are equal.
        lead = rolling_mean(close, self.params.fast_bars) / rolling_mean(close, self.params.slow_bars) - 1.0
        sign = np.where(np.abs(lead) <= 1e-12, 0.0, np.sign(lead))
        wanted = np.where(sign > 0.0, self.params.long_exposure, np.where(sign < 0.0, self.params.short_exposure, 0.0))
        wanted = np.where(np.isnan(lead), np.nan, wanted)
        arrays = panel_arrays(panel)
        return share_account(
            arrays,
            panel.index,
            rows_to_panel(arrays, panel.index, bars.rows(wanted)),
            stale_limit_bars=self.params.stale_limit_bars,
        )
