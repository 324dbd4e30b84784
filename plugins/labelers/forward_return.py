"""The return that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import pandas as pd


class ForwardReturn(qlop.LabelerPlugin):
    """Return from the next open over a horizon of the ticker's own bars; a regression target.

    Formula: target = P[T] / P[entry] - 1, dividends included. fill next_open: O[t+1] to O[t+1+H]; next_close: C[t+1] to
    C[t+1+H]; same_close: C[t] to C[t+H]. label_end is the bar of T. payoff = target - financing of a wholly borrowed
    unit - costs. NaN where T is not in the data.
    """

    name = "forward_return"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `forward_return`."""

        horizon_bars: int = Field(default=5, ge=1, le=10_000, description="The ticker's own bars from entry to exit.")
        fill: Literal["next_open", "next_close", "same_close"] = Field(
            default="next_open", description="Where the trade enters and leaves; as in execution.fill."
        )
        position_value: float | None = Field(
            default=None,
            gt=0.0,
            description="Position's value in currency; without it a broker's minimum fee is left out of the payoff.",
        )

    params: Params

    @property
    def task(self) -> Literal["classification", "regression"]:
        """Regression."""
        return "regression"

    @property
    def question(self) -> str:
        """What the return is."""
        return f"what does the price, dividends included, return over {self.params.horizon_bars} bars?"

    @property
    def label_side(self) -> Literal["long", "short"]:
        """Long."""
        return "long"

    def label(self, data: pd.DataFrame, *, terms: qlop.BrokerTerms) -> pd.DataFrame:
        """Return `target`, `label_end`, `payoff` and `position_return` (the target again, as reports name it)."""
        from qlop.engine import fixed_horizon_trades, forward_prices, labels_frame

        prices = forward_prices(data)
        trades = fixed_horizon_trades(prices, self.params.horizon_bars, fill=self.params.fill)
        returns = trades.position_return
        columns = {"payoff": trades.payoff(terms, order_value=self.params.position_value), "position_return": returns}
        return labels_frame(prices, returns, trades.exit_bar, columns)
