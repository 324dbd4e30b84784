"""Ratios of moving averages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import qlop
from pydantic import Field, field_validator

if TYPE_CHECKING:
    import pandas as pd

Window = Annotated[int, Field(ge=1, le=10_000)]


class MovingAverageRatio(qlop.FeatureStepPlugin):
    """Fast over slow moving average of the close, less one, for each pair.

    Formula: A(fast) / A(slow) - 1, A the mean of the last n closes (simple), or the exponential average of span n: it
    begins with the mean of the first n and goes on with weight 2 / (n + 1). A fast window of 1 is the close itself.
    Source: Brock, Lakonishok and LeBaron, Journal of Finance 47 (1992). Columns: <name>_<fast>_<slow>. NaN in a
    ticker's first slow - 1 bars. Exponential averages are recursive: `lookback_bars` is where older bars weigh less
    than 1e-9.
    """

    name = "moving_average_ratio"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `moving_average_ratio`."""

        pairs_bars: tuple[tuple[Window, Window], ...] = Field(
            default=((10, 50), (50, 200)), min_length=1, description="Fast and slow window of each ratio."
        )
        average: Literal["simple", "exponential"] = Field(default="simple", description="Kind of moving average.")

        @field_validator("pairs_bars")
        @classmethod
        def _fast_is_faster(cls, pairs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
            for fast, slow in pairs:
                if fast >= slow:
                    raise ValueError(f"the fast window {fast} must be less than the slow window {slow}")
            if len(set(pairs)) != len(pairs):
                raise ValueError(f"{pairs} names a pair twice")
            return pairs

    params: Params

    @property
    def lookback_bars(self) -> int:
        """The longest slow window but the current bar; with exponential averages, its memory."""
        from qlop.engine import recursion_memory_bars

        slow = max(slow for _, slow in self.params.pairs_bars)
        return slow - 1 if self.params.average == "simple" else recursion_memory_bars(2.0 / (slow + 1)) + slow

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The closing price."""
        return ("close",)

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return one column a pair."""
        from qlop.engine import exponential_average, own_bars, rolling_mean

        bars = own_bars(data)
        close = bars.wide(data["close"])
        averages = {}
        for window in sorted({window for pair in self.params.pairs_bars for window in pair}):
            if self.params.average == "simple":
                averages[window] = rolling_mean(close, window)
            else:
                averages[window] = exponential_average(close, seed_bars=window, weight=2.0 / (window + 1))
        return bars.frame(
            {
                f"{self.name}_{fast}_{slow}": averages[fast] / averages[slow] - 1.0
                for fast, slow in self.params.pairs_bars
            }
        )
