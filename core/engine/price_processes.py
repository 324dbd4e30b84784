"""Price processes whose truth is known: log returns, bar after bar, from shocks that come in.

1. Shocks are arrays of shape (n_bars, n_paths). Nothing is random here, so that equal shocks give equal paths, a path
   does not depend on its neighbours, and no bar depends on later ones.
2. Every process grows by exp(mu * bar_years) a bar in expectation, so that E[S_t] = S_0 exp(mu t): the drift of the log
   return is reduced by half the bar's variance and by what jumps add.
3. What falls between a close and the next open (jumps) is told apart from what moves inside the session.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "PricePaths",
    "garch_paths",
    "geometric_brownian_paths",
    "heston_paths",
    "markov_chain",
    "merton_paths",
    "regime_paths",
    "stationary_distribution",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PricePaths:
    """Paths of a process, arrays of shape (n_bars, n_paths).

    Attributes
    ----------
    log_returns : ndarray
        Of each bar against the one before, gaps included.
    variance : ndarray
        Of the bar's log return without its gap, known before the bar.
    gaps : ndarray or float
        The part of the log return that jumps between two sessions.
    """

    log_returns: FloatArray
    variance: FloatArray
    gaps: FloatArray | float = field(default=0.0)


def geometric_brownian_paths(shocks: FloatArray, *, mu: float, sigma: float, bar_years: float) -> PricePaths:
    """Return geometric Brownian motion: dS = mu S dt + sigma S dW, solved exactly (Black and Scholes, 1973)."""
    variance = np.full(shocks.shape, sigma**2 * bar_years)
    return PricePaths(_diffusion(shocks, variance, mu * bar_years), variance)


def merton_paths(
    shocks: FloatArray,
    jump_counts: IntArray,
    jump_shocks: FloatArray,
    *,
    mu: float,
    sigma: float,
    jump_intensity: float,
    jump_mean: float,
    jump_std: float,
    bar_years: float,
) -> PricePaths:
    """Return Merton's jump diffusion (1976, "Option pricing when underlying stock returns are discontinuous").

    Parameters
    ----------
    shocks, jump_shocks : ndarray of shape (n_bars, n_paths)
        Independent standard normals.
    jump_counts : ndarray of shape (n_bars, n_paths)
        Poisson with mean `jump_intensity * bar_years`.
    jump_intensity : float
        Jumps a year.
    jump_mean, jump_std : float
        Of a jump's log size, which is normal. The drift is reduced by the intensity times the expected simple jump,
        exp(jump_mean + jump_std^2 / 2) - 1.
    """
    expected_jump = np.expm1(jump_mean + jump_std**2 / 2.0)
    variance = np.full(shocks.shape, sigma**2 * bar_years)
    gaps = jump_counts * jump_mean + np.sqrt(jump_counts) * jump_std * jump_shocks
    drift = (mu - jump_intensity * expected_jump) * bar_years
    return PricePaths(_diffusion(shocks, variance, drift) + gaps, variance, gaps)


def heston_paths(
    shocks: FloatArray,
    variance_shocks: FloatArray,
    *,
    mu: float,
    kappa: float,
    theta: float,
    xi: float,
    rho: float,
    v0: float,
    bar_years: float,
) -> PricePaths:
    """Return Heston's stochastic volatility (1993), stepped by full truncation (Lord, Koekkoek and van Dijk, 2010).

    With v+ = max(v, 0), a bar's variance is v+ dt, and
    v <- v + kappa (theta - v+) dt + xi sqrt(v+ dt) (rho shock + sqrt(1 - rho^2) variance_shock).
    So v itself may go below zero and returns by its drift alone; in the long run the mean of v+ is theta exactly, also
    where Feller's condition 2 kappa theta >= xi^2 fails. Stepping with |v| or with v+ in place of v biases it upward.

    Parameters
    ----------
    shocks, variance_shocks : ndarray of shape (n_bars, n_paths)
        Independent standard normals.
    kappa : float
        Speed of return to `theta`, a year.
    theta, v0 : float
        Long-run and first variance, a year.
    xi : float
        Volatility of the variance, a year.
    rho : float
        Correlation of price and variance shocks.
    """
    mixed = rho * shocks + np.sqrt(1.0 - rho**2) * variance_shocks
    variance = np.empty(shocks.shape)
    state = np.full(shocks.shape[1], v0)
    for bar in range(len(shocks)):
        truncated = np.maximum(state, 0.0)
        variance[bar] = truncated * bar_years
        state = state + kappa * (theta - truncated) * bar_years + xi * np.sqrt(variance[bar]) * mixed[bar]
    return PricePaths(_diffusion(shocks, variance, mu * bar_years), variance)


def garch_paths(
    shocks: FloatArray, *, mu: float, omega: float, alpha: float, beta: float, bar_years: float
) -> PricePaths:
    """Return GARCH(1,1) (Bollerslev, 1986): h <- omega + alpha e^2 + beta h, where e = sqrt(h) shock.

    `omega` is a variance of one bar's log return as a fraction, not in percent. The first bar has the unconditional
    variance, omega / (1 - alpha - beta). `mu` is a year's drift, as in the other processes.
    """
    variance = np.empty(shocks.shape)
    state = np.full(shocks.shape[1], omega / (1.0 - alpha - beta))
    for bar in range(len(shocks)):
        variance[bar] = state
        state = omega + (alpha * shocks[bar] ** 2 + beta) * state
    return PricePaths(_diffusion(shocks, variance, mu * bar_years), variance)


def regime_paths(
    shocks: FloatArray, regimes: IntArray, *, mu: FloatArray, sigma: FloatArray, bar_years: float
) -> PricePaths:
    """Return geometric Brownian motion whose drift and volatility follow a Markov chain (Hamilton, 1989).

    Parameters
    ----------
    regimes : ndarray of shape (n_bars, n_paths)
        The regime in force during each bar, as `markov_chain` gives it.
    mu, sigma : ndarray of shape (n_regimes,)
        A year's drift and volatility of each regime.
    """
    variance = sigma[regimes] ** 2 * bar_years
    return PricePaths(_diffusion(shocks, variance, mu[regimes] * bar_years), variance)


def markov_chain(uniforms: FloatArray, transition: FloatArray) -> IntArray:
    """Return the states of Markov chains that begin in their stationary distribution.

    Parameters
    ----------
    uniforms : ndarray of shape (n_bars, n_paths)
        In [0, 1); one decides one step.
    transition : ndarray of shape (n_states, n_states)
        Probability of going from the row's state to the column's within a bar; rows add up to 1.
    """
    last = len(transition) - 1
    beyond = np.cumsum(transition, axis=1)
    states = np.empty(uniforms.shape, dtype=np.int64)
    if not len(uniforms):
        return states
    begun = np.cumsum(stationary_distribution(transition))
    states[0] = np.minimum(np.searchsorted(begun, uniforms[0], side="right"), last)
    for bar in range(1, len(uniforms)):
        passed = uniforms[bar][:, None] >= beyond[states[bar - 1]]
        states[bar] = np.minimum(passed.sum(axis=1), last)
    return states


def stationary_distribution(transition: FloatArray) -> FloatArray:
    """Return the distribution p of an irreducible chain that a step leaves as it is: p P = p, adding up to 1."""
    n_states = len(transition)
    equations = np.vstack([transition.T - np.eye(n_states), np.ones(n_states)])
    found, *_ = np.linalg.lstsq(equations, np.append(np.zeros(n_states), 1.0), rcond=None)
    return np.asarray(found, dtype=np.float64)


def _diffusion(shocks: FloatArray, variance: FloatArray, drift: float | FloatArray) -> FloatArray:
    return drift - variance / 2.0 + np.sqrt(variance) * shocks
