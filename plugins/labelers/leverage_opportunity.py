"""Whether a levered position is worth taking, net of financing and of the risk of a margin call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import qlop
from pydantic import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from qlop.engine import ForwardPrices, OwnBars

    _Computed = tuple[OwnBars, NDArray[np.float64], NDArray[np.int64], Mapping[str, NDArray[np.float64]]]


class LeverageOpportunity(qlop.LabelerPlugin):
    """One where a levered position beats its unlevered twin by more than a hurdle, without a margin call.

    Decided at the close of t; e = O[t+1], T = t + 1 + H of the ticker's own bars, r = O[T] / e - 1, constant shares,
    kappa the broker's cost of one side at e. A long of leverage L ends with W_L = 1 + L r - L kappa (2 + r) - F_L,
    F_L = (L - 1) sum (rate + spread) d / basis; a short with 1 - L r - L kappa (2 + r) - F_L, F_L its borrow fee less
    what its proceeds earn. Advantage A = W_L - W_1 (short: over the short of 1x). The broker closes a long at or below
    e D / (L (1 - m)), a short at or above e C / (L (1 + m)); on such a breach A uses the liquidation's proceeds.
    target = 1 where A > hurdle and no breach. Default hurdle (L^2 - 1) sigma^2 H / (2 P), the variance drag, sigma the
    annual volatility of log closes known at t, P periods_per_year (252: divisor 504). label_end is T, also after an
    early breach. payoff = r - financing - costs of one unit wholly borrowed (or short), held to T: what one more unit
    of exposure pays, so that A = (L - 1) payoff where there is no breach and fees are in bps. NaN where T or sigma is
    not known.
    """

    name = "leverage_opportunity"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.Params):
        """Parameters of `leverage_opportunity`."""

        leverage: float = Field(default=2.0, ge=1.0, le=100.0, description="Position's value over equity, at entry.")
        horizon_bars: int = Field(default=20, ge=1, le=1_000, description="The ticker's own bars from entry to exit.")
        side: Literal["long", "short"] = Field(default="long", description="Side of the position and of its twin.")
        hurdle: float | None = Field(
            default=None,
            ge=-1.0,
            le=10.0,
            description="Advantage to be exceeded, a fraction of equity; null: the variance drag.",
        )
        volatility_window_bars: int = Field(
            default=63, ge=2, le=10_000, description="Returns in the volatility of the variance drag."
        )
        periods_per_year: float = Field(default=252.0, gt=0.0, le=1e6, description="Bars in a year.")
        position_value: float | None = Field(
            default=None,
            gt=0.0,
            description="Position's value in currency; needed where the broker's margin has tiers. Without it a "
            "broker's minimum fee is left out.",
        )
        target: Literal["classification", "advantage"] = Field(
            default="classification", description="classification: 0 or 1; advantage: A itself, a regression."
        )

    params: Params

    @property
    def task(self) -> Literal["classification", "regression"]:
        """Regression where the target is the advantage, else classification."""
        return "regression" if self.params.target == "advantage" else "classification"

    @property
    def question(self) -> str:
        """Whether, or how much, the levered position is worth more than its twin."""
        params = self.params
        kind = "position" if params.side == "long" else "short position"
        held = f"a {kind} of {params.leverage:g}x the equity, held for {params.horizon_bars} bars,"
        net = "than one of 1x, net of costs and of margin calls?"
        if params.target == "advantage":
            return f"how much more is {held} worth {net}"
        return f"is {held} worth more {net}"

    @property
    def label_side(self) -> Literal["long", "short"]:
        """The parameter `side`."""
        return self.params.side

    @property
    def classes(self) -> tuple[float, ...] | None:
        """0 and 1 where it is a classification."""
        return (0.0, 1.0) if self.task == "classification" else None

    def label(self, data: pd.DataFrame, *, terms: qlop.BrokerTerms) -> pd.DataFrame:
        """Return `target`, `label_end`, `payoff`, `position_return`, `advantage`, `breach` (0 or 1) and `hurdle`.

        Raises
        ------
        DataError
            If equity would be no more of the position than the broker's margin asks (the label is refused by the
            broker's terms), margin has tiers and `position_value` is null, or the rates do not fit the panel.
        """
        from qlop.engine import labels_frame

        self._refuse_what_the_broker_refuses(terms)
        return labels_frame(*self._computed(data, terms))

    def _computed(self, data: pd.DataFrame, terms: qlop.BrokerTerms) -> _Computed:
        """Return what the labels are made of; the prices that it is computed from are gone by then."""
        import numpy as np
        from qlop.engine import fixed_horizon_trades, forward_prices

        params = self.params
        prices = forward_prices(data)
        advantage, is_called = self._advantage(prices, terms)
        trades = fixed_horizon_trades(prices, params.horizon_bars, side=params.side)
        hurdle = self._hurdle(prices)
        if params.target == "advantage":
            target = advantage
        else:
            is_worth_it = (advantage > hurdle) & ~is_called
            target = np.where(np.isnan(advantage) | np.isnan(hurdle), np.nan, is_worth_it)
        columns = {
            "payoff": trades.payoff(terms, order_value=params.position_value),
            "position_return": trades.position_return,
            "advantage": advantage,
            "breach": is_called.astype(np.float64),
            "hurdle": hurdle,
        }
        return prices.bars, target, trades.exit_bar, columns

    def _advantage(
        self, prices: ForwardPrices, terms: qlop.BrokerTerms
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return what the levered position is worth more than its twin, and where the broker closed it."""
        from qlop.engine import hold_to_horizon

        levered, twin = (
            hold_to_horizon(
                prices,
                terms,
                side=self.params.side,
                leverage=leverage,
                horizon_bars=self.params.horizon_bars,
                position_value=self.params.position_value,
                order_value=self._order_value(leverage),
            )
            for leverage in (self.params.leverage, 1.0)
        )
        return levered.wealth - twin.wealth, levered.is_called

    def _order_value(self, leverage: float) -> float | None:
        # The twin has the same equity, so that its order is smaller.
        value = self.params.position_value
        return None if value is None else value * leverage / self.params.leverage

    def _hurdle(self, prices: ForwardPrices) -> NDArray[np.float64]:
        import numpy as np
        from qlop.engine import realized_volatility

        params = self.params
        if params.hurdle is not None:
            return np.full_like(prices.close, params.hurdle)
        sigma = realized_volatility(prices, params.volatility_window_bars, periods_per_year=params.periods_per_year)
        return (params.leverage**2 - 1.0) * sigma**2 * params.horizon_bars / (2.0 * params.periods_per_year)

    def _refuse_what_the_broker_refuses(self, terms: qlop.BrokerTerms) -> None:
        from qlop.engine import margin_rates

        initial, maintenance = margin_rates(terms.margin, self.params.side, self.params.position_value)
        equity_fraction = 1.0 / self.params.leverage
        if equity_fraction <= max(initial, maintenance):
            raise qlop.DataError(
                f"label.labeler_params.leverage: the label is refused by the broker's terms. At leverage "
                f"{self.params.leverage:g} equity is {equity_fraction:.4g} of the position, and it must be above "
                f"{max(initial, maintenance):g}, the larger of the initial ({initial:g}) and the maintenance margin "
                f"({maintenance:g}) of a {self.params.side}. Take a leverage below "
                f"{1.0 / max(initial, maintenance):.4g}, or a broker that asks for less."
            )
