"""Fees in basis points of what is traded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qlop
from pydantic import Field

if TYPE_CHECKING:
    import pandas as pd


class Flat(qlop.BrokerPlugin):
    """Fees and slippage in basis points, financing at a rate plus a spread, margin of Regulation T.

    Fee of an order: fee_bps / 10,000 of its value; slippage moves its price by slippage_bps / 10,000 against it. Works
    with prices of any adjustment.
    """

    name = "flat"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"

    class Params(qlop.AccountParams):
        """Parameters of `flat`."""

        fee_bps: float = Field(default=5.0, ge=0.0, le=1000.0, description="Fee of an order, of its value.")
        slippage_bps: float = Field(default=0.0, ge=0.0, le=1000.0, description="Price given up by an order.")

    params: Params

    def terms(self, panel: pd.DataFrame) -> qlop.BrokerTerms:
        """Return the terms for the panel's timestamps.

        Raises
        ------
        DataError
            If the panel has no rate on some timestamp and `base_rate_annual` is null.
        """
        return qlop.BrokerTerms(
            financing=self.params.financing(panel),
            fees=qlop.FeeTerms(fee_bps=self.params.fee_bps, slippage_bps=self.params.slippage_bps),
            margin=self.params.margin.terms(),
        )
