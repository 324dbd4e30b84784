"""Fees by the share, with a minimum and a cap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import pandas as pd


class PerShare(qlop.BrokerPlugin):
    """Fees by the share, slippage in basis points, financing at a rate plus a spread, margin of Regulation T.

    Fee of an order of q shares at price P: min(max(minimum_fee, fee_per_share q), cap_fraction q P). It counts shares,
    and adjusted prices (`splits`, `total_return`) are not those of the day's shares: such a run is refused unless
    `allow_adjusted_shares` is set.
    """

    name = "per_share"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.AccountParams):
        """Parameters of `per_share`."""

        fee_per_share: float = Field(default=0.005, ge=0.0, le=100.0, description="Fee of a share, in currency.")
        minimum_fee: float = Field(default=1.0, ge=0.0, le=10_000.0, description="Least fee of an order, in currency.")
        cap_fraction: float = Field(
            default=0.01, gt=0.0, le=1.0, description="Most that the fee may be, of the order's value."
        )
        slippage_bps: float = Field(default=0.0, ge=0.0, le=1000.0, description="Price given up by an order.")
        allow_adjusted_shares: bool = Field(
            default=False, description="Count shares of adjusted prices too; fees are then approximate."
        )

    params: Params

    def terms(self, panel: pd.DataFrame) -> qlop.BrokerTerms:
        """Return the terms for the panel's timestamps.

        Raises
        ------
        DataError
            If the panel has no rate on some timestamp and `base_rate_annual` is null.
        """
        params = self.params
        fees = qlop.FeeTerms(
            fee_per_share=params.fee_per_share,
            minimum_fee=params.minimum_fee,
            cap_fraction=params.cap_fraction,
            slippage_bps=params.slippage_bps,
        )
        return qlop.BrokerTerms(
            financing=params.financing(panel),
            fees=fees,
            margin=params.margin.terms(),
            needs_real_shares=not params.allow_adjusted_shares,
        )
