"""Instruments without funding: futures and factors, whose returns are in excess of financing already.

A panel with the column `unfunded` (1.0 on every row) holds them. No broker lends for them, so that no interest and no
borrow fee is taken, and their equity curve is that of the excess returns: over cash, without cash's own interest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.broker_terms import BrokerTerms

__all__ = ["is_unfunded", "with_rate_of_zero", "without_financing"]


def is_unfunded(panel: pd.DataFrame) -> bool:
    """Return whether the panel holds unfunded instruments.

    Raises
    ------
    DataError
        If some rows are unfunded and others are not: one account cannot finance a part of its positions.
    """
    if "unfunded" not in panel.columns:
        return False
    marks = panel["unfunded"]
    if marks.eq(1.0).all():
        return True
    if marks.eq(0.0).all():
        return False
    ticker = panel.index[int(np.argmax(marks.ne(1.0).to_numpy()))][1]
    raise DataError(
        f"The column unfunded is 1 for some rows and not for others (the first: {ticker}). Backtest instruments with "
        "and without funding in runs of their own."
    )


def with_rate_of_zero(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the panel with a risk-free rate of zero, which is what excess returns are measured against."""
    return panel.assign(risk_free_rate_annual=0.0)


def without_financing(terms: BrokerTerms) -> BrokerTerms:
    """Return the terms without interest and borrow fees; fees, slippage and margin stay."""
    financing = replace(
        terms.financing,
        base_rate_annual=np.zeros_like(terms.financing.base_rate_annual),
        debit_spread_annual=0.0,
        credit_spread_annual=None,
        borrow_fee_annual=0.0,
        short_rebate_spread_annual=None,
    )
    return replace(terms, financing=financing)
