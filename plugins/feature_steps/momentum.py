"""Momentum: how far a price has come over a horizon, the last bars left out where asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import qlop
from pydantic import Field, model_validator

if TYPE_CHECKING:
    import pandas as pd


class Momentum(qlop.FeatureStepPlugin):
    """Simple return over each horizon, optionally leaving out the latest bars.

    Formula: C[t - skip] / C[t - h] - 1, of the ticker's own bars. With h = 252 and skip = 21 it is the twelve-to-one-
    month momentum of Jegadeesh and Titman, Journal of Finance 48 (1993). Columns: <name>_<h>. NaN in a ticker's first
    h bars.
    """

    name = "momentum"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `momentum`."""

        horizons_bars: tuple[Annotated[int, Field(ge=1, le=10_000)], ...] = Field(
            default=(20,), min_length=1, description="How many of the ticker's bars each return begins before t."
        )
        skip_bars: int = Field(default=0, ge=0, le=9_999, description="Latest bars left out of the return.")

        @model_validator(mode="after")
        def _horizons_reach_beyond_the_skip(self) -> Momentum.Params:
            if min(self.horizons_bars) <= self.skip_bars:
                raise ValueError(f"skip_bars {self.skip_bars} must be less than every horizon of {self.horizons_bars}")
            if len(set(self.horizons_bars)) != len(self.horizons_bars):
                raise ValueError(f"horizons_bars {self.horizons_bars} names a horizon twice")
            return self

    params: Params

    @property
    def lookback_bars(self) -> int:
        """The longest horizon."""
        return max(self.params.horizons_bars)

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The closing price."""
        return ("close",)

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return one column a horizon."""
        from qlop.engine import bars_ago, own_bars

        bars = own_bars(data)
        close = bars.wide(data["close"])
        latest = bars_ago(close, self.params.skip_bars)
        return bars.frame({f"{self.name}_{h}": latest / bars_ago(close, h) - 1.0 for h in self.params.horizons_bars})
