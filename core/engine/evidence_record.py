"""What the engine knows about how far a curve can be trusted, as plain values to keep beside the run.

1. The Sharpe ratio, annual, with its standard error and the interval that follows if its error is near normal.
2. The deflated Sharpe ratio, with the number of trials that it counts.
3. The differences to each baseline and to the benchmark, with their bootstrap intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from core.engine.evidence import deflated_sharpe_ratio, detectable_sharpe_annual

if TYPE_CHECKING:
    from core.engine.evidence import Comparison, SharpeSample

__all__ = ["evidence_record"]

_LEVEL = 0.95


def evidence_record(
    sample: SharpeSample | None,
    compared: Mapping[str, Comparison],
    *,
    periods_per_year: float,
    n_bars: int,
    is_over_risk_free: bool,
    n_trials: int = 1,
    sharpe_variance: float = 0.0,
) -> dict[str, object]:
    """Return the record, in JSON types.

    Parameters
    ----------
    sample : SharpeSample or None
        The strategy's Sharpe ratio per bar; None where it is not defined.
    compared : mapping of str to Comparison
        By the name of what the strategy is compared with.
    periods_per_year : float
        Bars in a year.
    n_bars : int
        Bars of the curve.
    is_over_risk_free : bool
        Whether returns are taken over the risk-free rate.
    n_trials, sharpe_variance : int, float
        As `deflated_sharpe_ratio` takes them.

    Returns
    -------
    dict
        periods_per_year, is_over_risk_free, level, detectable_sharpe_annual, comparisons (a list in the order
        given) and sharpe: None, or annual, standard_error_annual, low, high, deflated_probability, n_trials and
        sharpe_variance.
    """
    sharpe = None
    if sample is not None:
        deflated = deflated_sharpe_ratio(sample, n_trials=n_trials, sharpe_variance=sharpe_variance)
        sharpe = {
            **_sharpe(sample, periods_per_year),
            "deflated_probability": deflated,
            "n_trials": n_trials,
            "sharpe_variance": sharpe_variance,
        }
    return {
        "periods_per_year": periods_per_year,
        "is_over_risk_free": is_over_risk_free,
        "level": _LEVEL,
        "detectable_sharpe_annual": detectable_sharpe_annual(n_bars / periods_per_year),
        "sharpe": sharpe,
        "comparisons": [_comparison(name, found) for name, found in compared.items()],
    }


def _sharpe(sample: SharpeSample, periods_per_year: float) -> dict[str, float]:
    scale = sqrt(periods_per_year)
    annual, error = sample.sharpe * scale, sample.standard_error * scale
    reach = NormalDist().inv_cdf(0.5 + _LEVEL / 2.0) * error
    return {
        "annual": annual,
        "standard_error_annual": error,
        "low": annual - reach,
        "high": annual + reach,
    }


def _comparison(name: str, found: Comparison) -> dict[str, object]:
    return {
        "name": name,
        "sharpe_difference_annual": found.sharpe_difference_annual,
        "sharpe_low": found.sharpe_low,
        "sharpe_high": found.sharpe_high,
        "return_difference_annual": found.return_difference_annual,
        "return_low": found.return_low,
        "return_high": found.return_high,
        "level": found.level,
        "verdict": found.verdict,
    }
