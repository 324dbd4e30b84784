"""Less when it is wild, more when it is calm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class VolatilityManaged(qlop.StrategyPlugin):
    """Exposure inversely proportional to the latest variance of returns.

    Formula, for each ticker: w = min(c / sigma^2, max_exposure), sigma^2 the variance of the last `window_bars` simple
    returns of the ticker's own closes, the current one included, per bar; it is known at the close that decides w, so
    the returns that w earns come after it. The constant c:

    - target_vol: (target_volatility_annual^2) / periods_per_year, so that w is 1 at the target;
    - expanding: the standard deviation of the returns so far over that of return / (the sigma^2 before it), so that the
      uncapped managed returns have been as volatile as the unmanaged ones; from `window_bars` such returns on;
    - full_sample: the same over all bars. It looks ahead, `looks_ahead` says so, and verdicts leave it out.

    Exposure is w over the number of tickers that trade, changed when w moves by more than `min_change`. Flat prices
    (variance zero) give max_exposure. NaN before w is known. Source: Moreira and Muir, Volatility-Managed Portfolios,
    Journal of Finance 72 (2017), whose c is the full sample's.
    """

    name = "volatility_managed"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `volatility_managed`."""

        window_bars: int = Field(default=21, ge=2, le=10_000, description="Returns in the variance.")
        ddof: int = Field(default=1, ge=0, le=1, description="Taken off the variance's divisor.")
        scale: Literal["target_vol", "expanding", "full_sample"] = Field(
            default="expanding", description="Where the constant c comes from; full_sample looks ahead."
        )
        target_volatility_annual: float = Field(
            default=0.2, gt=0.0, le=10.0, description="target_vol: annual volatility at which the exposure is 1."
        )
        max_exposure: float = Field(default=2.0, gt=0.0, le=100.0, description="Cap on w.")
        min_change: float = Field(default=0.1, ge=0.0, le=100.0, description="Moves of w up to this are left alone.")
        periods_per_year: float = Field(default=252.0, gt=0.0, le=1e6, description="Bars in a year.")
        stale_limit_bars: int = Field(
            default=60,
            ge=0,
            le=1_000_000,
            description="A ticker without a bar keeps its share of the account for so many bars of the panel.",
        )

    params: Params

    @property
    def looks_ahead(self) -> bool:
        """True with the full sample's scale."""
        return self.params.scale == "full_sample"

    def generate_signals(self, panel: pd.DataFrame, predictions: pd.DataFrame | None) -> pd.Series:  # noqa: ARG002 - rule-based
        """Return the managed exposure; predictions are not read."""
        import numpy as np
        from qlop.engine import (
            bars_ago,
            changed_beyond,
            own_bars,
            panel_arrays,
            rolling_std,
            rows_to_panel,
            share_account,
        )

        params = self.params
        bars = own_bars(panel)
        close = bars.wide(panel["close"])
        returns = close / bars_ago(close, 1) - 1.0
        variance = rolling_std(returns, params.window_bars, ddof=params.ddof) ** 2
        scale = self._scale(returns, bars_ago(variance, 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = np.where(variance > 0.0, np.minimum(scale / variance, params.max_exposure), params.max_exposure)
        weight = np.where(np.isnan(variance) | np.isnan(scale), np.nan, weight)
        held = changed_beyond(weight, params.min_change)
        arrays = panel_arrays(panel)
        return share_account(
            arrays,
            panel.index,
            rows_to_panel(arrays, panel.index, bars.rows(held)),
            stale_limit_bars=self.params.stale_limit_bars,
        )

    def _scale(self, returns: NDArray[np.float64], variance_before: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        params = self.params
        if params.scale == "target_vol":
            return np.full_like(returns, params.target_volatility_annual**2 / params.periods_per_year)
        with np.errstate(divide="ignore", invalid="ignore"):
            managed = np.where(variance_before > 0.0, returns / variance_before, np.nan)
            paired = np.where(np.isnan(managed), np.nan, returns)
            scale = self._spread_so_far(paired) / self._spread_so_far(managed)
        if params.scale == "expanding":
            return scale
        last = np.where(np.isnan(returns), -1, np.arange(len(returns))[:, None]).max(axis=0)
        return np.broadcast_to(scale[last, np.arange(returns.shape[1])], returns.shape)

    def _spread_so_far(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        import pandas as pd

        spread: NDArray[np.float64] = (
            pd.DataFrame(values).expanding(self.params.window_bars).std(ddof=self.params.ddof).to_numpy()
        )
        return spread
