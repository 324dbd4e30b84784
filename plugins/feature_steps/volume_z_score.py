"""How unusual a bar's volume is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import qlop
from pydantic import Field, field_validator

if TYPE_CHECKING:
    import pandas as pd


class VolumeZScore(qlop.FeatureStepPlugin):
    """Volume in standard deviations from its mean over the last bars.

    Formula: (v[t] - mean v) / sd v over the last n bars, the current one included, ddof 1; v is the volume, or
    ln(1 + volume) where `logarithmic`. Columns: <name>_<n>. NaN in a ticker's first n - 1 bars, and where the volume of
    the window does not vary.
    """

    name = "volume_z_score"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `volume_z_score`."""

        windows_bars: tuple[Annotated[int, Field(ge=3, le=10_000)], ...] = Field(
            default=(20,), min_length=1, description="Bars in each window, the current one included."
        )
        logarithmic: bool = Field(
            default=True, description="Whether ln(1 + volume) is scored, which outliers bend less."
        )

        @field_validator("windows_bars")
        @classmethod
        def _names_each_once(cls, windows: tuple[int, ...]) -> tuple[int, ...]:
            if len(set(windows)) != len(windows):
                raise ValueError(f"{windows} names a window twice")
            return windows

    params: Params

    @property
    def lookback_bars(self) -> int:
        """The longest window but the current bar."""
        return max(self.params.windows_bars) - 1

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The volume."""
        return ("volume",)

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return one column a window."""
        import numpy as np
        from qlop.engine import own_bars, rolling_max, rolling_mean, rolling_min, rolling_std

        bars = own_bars(data)
        volume = bars.wide(data["volume"])
        scored = np.log1p(volume) if self.params.logarithmic else volume
        columns = {}
        for window in self.params.windows_bars:
            # Rounding can leave a tiny deviation where nothing varies, so that is judged by the extremes.
            varies = rolling_max(volume, window) > rolling_min(volume, window)
            deviation = np.where(varies, rolling_std(scored, window), np.nan)
            columns[f"{self.name}_{window}"] = (scored - rolling_mean(scored, window)) / deviation
        return bars.frame(columns)
