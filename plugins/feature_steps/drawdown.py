"""Drawdown: how far the price is below its best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import qlop
from pydantic import Field, field_validator

if TYPE_CHECKING:
    import pandas as pd


class Drawdown(qlop.FeatureStepPlugin):
    """Drawdown from the highest close, distance from the highest high, and the window's deepest drawdown.

    Formulas over the last n bars, the current one included:
    drawdown: C[t] / max C - 1; distance_from_high: C[t] / max H - 1; max_drawdown: the least of the window's
    drawdowns, each from the highest close of the n bars that end with it (so it looks 2n - 2 bars back).
    All are 0 or negative. Columns: <name>_<n>, <name>_distance_from_high_<n>, <name>_max_<n>. NaN in a ticker's first
    n - 1 bars (max_drawdown: 2n - 2).
    """

    name = "drawdown"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `drawdown`."""

        windows_bars: tuple[Annotated[int, Field(ge=2, le=10_000)], ...] = Field(
            default=(252,), min_length=1, description="Bars in each window, the current one included."
        )
        measures: tuple[Literal["drawdown", "distance_from_high", "max_drawdown"], ...] = Field(
            default=("drawdown", "distance_from_high"), min_length=1, description="Which columns are made."
        )

        @field_validator("windows_bars", "measures")
        @classmethod
        def _names_each_once(cls, named: tuple[object, ...]) -> tuple[object, ...]:
            if len(set(named)) != len(named):
                raise ValueError(f"{named} names an entry twice")
            return named

    params: Params

    @property
    def lookback_bars(self) -> int:
        """The longest window but the current bar; twice that for max_drawdown."""
        return (max(self.params.windows_bars) - 1) * (2 if "max_drawdown" in self.params.measures else 1)

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The close, and the high where it is needed."""
        return ("close", "high") if "distance_from_high" in self.params.measures else ("close",)

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return one column a window and measure."""
        from qlop.engine import own_bars, rolling_max, rolling_min

        bars = own_bars(data)
        close = bars.wide(data["close"])
        columns = {}
        for window in self.params.windows_bars:
            drawdown = close / rolling_max(close, window) - 1.0
            if "drawdown" in self.params.measures:
                columns[f"{self.name}_{window}"] = drawdown
            if "distance_from_high" in self.params.measures:
                high = rolling_max(bars.wide(data["high"]), window)
                columns[f"{self.name}_distance_from_high_{window}"] = close / high - 1.0
            if "max_drawdown" in self.params.measures:
                columns[f"{self.name}_max_{window}"] = rolling_min(drawdown, window)
        return bars.frame(columns)
