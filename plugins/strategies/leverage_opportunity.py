"""Leverage where its predicted payoff is worth it, and only there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import qlop
from pydantic import Field, model_validator

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_NEEDED = ("payoff_probability", "payoff_gain", "payoff_loss")


class LeverageOpportunity(qlop.StrategyPlugin):
    """Sizes each ticker by the probability that one more unit of exposure pays, and by how much it pays or costs.

    With p = payoff_probability, b = payoff_gain = E[X | X > 0] and a = payoff_loss = E[-X | X <= 0] of the payoff X of
    a unit of exposure, net of financing and costs, the growth-optimal exposure is f* = p / a - (1 - p) / b (Kelly 1956,
    for two outcomes). The exposure is clip(kelly_fraction f*, min_exposure, max_exposure), changed when it moves by
    more than `min_change`, and divided by the number of tickers that trade: pooled tickers at 2 give an account at 2.

    `min_exposure` is what is held when there is no opportunity. The default of 1 asks the question of the label: the
    unlevered position is held anyway, and the model decides on the leverage alone, so that the difference to always-1x
    is the worth of its decisions. With 0 the model may also leave the market. Decided at the close of the prediction's
    bar. A bar without a prediction, or whose fold could not say the payoff, keeps the exposure last decided
    (`without_prediction: hold`) or goes to min_exposure (`minimum`); before a ticker's first prediction it is NaN.
    """

    name = "leverage_opportunity"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    needs_predictions = True

    class Params(qlop.Params):
        """Parameters of `leverage_opportunity`."""

        kelly_fraction: float = Field(
            default=0.5, gt=0.0, le=1.0, description="Part of the growth-optimal exposure; 0.5 is half Kelly."
        )
        min_exposure: float = Field(
            default=1.0, ge=0.0, le=100.0, description="Exposure where there is no opportunity: 1 unlevered, 0 out."
        )
        max_exposure: float = Field(default=2.0, gt=0.0, le=100.0, description="Largest exposure.")
        min_change: float = Field(default=0.1, ge=0.0, le=100.0, description="Moves up to this are left alone.")
        side: Literal["long", "short"] = Field(default="long", description="The side that the label was made for.")
        max_gross: float | None = Field(
            default=None, gt=0.0, le=1000.0, description="Cap on the account's leverage over all tickers; null: none."
        )
        without_prediction: Literal["hold", "minimum"] = Field(
            default="hold", description="Bars without a prediction keep the exposure, or go to min_exposure."
        )
        stale_limit_bars: int = Field(
            default=60,
            ge=0,
            le=1_000_000,
            description="A ticker without a bar keeps its share of the account for so many bars of the panel.",
        )

        @model_validator(mode="after")
        def _bounds_are_in_order(self) -> LeverageOpportunity.Params:
            if self.min_exposure > self.max_exposure:
                raise ValueError(f"min_exposure {self.min_exposure} is above max_exposure {self.max_exposure}")
            return self

    params: Params

    @property
    def label_side(self) -> Literal["long", "short"]:
        """The parameter `side`."""
        return self.params.side

    @property
    def needed_columns(self) -> tuple[str, ...]:
        """Those of the payoff."""
        return _NEEDED

    def generate_signals(self, panel: pd.DataFrame, predictions: pd.DataFrame | None) -> pd.Series:
        """Return the sized exposures.

        Raises
        ------
        DataError
            If there are no predictions, they lack the payoff's columns, or predict a row twice or none of the panel's.
        """
        import numpy as np
        from qlop.engine import changed_beyond, panel_arrays, predictions_on_panel, share_account

        params = self.params
        arrays = panel_arrays(panel)
        probability, gain, loss = predictions_on_panel(
            arrays, panel.index, predictions, _NEEDED, f"Strategy {self.name!r}"
        )
        size = np.clip(
            params.kelly_fraction * self._optimal(probability, gain, loss), params.min_exposure, params.max_exposure
        )
        if params.without_prediction == "minimum":
            has_begun = np.maximum.accumulate(~np.isnan(size), axis=0)
            size = np.where(np.isnan(size) & has_begun, params.min_exposure, size)
        held = changed_beyond(size, params.min_change)
        sign = 1.0 if params.side == "long" else -1.0
        return share_account(
            arrays,
            panel.index,
            sign * held,
            max_gross=params.max_gross,
            stale_limit_bars=params.stale_limit_bars,
        )

    @staticmethod
    def _optimal(
        probability: NDArray[np.float64], gain: NDArray[np.float64], loss: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return f*; NaN where gain and loss are not both positive."""
        import numpy as np

        is_sized = (gain > 0.0) & (loss > 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            optimal: NDArray[np.float64] = np.where(is_sized, probability / loss - (1.0 - probability) / gain, np.nan)
        return optimal
