"""Moving-average convergence and divergence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import qlop
from pydantic import Field, model_validator

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class Macd(qlop.FeatureStepPlugin):
    """Difference of two exponential averages of the close, its signal line and their difference.

    Formulas: line = EMA(C, fast) - EMA(C, slow); signal = EMA(line, signal); histogram = line - signal. An EMA of span
    n begins with the mean of its first n values and goes on with weight 2 / (n + 1). Divided by the close where
    `normalised`, so that tickers compare. Source: Appel, Technical Analysis: Power Tools for Active Investors (2005).
    Columns: <name>_line, <name>_signal, <name>_histogram. NaN in a ticker's first slow - 1 bars (line), or
    slow + signal - 2 (the others). The averages are recursive: `lookback_bars` is where older bars weigh less than
    1e-9.
    """

    name = "macd"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `macd`."""

        fast_bars: int = Field(default=12, ge=1, le=1_000, description="Span of the fast average.")
        slow_bars: int = Field(default=26, ge=2, le=1_000, description="Span of the slow average.")
        signal_bars: int = Field(default=9, ge=1, le=1_000, description="Span of the signal line.")
        normalised: bool = Field(default=True, description="Whether all are divided by the close.")
        outputs: tuple[Literal["line", "signal", "histogram"], ...] = Field(
            default=("line", "signal", "histogram"), min_length=1, description="Which columns are made."
        )

        @model_validator(mode="after")
        def _fast_is_faster(self) -> Macd.Params:
            if self.fast_bars >= self.slow_bars:
                raise ValueError(f"fast_bars {self.fast_bars} must be less than slow_bars {self.slow_bars}")
            if len(set(self.outputs)) != len(self.outputs):
                raise ValueError(f"outputs {self.outputs} names a column twice")
            return self

    params: Params

    @property
    def lookback_bars(self) -> int:
        """The memory of the slow average and, on top of it, of the signal line."""
        slow = self._memory(self.params.slow_bars)
        return slow if self.params.outputs == ("line",) else slow + self._memory(self.params.signal_bars)

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The closing price."""
        return ("close",)

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return one column an output."""
        import numpy as np
        from qlop.engine import exponential_average, own_bars

        def average(values: NDArray[np.float64], span: int) -> NDArray[np.float64]:
            return exponential_average(values, seed_bars=span, weight=2.0 / (span + 1))

        bars = own_bars(data)
        close = bars.wide(data["close"])
        line = average(close, self.params.fast_bars) - average(close, self.params.slow_bars)
        signal = average(line, self.params.signal_bars)
        scale = close if self.params.normalised else np.ones_like(close)
        columns = {"line": line / scale, "signal": signal / scale, "histogram": (line - signal) / scale}
        return bars.frame({f"{self.name}_{output}": columns[output] for output in self.params.outputs})

    @staticmethod
    def _memory(span: int) -> int:
        from qlop.engine import recursion_memory_bars

        return recursion_memory_bars(2.0 / (span + 1)) + span
