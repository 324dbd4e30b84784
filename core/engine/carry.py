"""What it costs to carry a unit of exposure from one bar to a later one.

1. Between two bars lie calendar days, and each has the rates that the simulation charges (`period_rates`).
2. A unit of a long that is borrowed pays (rate + spread), at the rate of the earlier bar, known before.
3. A unit of a short pays the borrow fee on its marked value, and earns what the broker pays on its proceeds.
4. Costs are added up along the bars, so that the cost between any two is one subtraction. Unpaid interest bears none:
   F = sum over k of (rate_k + spread) d_k / basis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError
from core.engine.account_rules import days_to_next_bar, period_rates
from core.engine.panel_index import date_text

if TYPE_CHECKING:
    import pandas as pd

    from core.contracts.broker_terms import FinancingTerms
    from core.engine.own_bars import OwnBars

__all__ = ["Carry", "Side", "carry_of"]

FloatArray = NDArray[np.float64]
Side = Literal["long", "short"]


@dataclass(frozen=True, eq=False)
class Carry:
    """Costs added up from each ticker's first own bar, of shape (n_own_bars, n_tickers), NaN below a ticker's end.

    Attributes
    ----------
    of_entry_value : ndarray
        The part that stays a fraction of the position's value at entry; negative where proceeds earn.
    per_share : ndarray
        The part that follows the marked price, in currency a share; zero for a long.
    """

    of_entry_value: FloatArray
    per_share: FloatArray


def carry_of(bars: OwnBars, close: FloatArray, financing: FinancingTerms, side: Side) -> Carry:
    """Return the costs of carrying a long that is wholly borrowed, or a short.

    Parameters
    ----------
    bars : OwnBars
        Of the panel whose timestamps the terms are aligned with.
    close : ndarray of shape (n_own_bars, n_tickers)
        The price that marks a short.
    financing : FinancingTerms
    side : str
        "long" or "short".

    Raises
    ------
    DataError
        If the rates are not one for each timestamp of the panel, or one of them is not finite.
    """
    _check_rates(financing, bars.timestamps)
    rates = period_rates(financing, days_to_next_bar(bars.timestamps))
    per_share = np.where(np.isnan(close), np.nan, 0.0)
    if side == "long":
        return Carry(_along_own_bars(rates.debit, bars), per_share)
    earned = rates.rebate if financing.short_proceeds == "locked" else rates.credit
    fees_to_next = np.diff(_along_own_bars(rates.borrow, bars), axis=0)
    per_share[1:] += np.cumsum(close[:-1] * fees_to_next, axis=0)
    return Carry(_along_own_bars(-earned, bars), per_share)


def _along_own_bars(by_timestamp: FloatArray, bars: OwnBars) -> FloatArray:
    until = np.concatenate(([0.0], np.cumsum(by_timestamp[:-1])))
    return np.where(bars.position < 0, np.nan, until[bars.position])


def _check_rates(financing: FinancingTerms, timestamps: pd.DatetimeIndex) -> None:
    rates = financing.base_rate_annual
    if rates.shape != (len(timestamps),):
        raise DataError(
            f"The broker's terms have rates of shape {rates.shape}, and the panel has {len(timestamps)} timestamps; "
            "there must be one rate for each. Ask the broker for the terms of this very panel."
        )
    if not np.isfinite(rates).all():
        bar = int(np.argmin(np.isfinite(rates)))
        raise DataError(
            f"The broker's rate of {date_text(timestamps[bar])} is {rates[bar]}; it must be finite. "
            "Give the panel a rate on every bar, or the broker a fixed one."
        )
