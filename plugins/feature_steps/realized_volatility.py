"""Realized volatility, from closes or from the bars' ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import qlop
from pydantic import Field, model_validator

if TYPE_CHECKING:
    import pandas as pd


class RealizedVolatility(qlop.FeatureStepPlugin):
    """Annualised volatility of the last bars: of closes, Parkinson's or Garman and Klass's.

    Formulas, n the window, P periods_per_year, means over the last n bars, the current one included:
    close: sqrt(P / (n - ddof) sum (x - mean x)^2), x = ln(C[t] / C[t-1]);
    parkinson: sqrt(P mean[ln(H / L)^2] / (4 ln 2)), Parkinson, Journal of Business 53 (1980);
    garman_klass: sqrt(P mean[ln(H / L)^2 / 2 - (2 ln 2 - 1) ln(C / O)^2]), Garman and Klass, same volume.
    The range estimators do not see the gap from close to open. Columns: <name>_<n>. NaN in a ticker's first n bars
    (close), or n - 1 (the others).
    """

    name = "realized_volatility"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `realized_volatility`."""

        windows_bars: tuple[Annotated[int, Field(ge=2, le=10_000)], ...] = Field(
            default=(20,), min_length=1, description="Returns, or bars, in each window."
        )
        estimator: Literal["close", "parkinson", "garman_klass"] = Field(
            default="close", description="What the volatility is estimated from."
        )
        periods_per_year: float = Field(default=252.0, gt=0.0, le=1e6, description="Bars in a year, to annualise by.")
        ddof: Literal[0, 1] = Field(default=1, description="close only: taken off the divisor of the variance.")

        @model_validator(mode="after")
        def _names_each_window_once(self) -> RealizedVolatility.Params:
            if len(set(self.windows_bars)) != len(self.windows_bars):
                raise ValueError(f"windows_bars {self.windows_bars} names a window twice")
            return self

    params: Params

    @property
    def lookback_bars(self) -> int:
        """The longest window; one less for the range estimators, which need no earlier close."""
        return max(self.params.windows_bars) - (self.params.estimator != "close")

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The prices that the estimator reads."""
        read = {"close": ("close",), "parkinson": ("high", "low"), "garman_klass": ("open", "high", "low", "close")}
        return read[self.params.estimator]

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return one column a window."""
        import numpy as np
        from qlop.engine import WideBars, own_bars, realized_volatility

        bars = own_bars(data)
        unread = np.full(bars.shape, np.nan)
        prices = WideBars(
            *(
                bars.wide(data[name]) if name in self.input_columns else unread
                for name in ("open", "high", "low", "close")
            )
        )
        return bars.frame(
            {
                f"{self.name}_{window}": realized_volatility(
                    prices,
                    window,
                    estimator=self.params.estimator,
                    periods_per_year=self.params.periods_per_year,
                    ddof=self.params.ddof,
                )
                for window in self.params.windows_bars
            }
        )
