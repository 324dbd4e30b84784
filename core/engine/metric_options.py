"""The conventions that figures of a curve are reckoned by, and named sets of them.

Figures differ between libraries by conventions, not by mathematics: `standard` is QLOP's own, the others are a peer's,
for comparisons side by side. docs/metrics.md holds the table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.base.errors import ConfigError, DataError
from core.engine.account_rules import days_to_next_bar

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["METRIC_SETS", "MetricOptions", "metric_options", "risk_free_per_bar"]

YearCount = Literal["bars", "act_365", "act_365_25"]
Accrual = Literal["simple", "compound", "per_bar"]


@dataclass(frozen=True, eq=False)
class MetricOptions:
    """How figures are reckoned.

    Attributes
    ----------
    initial_equity : float
        The curve's first point, before the first bar, in currency.
    periods_per_year : float
        Bars in a year: 252 of daily bars, 12 of monthly ones (see periods.py).
    ddof : int
        Taken off the divisor of variances.
    year_count : str
        How long the curve lasts, for cagr: "bars" (bars / periods_per_year), "act_365" or "act_365_25" (calendar days
        from the first bar to the last, over 365 or 365.25).
    drawdown_from_initial : bool
        Whether the initial equity is a peak to fall from, as the first point of the curve.
    risk_free : Series of shape (n_bars,) or None
        Return of each bar without risk, by timestamp, as `risk_free_per_bar` gives it; None takes zero.
    """

    initial_equity: float
    periods_per_year: float = 252.0
    ddof: int = 1
    year_count: YearCount = "bars"
    drawdown_from_initial: bool = True
    risk_free: pd.Series | None = None

    def __post_init__(self) -> None:
        """Refuse options that no curve fits.

        Raises
        ------
        ConfigError
            If initial equity or periods are not positive and finite, or ddof is negative.
        """
        for name in ("initial_equity", "periods_per_year"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0.0):
                raise ConfigError(f"Metric option {name} is {value}; it must be a positive, finite number.")
        if self.ddof < 0:
            raise ConfigError(f"Metric option ddof is {self.ddof}; it must be at least 0. Use 1.")


METRIC_SETS: dict[str, MetricOptions] = {
    "standard": MetricOptions(initial_equity=1.0),
    "empyrical": MetricOptions(initial_equity=1.0),
    "vectorbt": MetricOptions(initial_equity=1.0, periods_per_year=365.0, drawdown_from_initial=False),
}
"""By name; `standard` is empyrical's arithmetic on a curve that begins with the initial equity."""


def metric_options(name: str, *, initial_equity: float, risk_free: pd.Series | None = None) -> MetricOptions:
    """Return the options of a named set for one curve.

    Raises
    ------
    ConfigError
        If there is no such set, or initial equity is not positive.
    """
    if name not in METRIC_SETS:
        raise ConfigError(f"There is no metric set {name!r}; the sets are {', '.join(METRIC_SETS)}.")
    return replace(METRIC_SETS[name], initial_equity=initial_equity, risk_free=risk_free)


def risk_free_per_bar(rate_annual: pd.Series, *, basis: float = 360.0, accrual: Accrual = "simple") -> pd.Series:
    """Return what cash without risk earns in each bar, by the conventions that financing goes by.

    Parameters
    ----------
    rate_annual : Series of shape (n_bars,)
        Known at each bar, a fraction a year; with accrual "per_bar" already the return of the bar after it. Index:
        timestamps, increasing.
    basis : float
        Days in a year; not read with "per_bar".
    accrual : str
        As FinancingTerms has it.

    Returns
    -------
    Series of shape (n_bars,)
        Of rate[t-1] = r over the d calendar days from bar t-1 to bar t: r d / basis if simple, (1 + r)^(d / basis) - 1
        if compound, r itself if per bar. Zero in the first bar.

    Raises
    ------
    DataError
        If a rate is missing or infinite.
    """
    import pandas as pd

    rates = rate_annual.to_numpy(dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(rates))
    if len(bad):
        raise DataError(
            f"The risk-free rate of {rate_annual.index[bad[0]]} is {rates[bad[0]]}; it must be finite on every bar. "
            "Use metrics over zero, or a source that gives the rate."
        )
    years = days_to_next_bar(pd.DatetimeIndex(rate_annual.index)) / basis
    if accrual == "simple":
        rates = rates * years
    elif accrual == "compound":
        rates = (1.0 + rates) ** years - 1.0
    earned = np.zeros(len(rates))
    earned[1:] = rates[:-1]
    return pd.Series(earned, index=rate_annual.index, name="risk_free")
