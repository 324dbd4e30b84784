"""Whether the return that follows is above a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import pandas as pd


class Direction(qlop.LabelerPlugin):
    """One where the return that follows is above a threshold, else zero.

    Formula: target = 1 where r > threshold_return, else 0; r as in `forward_return` (side short: of the short). A
    return that equals the threshold gives 0. payoff = r - financing of a unit - costs. NaN where the exit is not in the
    data.
    """

    name = "direction"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `direction`."""

        horizon_bars: int = Field(default=5, ge=1, le=10_000, description="The ticker's own bars from entry to exit.")
        threshold_return: float = Field(
            default=0.0, ge=-1.0, le=10.0, description="Return to be exceeded; 0.01 is 1 %."
        )
        side: Literal["long", "short"] = Field(default="long", description="Whose return it is.")
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
        """Classification."""
        return "classification"

    @property
    def question(self) -> str:
        """Whether the return exceeds the threshold."""
        params = self.params
        return (
            f"does the return of a {params.side} over {params.horizon_bars} bars exceed "
            f"{100.0 * params.threshold_return:g} %?"
        )

    @property
    def label_side(self) -> Literal["long", "short"]:
        """The parameter `side`."""
        return self.params.side

    @property
    def classes(self) -> tuple[float, ...] | None:
        """0 and 1."""
        return (0.0, 1.0)

    def label(self, data: pd.DataFrame, *, terms: qlop.BrokerTerms) -> pd.DataFrame:
        """Return `target`, `label_end`, `payoff` and `position_return` (r)."""
        import numpy as np
        from qlop.engine import fixed_horizon_trades, forward_prices, labels_frame

        prices = forward_prices(data)
        trades = fixed_horizon_trades(prices, self.params.horizon_bars, side=self.params.side, fill=self.params.fill)
        returns = trades.position_return
        target = np.where(np.isnan(returns), np.nan, returns > self.params.threshold_return)
        columns = {"payoff": trades.payoff(terms, order_value=self.params.position_value), "position_return": returns}
        return labels_frame(prices, target, trades.exit_bar, columns)
