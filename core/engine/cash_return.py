"""What idle cash earns by an account's own terms: the rate without risk where the prices bring none.

A strategy that is mostly out of the market would otherwise be paid for its interest as if it were skill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.engine.account_rules import days_to_next_bar, period_rates

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.broker_terms import FinancingTerms

__all__ = ["cash_return_per_bar"]


def cash_return_per_bar(
    financing: FinancingTerms, timestamps: pd.DatetimeIndex, dates: pd.DatetimeIndex
) -> pd.Series | None:
    """Return what one unit of idle cash earns in each bar; None where it earns nothing.

    Parameters
    ----------
    financing : FinancingTerms
        With a base rate for each of `timestamps`.
    timestamps : DatetimeIndex of shape (n_bars,)
        The bars of the terms, increasing.
    dates : DatetimeIndex of shape (n_dates,)
        Those of a curve, some of `timestamps` without a gap.

    Returns
    -------
    Series of shape (n_dates,)
        By date: the credit rate known at the date before, over the days since. Zero at the first date.
    """
    import pandas as pd

    credit = pd.Series(period_rates(financing, days_to_next_bar(timestamps)).credit, index=timestamps).loc[dates]
    if not credit.any():
        return None
    earned = np.zeros(len(dates))
    earned[1:] = credit.to_numpy()[:-1]
    return pd.Series(earned, index=dates, name="risk_free")
