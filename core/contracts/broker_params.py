"""Parameters that brokers share: what borrowing costs and what margin is asked, as configs name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from core.base.errors import DataError
from core.contracts.broker_terms import FinancingTerms, MarginTerms, MarginTier
from core.contracts.params import Params

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["AccountParams", "MarginParams", "MarginTierParams"]

_BASES = (360.0, 365.0, 365.25)


class MarginTierParams(Params):
    """Rates from a position's value upward."""

    from_value: float = Field(ge=0.0, description="Position's value in currency from which the tier applies.")
    initial: float = Field(gt=0.0, le=1.0, description="Equity needed to open, a fraction of the position's value.")
    maintenance: float = Field(gt=0.0, lt=1.0, description="Equity needed to keep, a fraction of the position's value.")

    @model_validator(mode="after")
    def _initial_is_the_larger(self) -> MarginTierParams:
        if self.maintenance > self.initial:
            raise ValueError(f"maintenance {self.maintenance} is above initial {self.initial}; it must not be")
        return self


class MarginParams(Params):
    """What equity positions need, and what happens without it. Defaults: US Regulation T and FINRA Rule 4210."""

    account: Literal["cross", "isolated"] = Field(
        default="cross", description="cross: the whole account is judged; isolated: each position by its own equity."
    )
    initial_long: float = Field(default=0.5, gt=0.0, le=1.0, description="To open a long, a fraction of its value.")
    initial_short: float = Field(default=0.5, gt=0.0, le=10.0, description="To open a short, a fraction of its value.")
    maintenance_long: float = Field(default=0.25, gt=0.0, lt=1.0, description="To keep a long.")
    maintenance_short: float = Field(default=0.30, gt=0.0, le=10.0, description="To keep a short.")
    tiers: tuple[MarginTierParams, ...] = Field(
        default=(), description="Where given, they replace the four rates by the position's value; the first from 0."
    )
    check: Literal["off", "close", "adverse_extreme"] = Field(
        default="adverse_extreme", description="When positions are judged: never, at closes, at opens and inside bars."
    )
    liquidate_to: Literal["initial", "maintenance", "flat"] = Field(
        default="initial", description="How far a margin call sells."
    )
    liquidation_order: Literal["pro_rata", "largest_loss_first"] = Field(
        default="pro_rata", description="What a margin call sells first."
    )
    liquidation_fee_bps: float = Field(
        default=0.0, ge=0.0, le=1000.0, description="On the value that a margin call sells, besides fees and slippage."
    )
    insufficient_margin: Literal["reject", "scale"] = Field(
        default="scale", description="What an order gets that initial margin does not allow."
    )

    @model_validator(mode="after")
    def _rates_fit_each_other(self) -> MarginParams:
        for side in ("long", "short"):
            initial, maintenance = getattr(self, f"initial_{side}"), getattr(self, f"maintenance_{side}")
            if maintenance > initial:
                raise ValueError(f"maintenance_{side} {maintenance} is above initial_{side} {initial}; it must not be")
        floors = [tier.from_value for tier in self.tiers]
        if floors and (floors[0] != 0.0 or floors != sorted(set(floors))):
            raise ValueError(f"tiers begin at {floors}; the first must begin at 0 and each one above the one before")
        return self

    def terms(self) -> MarginTerms:
        """Return them as the engine reads them."""
        rates = self.model_dump(exclude={"tiers"})
        return MarginTerms(**rates, tiers=tuple(MarginTier(**tier.model_dump()) for tier in self.tiers))


class AccountParams(Params):
    """What an account charges for borrowing, and its margin; a broker's `Params` inherit them and add its fees."""

    base_rate_annual: float | None = Field(
        default=None,
        ge=-0.5,
        le=10.0,
        description="Rate under all spreads, a fraction a year; null: the panel's risk_free_rate_annual.",
    )
    debit_spread_annual: float = Field(default=0.015, ge=0.0, le=10.0, description="Over the rate, on borrowed cash.")
    credit_spread_annual: float | None = Field(
        default=None, ge=0.0, le=10.0, description="Below the rate, for cash held; null: cash earns nothing."
    )
    borrow_fee_annual: float = Field(default=0.0025, ge=0.0, le=100.0, description="On the marked value of shorts.")
    short_rebate_spread_annual: float | None = Field(
        default=None, ge=0.0, le=10.0, description="Below the rate, for locked proceeds; null: they earn nothing."
    )
    basis: float = Field(default=360.0, ge=360.0, le=366.0, description="Days in a year of interest: 360, 365, 365.25.")
    accrual: Literal["simple", "compound", "per_bar"] = Field(
        default="simple", description="per_bar reads the panel's rate as that of the bar, not of a year."
    )
    short_proceeds: Literal["free", "locked"] = Field(
        default="locked", description="Whether proceeds of shorts may be spent and offset debit."
    )
    margin: MarginParams = Field(default=MarginParams(), description="Margin asked.")

    @model_validator(mode="after")
    def _basis_is_a_convention(self) -> AccountParams:
        if self.basis not in _BASES:
            raise ValueError(f"basis is {self.basis:g}; it must be one of {', '.join(f'{days:g}' for days in _BASES)}")
        return self

    @model_validator(mode="after")
    def _per_bar_has_a_series(self) -> AccountParams:
        if self.accrual == "per_bar" and self.base_rate_annual is not None:
            raise ValueError("accrual per_bar reads the panel's rates; leave base_rate_annual null, or choose simple")
        return self

    def financing(self, panel: pd.DataFrame) -> FinancingTerms:
        """Return the financing terms for a panel's timestamps.

        Raises
        ------
        DataError
            If the panel has no rate on some timestamp and `base_rate_annual` is null.
        """
        return FinancingTerms(
            base_rate_annual=self._rates(panel),
            debit_spread_annual=self.debit_spread_annual,
            credit_spread_annual=self.credit_spread_annual,
            borrow_fee_annual=self.borrow_fee_annual,
            short_rebate_spread_annual=self.short_rebate_spread_annual,
            basis=self.basis,
            accrual=self.accrual,
            short_proceeds=self.short_proceeds,
        )

    def _rates(self, panel: pd.DataFrame) -> NDArray[np.float64]:
        import numpy as np

        timestamps = panel.index.get_level_values("timestamp").unique().sort_values()
        if self.base_rate_annual is not None:
            return np.full(len(timestamps), self.base_rate_annual)
        next_step = "Set broker.broker_params.base_rate_annual, such as 0.03, or use a data source that gives the rate."
        if "risk_free_rate_annual" not in panel:
            raise DataError(f"The panel has no column risk_free_rate_annual to reckon interest with. {next_step}")
        by_bar = panel["risk_free_rate_annual"].groupby(level="timestamp").first()
        rates: NDArray[np.float64] = by_bar.to_numpy(dtype=np.float64)
        lost = np.flatnonzero(~np.isfinite(rates))
        if len(lost):
            raise DataError(
                f"risk_free_rate_annual is {rates[lost[0]]} at {timestamps[lost[0]]:%Y-%m-%d} ({len(lost)} of "
                f"{len(timestamps)} bars so); interest needs a finite rate on every bar. {next_step}"
            )
        return rates
