"""Returns over horizons, simple or logarithmic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import qlop
from pydantic import Field, field_validator

if TYPE_CHECKING:
    import pandas as pd


class Returns(qlop.FeatureStepPlugin):
    """Return of the close over each horizon, simple or logarithmic, optionally lagged.

    Formula: P[t - lag] / P[t - lag - h] - 1, or its logarithm ln(P[t - lag] / P[t - lag - h]), of the ticker's own
    bars. Unlike `momentum` the lag moves both ends, so that lagged returns do not overlap. Columns: <name>_<h>, with
    lags <name>_<h>_lag_<l>. NaN in a ticker's first h + lag bars.
    """

    name = "returns"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `returns`."""

        horizons_bars: tuple[Annotated[int, Field(ge=1, le=10_000)], ...] = Field(
            default=(1,), min_length=1, description="Length of each return in the ticker's bars."
        )
        lags_bars: tuple[Annotated[int, Field(ge=0, le=10_000)], ...] = Field(
            default=(0,), min_length=1, description="How many bars before t each return ends."
        )
        kind: Literal["simple", "log"] = Field(default="simple", description="simple P1 / P0 - 1, or log ln(P1 / P0).")

        @field_validator("horizons_bars", "lags_bars")
        @classmethod
        def _names_each_once(cls, bars: tuple[int, ...]) -> tuple[int, ...]:
            if len(set(bars)) != len(bars):
                raise ValueError(f"{bars} names a number twice")
            return bars

    params: Params

    @property
    def lookback_bars(self) -> int:
        """The longest horizon and the longest lag together."""
        return max(self.params.horizons_bars) + max(self.params.lags_bars)

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The closing price."""
        return ("close",)

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return one column a horizon and lag."""
        import numpy as np
        from qlop.engine import bars_ago, own_bars

        bars = own_bars(data)
        close = bars.wide(data["close"])
        columns = {}
        for horizon in self.params.horizons_bars:
            growth = close / bars_ago(close, horizon)
            values = np.log(growth) if self.params.kind == "log" else growth - 1.0
            for lag in self.params.lags_bars:
                columns[self._column(horizon, lag)] = bars_ago(values, lag)
        return bars.frame(columns)

    def _column(self, horizon: int, lag: int) -> str:
        return f"{self.name}_{horizon}" if lag == 0 else f"{self.name}_{horizon}_lag_{lag}"
