"""The relative strength index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import pandas as pd


class Rsi(qlop.FeatureStepPlugin):
    """Wilder's relative strength index, from 0 to 100.

    Formula: 100 U / (U + D), U and D being Wilder's averages of the closes' gains and losses: the mean of the first n,
    then U[t] = U[t-1] + (gain[t] - U[t-1]) / n. 50 where neither has moved. Source: Wilder, New Concepts in Technical
    Trading Systems (1978). Column: <name>. NaN in a ticker's first n bars. The average is recursive: `lookback_bars` is
    where older bars weigh less than 1e-9.
    """

    name = "rsi"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `rsi`."""

        window_bars: int = Field(default=14, ge=2, le=1_000, description="Changes in Wilder's average.")

    params: Params

    @property
    def lookback_bars(self) -> int:
        """The memory of Wilder's average, and its first window."""
        from qlop.engine import recursion_memory_bars

        return recursion_memory_bars(1.0 / self.params.window_bars) + self.params.window_bars

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The closing price."""
        return ("close",)

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return one column."""
        import numpy as np
        from qlop.engine import bars_ago, exponential_average, own_bars

        bars = own_bars(data)
        close = bars.wide(data["close"])
        change = close - bars_ago(close, 1)
        n = self.params.window_bars
        gains = exponential_average(np.maximum(change, 0.0), seed_bars=n, weight=1.0 / n)
        losses = exponential_average(np.maximum(-change, 0.0), seed_bars=n, weight=1.0 / n)
        moved = gains + losses
        return bars.frame({self.name: np.where(moved == 0.0, 50.0, 100.0 * gains / np.where(moved == 0.0, 1.0, moved))})
