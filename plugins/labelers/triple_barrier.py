"""Which of three barriers the price touches first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import qlop
from pydantic import Field, model_validator

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class TripleBarrier(qlop.LabelerPlugin):
    """Profit, stop or time: what the path after the next open touches first.

    Barriers: e (1 + profit_multiple s) and e (1 - stop_multiple s) for a long, mirrored for a short, e = O[t+1]; s is
    the volatility of log closes a bar over `volatility_window_bars` (ddof 1), known at t, times sqrt(H) where
    `volatility_scale` is horizon. The path is that of opens, highs and lows of t+1 .. t+H; an open beyond a barrier
    leaves at the open; where a bar holds both barriers the stop comes first. What touches neither leaves at O[t+1+H],
    the vertical barrier. label_end is the vertical barrier's bar, also after an early touch, so that purging does not
    keep early touches and drop the rest. Targets: profit_first is 1 where the profit barrier was touched first;
    positive_return is 1 where the trade's return is above 0; return is that return (regression). payoff = return -
    financing of a unit - costs, all to the touch. NaN where the volatility is not known or zero, or the data end before
    the vertical barrier. Source: Lopez de Prado, Advances in Financial Machine Learning (2018), sections 3.3 to 3.5.
    """

    name = "triple_barrier"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `triple_barrier`."""

        horizon_bars: int = Field(default=10, ge=1, le=1_000, description="Own bars until the vertical barrier.")
        profit_multiple: float | None = Field(
            default=2.0, gt=0.0, le=100.0, description="Profit barrier in volatilities; null for none."
        )
        stop_multiple: float | None = Field(
            default=2.0, gt=0.0, le=100.0, description="Stop barrier in volatilities; null for none."
        )
        volatility_window_bars: int = Field(default=20, ge=2, le=10_000, description="Returns in the volatility.")
        volatility_scale: Literal["bar", "horizon"] = Field(
            default="bar", description="bar: volatility of one bar; horizon: times the square root of the horizon."
        )
        side: Literal["long", "short"] = Field(default="long", description="Side of the trade.")
        target: Literal["profit_first", "positive_return", "return"] = Field(
            default="profit_first", description="What is learnt: two classes, or the return at the touch."
        )
        position_value: float | None = Field(
            default=None,
            gt=0.0,
            description="Position's value in currency; without it a broker's minimum fee is left out of the payoff.",
        )

        @model_validator(mode="after")
        def _profit_can_come_first(self) -> TripleBarrier.Params:
            if self.profit_multiple is None and self.target == "profit_first":
                raise ValueError("profit_multiple is null, so target 'profit_first' is never 1; give it a multiple")
            return self

    params: Params

    @property
    def task(self) -> Literal["classification", "regression"]:
        """Regression where the target is the return, else classification."""
        return "regression" if self.params.target == "return" else "classification"

    @property
    def question(self) -> str:
        """What the target says of the trade."""
        asked = {
            "profit_first": "does it touch its profit barrier before any other?",
            "positive_return": "does it return more than 0 %?",
            "return": "what does it return?",
        }[self.params.target]
        return f"of a {self.params.side} that leaves at a barrier, or after {self.params.horizon_bars} bars: {asked}"

    @property
    def label_side(self) -> Literal["long", "short"]:
        """The parameter `side`."""
        return self.params.side

    @property
    def classes(self) -> tuple[float, ...] | None:
        """0 and 1 where it is a classification."""
        return (0.0, 1.0) if self.task == "classification" else None

    def label(self, data: pd.DataFrame, *, terms: qlop.BrokerTerms) -> pd.DataFrame:
        """Return `target`, `label_end`, `payoff`, `position_return` and `outcome` (1 profit, -1 stop, 0 time)."""
        import numpy as np
        from qlop.engine import first_touch, forward_prices, labels_frame, realized_volatility

        prices = forward_prices(data)
        volatility = realized_volatility(prices, self.params.volatility_window_bars, periods_per_year=1.0)
        if self.params.volatility_scale == "horizon":
            volatility = volatility * np.sqrt(self.params.horizon_bars)
        volatility = np.where(volatility > 0.0, volatility, np.nan)
        touch = first_touch(
            prices,
            self._barrier(volatility, self.params.profit_multiple),
            self._barrier(volatility, self.params.stop_multiple),
            self.params.horizon_bars,
            side=self.params.side,
        )
        returns = touch.trades.position_return
        targets = {"profit_first": touch.outcome == 1.0, "positive_return": returns > 0.0, "return": returns}
        target = np.where(np.isnan(touch.outcome), np.nan, targets[self.params.target])
        payoff = touch.trades.payoff(terms, order_value=self.params.position_value)
        columns = {"payoff": payoff, "position_return": returns, "outcome": touch.outcome}
        return labels_frame(prices, target, touch.vertical_bar, columns)

    @staticmethod
    def _barrier(volatility: NDArray[np.float64], multiple: float | None) -> NDArray[np.float64]:
        import numpy as np

        return np.where(np.isnan(volatility), np.nan, np.inf) if multiple is None else multiple * volatility
