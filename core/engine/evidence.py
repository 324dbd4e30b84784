"""What a curve proves, and what it does not.

1. A Sharpe ratio of T bars is judged by its own sampling error, fat tails and skew included: the probabilistic Sharpe
   ratio, P(true Sharpe > benchmark).
2. The best of N trials is high by luck alone: the deflated Sharpe ratio compares with the maximum expected of N.
3. Two strategies over the same bars are compared by their paired returns, resampled in blocks, which keeps their
   dependence on each other and in time. Where the interval of the difference holds 0, there is no evidence.

Sharpe ratios are per bar, means over standard deviations of divisor T - 1 unless said otherwise; kurtosis is raw (3 for
a normal). Sources: Bailey and Lopez de Prado, The Sharpe Ratio Efficient Frontier (2012) and The Deflated Sharpe Ratio
(2014); Politis and Romano, The Stationary Bootstrap, JASA 89 (1994).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import e, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.base.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FEWEST_BARS",
    "Comparison",
    "SharpeSample",
    "compare_strategies",
    "deflated_sharpe_ratio",
    "detectable_sharpe_annual",
    "expected_maximum_sharpe",
    "probabilistic_sharpe_ratio",
    "sharpe_sample",
]

EULER_GAMMA = 0.577_215_664_901_532_9
_NORMAL = NormalDist()
FEWEST_BARS = 30
"""Bars that two curves must have in common to be compared."""


@dataclass(frozen=True)
class SharpeSample:
    """A Sharpe ratio per bar with what its sampling error depends on."""

    sharpe: float
    n_bars: int
    skewness: float
    kurtosis: float

    @property
    def standard_error(self) -> float:
        """sqrt((1 - skew SR + (kurtosis - 1) / 4 SR^2) / (T - 1))."""
        spread = 1.0 - self.skewness * self.sharpe + (self.kurtosis - 1.0) / 4.0 * self.sharpe**2
        return sqrt(max(spread, 0.0) / (self.n_bars - 1))


@dataclass(frozen=True)
class Comparison:
    """A strategy beside a baseline over the same bars.

    Attributes
    ----------
    sharpe_difference_annual, sharpe_low, sharpe_high : float
        Annual Sharpe ratio of the strategy less the baseline's, and its interval.
    return_difference_annual, return_low, return_high : float
        Mean return a year of the strategy less the baseline's, and its interval.
    level : float
        Of the intervals, two-sided.
    verdict : str
        "better" or "worse" where the interval of the Sharpe difference lies on one side of 0, else "no evidence".
    """

    sharpe_difference_annual: float
    sharpe_low: float
    sharpe_high: float
    return_difference_annual: float
    return_low: float
    return_high: float
    level: float

    @property
    def verdict(self) -> Literal["better", "worse", "no evidence"]:
        """Which side of 0 the interval of the Sharpe difference lies on."""
        if self.sharpe_low > 0.0:
            return "better"
        return "worse" if self.sharpe_high < 0.0 else "no evidence"


def sharpe_sample(returns: NDArray[np.float64]) -> SharpeSample | None:
    """Return the Sharpe ratio of returns, with its moments; None of fewer than two returns, or of equal ones.

    Parameters
    ----------
    returns : ndarray of shape (n_bars,)
        Simple returns of each bar, less the risk-free one where Sharpe is to be over it; never NaN.
    """
    n = len(returns)
    if n < 2:
        return None
    deviations = returns - returns.mean()
    variance = float((deviations**2).mean())
    if variance <= (1e-14 * max(1.0, float(np.abs(returns).max()))) ** 2:
        return None
    return SharpeSample(
        sharpe=float(returns.mean()) / sqrt(variance * n / (n - 1)),
        n_bars=n,
        skewness=float((deviations**3).mean()) / variance**1.5,
        kurtosis=float((deviations**4).mean()) / variance**2,
    )


def probabilistic_sharpe_ratio(sample: SharpeSample, benchmark_sharpe: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio per bar exceeds `benchmark_sharpe`.

    PSR = PHI((SR - SR*) sqrt(T - 1) / sqrt(1 - skew SR + (kurtosis - 1) / 4 SR^2)).

    Raises
    ------
    DataError
        If there are fewer than two bars.
    """
    if sample.n_bars < 2:
        raise DataError(f"A Sharpe ratio of {sample.n_bars} bars has no sampling error; give at least 2.")
    error = sample.standard_error
    distance = sample.sharpe - benchmark_sharpe
    if error == 0.0:
        return 0.5 if distance == 0.0 else float(distance > 0.0)
    return _NORMAL.cdf(distance / error)


def expected_maximum_sharpe(sharpe_variance: float, n_trials: int) -> float:
    """Return the best Sharpe ratio per bar that luck alone gives among `n_trials` without skill.

    SR0 = sqrt(V) [(1 - gamma) PHI^-1(1 - 1 / N) + gamma PHI^-1(1 - 1 / (N e))], gamma Euler's constant; 0 for N = 1.

    Parameters
    ----------
    sharpe_variance : float
        V, the variance over the trials' Sharpe ratios per bar, divisor N - 1.
    n_trials : int
        N, how many effectively independent trials there were.

    Raises
    ------
    DataError
        If there is no trial, or the variance is negative.
    """
    if n_trials < 1 or sharpe_variance < 0.0:
        raise DataError(
            f"{n_trials} trials with a variance of {sharpe_variance}: there must be at least one trial, this run, and "
            "the variance must not be negative."
        )
    if n_trials == 1:
        return 0.0
    first = _NORMAL.inv_cdf(1.0 - 1.0 / n_trials)
    second = _NORMAL.inv_cdf(1.0 - 1.0 / (n_trials * e))
    return sqrt(sharpe_variance) * ((1.0 - EULER_GAMMA) * first + EULER_GAMMA * second)


def deflated_sharpe_ratio(sample: SharpeSample, *, n_trials: int = 1, sharpe_variance: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio exceeds what luck gives the best of `n_trials`."""
    return probabilistic_sharpe_ratio(sample, expected_maximum_sharpe(sharpe_variance, n_trials))


def detectable_sharpe_annual(years: float, *, power: float = 0.8, level: float = 0.05) -> float:
    """Return the annual Sharpe ratio that a one-sided test of `level` finds in `years` with probability `power`.

    (PHI^-1(1 - level) + PHI^-1(power)) / sqrt(years), for returns that are independent and near normal.
    """
    return (_NORMAL.inv_cdf(1.0 - level) + _NORMAL.inv_cdf(power)) / sqrt(years)


def compare_strategies(
    strategy: NDArray[np.float64],
    baseline: NDArray[np.float64],
    *,
    seed: int,
    periods_per_year: float = 252.0,
    mean_block_bars: float = 20.0,
    n_resamples: int = 2000,
    level: float = 0.95,
) -> Comparison:
    """Compare two strategies by their paired returns, with intervals from the stationary bootstrap.

    Parameters
    ----------
    strategy, baseline : ndarray of shape (n_bars,)
        Simple returns of the same bars, both over the same rate; never NaN.
    seed : int
        Of the resampling.
    mean_block_bars : float
        Mean length of the blocks, at least 1; as long as returns depend on each other.

    Returns
    -------
    Comparison
        Percentile intervals. Returns without variance count as a Sharpe ratio of 0.

    Raises
    ------
    DataError
        If the returns are not of the same 30 bars or more, or not finite.
    """
    if strategy.shape != baseline.shape or len(strategy) < FEWEST_BARS:
        raise DataError(
            f"{len(strategy)} returns cannot be compared with {len(baseline)}; both must be of the same bars, at least "
            f"{FEWEST_BARS}. Compare over the same dates."
        )
    pair = np.column_stack((strategy, baseline))
    if not np.isfinite(pair).all():
        raise DataError("Returns to compare must be finite on every bar. Measure the curves first.")
    random = np.random.default_rng(seed)
    draws = np.array([_differences(pair[_blocks(random, len(pair), mean_block_bars)]) for _ in range(n_resamples)])
    scale = np.array([sqrt(periods_per_year), periods_per_year])
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(draws, [tail, 1.0 - tail], axis=0) * scale
    found = _differences(pair) * scale
    return Comparison(
        float(found[0]), float(low[0]), float(high[0]), float(found[1]), float(low[1]), float(high[1]), level
    )


def _differences(pair: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the differences of Sharpe ratios and of means, per bar."""
    means, spreads = pair.mean(axis=0), pair.std(axis=0, ddof=1)
    sharpes = np.divide(means, spreads, out=np.zeros(2), where=spreads > 1e-14)
    return np.array([sharpes[0] - sharpes[1], means[0] - means[1]])


def _blocks(random: np.random.Generator, n: int, mean_length: float) -> NDArray[np.int64]:
    """Return positions of blocks that begin anywhere, have geometric lengths and run on from the end to the start."""
    places = np.arange(n)
    begins = random.random(n) < 1.0 / mean_length
    begins[0] = True
    origin = np.maximum.accumulate(np.where(begins, places, 0))
    starts = random.integers(n, size=n)
    drawn: NDArray[np.int64] = (starts[origin] + places - origin) % n
    return drawn
