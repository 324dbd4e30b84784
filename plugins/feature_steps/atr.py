"""The average true range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import pandas as pd


class Atr(qlop.FeatureStepPlugin):
    """Wilder's average true range, as a fraction of the close or in currency.

    Formula: the true range is max(H[t], C[t-1]) - min(L[t], C[t-1]); its average begins with the mean of the first n
    and goes on as A[t] = A[t-1] + (TR[t] - A[t-1]) / n. Source: Wilder, New Concepts in Technical Trading Systems
    (1978); the first true range is that of the second bar, the first that has a close before it. Column: <name>. NaN in
    a ticker's first n bars. The average is recursive: `lookback_bars` is where older bars weigh less than 1e-9.
    """

    name = "atr"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `atr`."""

        window_bars: int = Field(default=14, ge=1, le=1_000, description="Ranges in Wilder's average.")
        normalised: bool = Field(default=True, description="Whether it is divided by the close.")

    params: Params

    @property
    def lookback_bars(self) -> int:
        """The memory of Wilder's average, and its first window."""
        from qlop.engine import recursion_memory_bars

        return recursion_memory_bars(1.0 / self.params.window_bars) + self.params.window_bars

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The prices that a true range reads."""
        return ("high", "low", "close")

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return one column."""
        import numpy as np
        from qlop.engine import bars_ago, exponential_average, own_bars

        bars = own_bars(data)
        high, low, close = (bars.wide(data[name]) for name in ("high", "low", "close"))
        previous = bars_ago(close, 1)
        true_range = np.maximum(high, previous) - np.minimum(low, previous)
        n = self.params.window_bars
        average = exponential_average(true_range, seed_bars=n, weight=1.0 / n)
        return bars.frame({self.name: average / close if self.params.normalised else average})
